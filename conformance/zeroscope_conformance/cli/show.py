"""Output of the command about a run."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from zeroscope._text import escape

if TYPE_CHECKING:
    from ..report import Report
    from ..source import DocumentSource

_MAX_MISSED = 30
# The label of a line below a failure, and the blanks to its text.
_LABEL = r"  (?:[a-z]+ +| {10})(?=\S)"
_STYLES = {"passed": "green", "failed": "bold red", "not reached": "yellow", "not applicable": "dim"}


def print_report(report: Report, source: DocumentSource, known: Collection[str]) -> None:
    """Print a table of the rules, then the failures by their causes."""
    from ..recorded import RecordedReport, format_drift
    from ..reports import format_report

    table = Table("rule", "", "looked at", title=Text(escape(report.title)), title_justify="left")
    table.columns[2].justify = "right"
    for result in report.results:
        checked = f"{result.checked:,}" if result.checked else ""
        table.add_row(result.rule.name, Text(result.verdict, _STYLES[result.verdict]), checked)
    Console().print(table)
    print_lines(format_report(report, source, known))
    if isinstance(report, RecordedReport):
        print_lines(map(escape, format_drift(report)))
    sys.stdout.flush()


def print_lines(lines: Iterable[str]) -> None:
    """Print lines, which a terminal shows wrapped between words; a command to copy stays on its line."""
    console = Console()
    for line in lines:
        label = re.match(_LABEL, line)
        if not console.is_terminal or console.is_dumb_terminal or (label and label[0].strip() == "repeat"):
            print(line)
            continue
        indent = " " * (len(label[0]) if label else len(line) - len(line.lstrip()) + 2)
        for part in textwrap.wrap(
            line,
            console.width,
            subsequent_indent=indent,
            drop_whitespace=True,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [""]:
            print(part)


def print_coverage(reports: Sequence[Report], least: float | None) -> bool:
    """Print the coverage of all runs together, and return whether it is enough.

    Args:
        reports: The reports.
        least: The least coverage, in percent; None if any is enough.
    """
    from ..coverage import combine, format_coverage

    measured = [report.coverage for report in reports if report.coverage is not None]
    if not measured:
        if least is not None:
            print("the coverage of the document was not measured")
        return least is None
    coverage = combine(measured)
    is_enough = least is None or coverage.percent >= least
    numbers = len(coverage.counts()) + 1
    lines = format_coverage(coverage)
    # Of a quick run, the places that were not reached would fill many screens.
    if len(coverage.missed) > _MAX_MISSED and is_enough:
        lines = [*lines[:numbers], f"  {len(coverage.missed):,} places were not reached; --html and --json list them"]
    for line in lines:
        print(escape(line))
    if not is_enough:
        print(f"the coverage is below {least:g} %")
    return is_enough
