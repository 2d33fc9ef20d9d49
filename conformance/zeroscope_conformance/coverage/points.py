"""Points of the document, and the coverage of them by exchanges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

Group = Literal[
    "operations",
    "parameters",
    "keywords at the edge",
    "keywords beyond the edge",
    "responses",
    "headers",
    "links",
    "callbacks",
]

GROUPS: tuple[Group, ...] = get_args(Group)
"""The groups, in the order of reports."""


@dataclass(frozen=True, slots=True)
class Point:
    """One place of the document that an exchange may reach.

    Args:
        group: What kind of place it is.
        operation: The `operationId`.
        pointer: The JSON pointer of the place.
        label: The place in words.
    """

    group: Group
    operation: str
    pointer: str
    label: str

    def to_dict(self) -> dict[str, str]:
        """Return the point as JSON values."""
        return {
            "group": self.group,
            "operation": self.operation,
            "pointer": self.pointer,
            "label": self.label,
        }


@dataclass(frozen=True)
class Coverage:
    """The points of a document that exchanges reached, and those that they missed.

    Args:
        reached: The points reached, in the order of the document.
        missed: The points missed, each with the reason.
    """

    reached: tuple[Point, ...]
    missed: Mapping[Point, str]

    @property
    def percent(self) -> float:
        """The share of the points that was reached, in percent; 100 for a document without any."""
        return _percent(len(self.reached), len(self.missed))

    def counts(self) -> dict[Group, tuple[int, int]]:
        """Return the number of points reached and of all points, of each group that has any."""
        found: dict[Group, tuple[int, int]] = {}
        for group in GROUPS:
            reached = sum(point.group == group for point in self.reached)
            total = reached + sum(point.group == group for point in self.missed)
            if total:
                found[group] = (reached, total)
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return the coverage as JSON values."""
        return {
            "percent": round(self.percent, 2),
            "reached": len(self.reached),
            "points": len(self.reached) + len(self.missed),
            "groups": [
                {"name": name, "reached": reached, "points": total, "percent": round(100 * reached / total, 2)}
                for name, (reached, total) in self.counts().items()
            ],
            "missed": [{**point.to_dict(), "reason": reason} for point, reason in self.missed.items()],
            "hit": [point.to_dict() for point in self.reached],
        }


def combine(coverages: Iterable[Coverage]) -> Coverage:
    """Return the coverage of several runs as that of one: a point is reached if any of them reached it."""
    every = list(coverages)
    reached = tuple(dict.fromkeys(point for coverage in every for point in coverage.reached))
    missed = {point: reason for coverage in every for point, reason in coverage.missed.items()}
    return Coverage(reached, {point: reason for point, reason in missed.items() if point not in set(reached)})


def format_coverage(coverage: Coverage) -> list[str]:
    """Return the coverage as lines of text: the numbers of each group, then what was missed and why."""
    total = len(coverage.reached) + len(coverage.missed)
    lines = [f"coverage of the document: {coverage.percent:.1f} %, {len(coverage.reached):,} of {total:,}"]
    for group, (reached, points) in coverage.counts().items():
        lines.append(f"  {group:<26}{reached:>5} of {points:>4}{100 * reached / points:>8.1f} %")
    by_reason: dict[str, list[Point]] = {}
    for point, reason in coverage.missed.items():
        by_reason.setdefault(reason, []).append(point)
    for reason, points_missed in by_reason.items():
        lines.append(f"  not reached, as {reason}:")
        lines += [f"    {point.operation}: {point.label}" for point in points_missed]
    return lines


def _percent(reached: int, missed: int) -> float:
    return 100 * reached / (reached + missed) if reached + missed else 100.0
