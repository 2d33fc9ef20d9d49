"""What a run came to: lines as it goes, a page for people and a file for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from .measurement import Row, Series

_TITLE = """# Results

Written by `make bench`, which measures this project beside what people would use instead, in one run on one machine. A
ratio is ours divided by theirs, taken round by round; shown are the median and, in brackets, the quartiles. The raw
figures are medians. [README.md](README.md) says how it is done and how to read it.
"""


@dataclass
class Report:
    """What a run came to.

    Args:
        machine: What it ran on, and with which versions.
    """

    machine: dict[str, str]
    rows: list[Row] = field(default_factory=list[Row])
    left_out: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Titles of what was not measured, with the reason."""
    crashed: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Titles of what could not be measured though it should, with the error."""

    def page(self) -> str:
        """The page, in Markdown."""
        parts = [_TITLE, "## Machine\n", "\n".join(f"- {name}: {told}" for name, told in self.machine.items()) + "\n"]
        parts += ["## Figures\n", _table(self.rows)]
        for title, told in (
            ("Not reached", [(_name(row), row.reason) for row in self.rows if row.reached is False]),
            ("Notes", [(_name(row), row.note) for row in self.rows if row.note]),
            ("Left out", self.left_out),
            ("Not measured", self.crashed),
        ):
            if told:
                lines = [f"- **{name}**: {text or 'the reason is not known yet.'}" for name, text in told]
                parts += [f"## {title}\n", "\n".join(lines) + "\n"]
        return "\n".join(parts)

    def values(self) -> str:
        """The same as JSON."""
        values = {
            "machine": self.machine,
            "rows": [values_of(row) for row in self.rows],
            "left_out": dict(self.left_out),
            "crashed": dict(self.crashed),
        }
        return json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def line(row: Row) -> str:
    """A row in one line, as it is told when it has been measured."""
    beside = f" beside {row.beside}" if row.beside else ""
    theirs = f" / {told(row.theirs.median, row.theirs.unit)}" if row.theirs else ""
    figures = f"{told(row.ours.median, row.ours.unit)}{theirs}"
    return f"{row.what}{beside}: {_judged(row)} | {figures} | {row.goal or 'no goal'} | {_reached(row)}"


def told(figure: float, unit: str = "") -> str:
    """A figure with three digits that count, and its unit."""
    number = f"{figure:,.0f}" if abs(figure) >= 100 else f"{figure:.3g}"
    return f"{number} {unit}" if unit else number


def values_of(row: Row) -> dict[str, Any]:
    """A row as JSON values."""
    return {
        "what": row.what,
        "beside": row.beside,
        "ratio": _finite(row.ratios.median) if row.ratios else None,
        "spread": [_finite(bound) for bound in row.judged.quartiles],
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


def _table(rows: Iterable[Row]) -> str:
    lines = ["| what | beside | ours | theirs | ratio | goal | reached |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        cells: Sequence[str] = (
            row.what,
            row.beside or "-",
            told(row.ours.median, row.ours.unit),
            told(row.theirs.median, row.theirs.unit) if row.theirs else "-",
            _judged(row) if row.ratios else f"- ({_between(row.ours)})",
            str(row.goal or "-"),
            _reached(row),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _name(row: Row) -> str:
    return f"{row.what}, beside {row.beside}" if row.beside else row.what


def _judged(row: Row) -> str:
    judged = row.judged
    return f"{told(judged.median, judged.unit)} ({_between(judged)})"


def _between(series: Series) -> str:
    low, high = series.quartiles
    return f"{told(low)} to {told(high)}"


def _reached(row: Row) -> str:
    match row.reached:
        case True:
            return "yes"
        case False:
            return "**no**"
        case None:
            return "-"
