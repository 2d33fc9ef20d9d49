"""Failures as annotations of GitHub: workflow commands on stdout."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..baseline import Baseline
from ..report import Report
from ..source import DocumentSource
from .groups import group_failures, times


def to_github(reports: Sequence[Report], source: DocumentSource, baseline: Baseline | None = None) -> Iterator[str]:
    """Yield a workflow command for each cause of failures: an error, or a notice if all of them are known.

    Args:
        reports: The reports.
        source: The document that the annotations are shown in, if it is a file.
        baseline: The known failures, and the rules that are known not to be reached, which are not told.
    """
    baseline = baseline or Baseline()
    known = baseline.ids
    for report in reports:
        for group in group_failures(report):
            _, first = group.failures[0]
            is_known = all(finding.id in known for _, finding in group.failures)
            ids = ", ".join(finding.id for _, finding in group.failures[:10])
            text = f"{times(group.count)}, by {', '.join(group.rules)} ({report.dialect})\nexpected: {first.expected}\n"
            text += f"seen: {first.seen}\nfailures: {ids}"
            has_place = source.is_file and first.pointer
            place = f"file={_property(source.name)},line={source.line(first.pointer)}," if has_place else ""
            level = "notice" if is_known else "error"
            yield f"::{level} {place}title={_property(group.title)}::{_message(text)}"
        for error in report.errors:
            yield f"::error title=The suite itself failed::{_message(error)}"
        if missed := [name for name in report.missed if name not in baseline.not_reached]:
            yield f"::warning title=Rules not reached::{_message(', '.join(missed))}"


def _message(text: str) -> str:
    # The runner decodes these three only; other control characters would reach the log.
    text = "".join(one if one.isprintable() or one in "\r\n" else ascii(one)[1:-1] for one in text)
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
