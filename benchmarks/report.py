"""The report of a run: lines while it runs, a page in Markdown and a JSON file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from .measurement import Row, Series

_TITLE = """# Results

Written by `make bench`, which compares this project with its alternatives, in one run on one machine. A ratio is ours
divided by theirs in the same round; the table has the median and, in brackets, the quartiles of the ratios. Raw figures
are medians. [README.md](README.md) describes the method.
"""


@dataclass
class Report:
    """The report of a run.

    Args:
        machine: The machine and the versions.
        rows: The rows measured so far.
        skipped: The titles of the benchmarks that were skipped, with the reasons.
        failed: The titles of the benchmarks that failed, with the errors.
    """

    machine: dict[str, str]
    rows: list[Row] = field(default_factory=list[Row])
    skipped: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    failed: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def to_markdown(self) -> str:
        """Return the report as a page in Markdown."""
        parts = [_TITLE, "## Machine\n", "\n".join(f"- {name}: {text}" for name, text in self.machine.items()) + "\n"]
        parts += ["## Figures\n", _format_table(self.rows)]
        for title, items in (
            ("Not reached", [(_format_name(row), row.reason) for row in self.rows if row.reached is False]),
            ("Notes", [(_format_name(row), row.note) for row in self.rows if row.note]),
            ("Skipped", self.skipped),
            ("Not measured", self.failed),
        ):
            if items:
                parts += [f"## {title}\n", _format_list(items)]
        return "\n".join(parts)

    def to_json(self) -> str:
        """Return the report as JSON."""
        values = {
            "machine": self.machine,
            "rows": [row_to_json(row) for row in self.rows],
            "left_out": dict(self.skipped),
            "crashed": dict(self.failed),
        }
        return json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def format_row(row: Row) -> str:
    """Return a row on one line."""
    beside = f" compared with {row.beside}" if row.beside else ""
    theirs = f" / {format_figure(row.theirs.median, row.theirs.unit)}" if row.theirs else ""
    figures = f"{format_figure(row.ours.median, row.ours.unit)}{theirs}"
    return f"{row.what}{beside}: {_format_result(row)} | {figures} | {row.goal or 'no goal'} | {_format_reached(row)}"


def format_figure(figure: float, unit: str = "") -> str:
    """Return a figure with three significant digits and its unit."""
    number = f"{figure:,.0f}" if abs(figure) >= 100 else f"{figure:.3g}"
    return f"{number} {unit}" if unit else number


def row_to_json(row: Row) -> dict[str, Any]:
    """Return a row as JSON values."""
    return {
        "what": row.what,
        "beside": row.beside,
        "ratio": _finite(row.ratios.median) if row.ratios else None,
        "spread": [_finite(bound) for bound in row.result.quartiles],
        "goal": str(row.goal) if row.goal else None,
        "reached": row.reached,
        "ours": _series(row.ours),
        "theirs": _series(row.theirs) if row.theirs else None,
        **({"reason": row.reason} if row.reached is False else {}),
        **({"note": row.note} if row.note else {}),
    }


def _series(series: Series) -> dict[str, Any]:
    return {"median": series.median, "unit": series.unit, "figures": list(series.figures)}


def _finite(figure: float) -> float | None:
    return figure if isfinite(figure) else None


def _format_table(rows: Iterable[Row]) -> str:
    lines = ["| what | compared with | ours | theirs | ratio | goal | reached |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        cells: Sequence[str] = (
            row.what,
            row.beside or "-",
            format_figure(row.ours.median, row.ours.unit),
            format_figure(row.theirs.median, row.theirs.unit) if row.theirs else "-",
            _format_result(row) if row.ratios else f"- ({_format_quartiles(row.ours)})",
            str(row.goal or "-"),
            _format_reached(row),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _format_list(items: Iterable[tuple[str, str]]) -> str:
    """Return a list of names and texts, in which those with the same text share an item."""
    names: dict[str, list[str]] = {}
    for name, text in items:
        names.setdefault(text or "the reason is not known yet.", []).append(f"**{name}**")
    return "\n".join(f"- {'; '.join(same)}: {text}" for text, same in names.items()) + "\n"


def _format_name(row: Row) -> str:
    return f"{row.what}, compared with {row.beside}" if row.beside else row.what


def _format_result(row: Row) -> str:
    result = row.result
    return f"{format_figure(result.median, result.unit)} ({_format_quartiles(result)})"


def _format_quartiles(series: Series) -> str:
    low, high = series.quartiles
    return f"{format_figure(low)} to {format_figure(high)}"


def _format_reached(row: Row) -> str:
    match row.reached:
        case True:
            return "yes"
        case False:
            return "**no**"
        case None:
            return "-"
