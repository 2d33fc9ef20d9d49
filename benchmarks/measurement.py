"""Measurements: series of figures, their ratios, and the goals for them."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Literal

Sample = Callable[[], float]
"""Measures one figure."""


@dataclass(frozen=True)
class Goal:
    """A goal for a figure or a ratio.

    Args:
        kind: The side of the bound that reaches the goal.
        unit: The unit of the bound; empty for a ratio.
    """

    kind: Literal["at most", "at least", "below"]
    bound: float
    unit: str = ""

    def reached(self, figure: float) -> bool:
        """Return whether a figure reaches the goal."""
        match self.kind:
            case "at most":
                return figure <= self.bound
            case "at least":
                return figure >= self.bound
            case "below":
                return figure < self.bound

    def __str__(self) -> str:
        return f"{self.kind} {self.bound:.4g}{f' {self.unit}' if self.unit else ' ×'}"


@dataclass(frozen=True)
class Series:
    """The figures of one side.

    Args:
        figures: One figure for each round, in the order of the rounds.
    """

    unit: str
    figures: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median of the figures."""
        return statistics.median(self.figures)

    @property
    def quartiles(self) -> tuple[float, float]:
        """The first and the third quartile of the figures."""
        if len(self.figures) == 1:
            return self.figures[0], self.figures[0]
        low, _, high = statistics.quantiles(self.figures, n=4, method="inclusive")
        return low, high


@dataclass(frozen=True)
class Row:
    """One row of the table.

    Args:
        what: The name of the measurement.
        ours: The figures of this project.
        beside: The name of the peer; None if there is no comparison.
        theirs: The figures of the peer, from the same rounds.
        goal: The goal for the ratio or, without a peer, for the figure; None if there is none.
        reason: The reason why the goal is missed, shown only if it is.
        note: A note on the measurement.
    """

    what: str
    ours: Series
    beside: str | None = None
    theirs: Series | None = None
    goal: Goal | None = None
    reason: str = ""
    note: str = ""

    @property
    def ratios(self) -> Series | None:
        """Our figure divided by theirs, for each round: a slow moment of the machine affects both."""
        if self.theirs is None:
            return None
        return Series("", tuple(map(_ratio, self.ours.figures, self.theirs.figures)))

    @property
    def result(self) -> Series:
        """The ratios or, without a peer, the figures; the goal applies to their median."""
        return self.ratios or self.ours

    @property
    def reached(self) -> bool | None:
        """Whether the goal is reached; None if there is no goal."""
        return None if self.goal is None else self.goal.reached(self.result.median)


def _ratio(ours: float, theirs: float) -> float:
    if theirs:
        return ours / theirs
    return inf if ours else 1.0


def interleave(samples: Mapping[str, Sample], rounds: int) -> dict[str, tuple[float, ...]]:
    """Measure in interleaved rounds, A B C A B C: a disturbance of the machine then affects all sides.

    Args:
        samples: The functions that measure one figure, by name.
        rounds: The number of rounds.

    Returns:
        The figures by name, in the order of the rounds.
    """
    figures: dict[str, list[float]] = {name: [] for name in samples}
    for _ in range(rounds):
        for name, sample in samples.items():
            figures[name].append(sample())
    return {name: tuple(taken) for name, taken in figures.items()}
