"""What is measured: series of figures, taken in turns, and what two of them come to beside each other."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Literal

Sample = Callable[[], float]
"""Takes one figure."""


@dataclass(frozen=True)
class Goal:
    """What a figure is to reach.

    Args:
        kind: On which side of the bound it has to be.
        bound: The bound.
        unit: What the bound is in; a ratio has none.
    """

    kind: Literal["at most", "at least", "below"]
    bound: float
    unit: str = ""

    def reached(self, figure: float) -> bool:
        """Whether a figure is on the right side."""
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
    """The figures of one side, in the order of the rounds.

    Args:
        unit: What they are in.
        figures: One of each round.
    """

    unit: str
    figures: tuple[float, ...]

    @property
    def median(self) -> float:
        """The figure in the middle."""
        return statistics.median(self.figures)

    @property
    def quartiles(self) -> tuple[float, float]:
        """Between what the middle half of the figures lies."""
        if len(self.figures) == 1:
            return self.figures[0], self.figures[0]
        low, _, high = statistics.quantiles(self.figures, n=4, method="inclusive")
        return low, high


@dataclass(frozen=True)
class Row:
    """One line of the table: what was measured, beside what, and what it should have come to.

    Args:
        what: What was measured.
        ours: This project's figures.
        beside: What they are held against; None for a figure that stands alone.
        theirs: The figures of that, round by round.
        goal: What the ratio, or the figure that stands alone, is to reach; None for one that is only told.
        reason: Why the goal is missed, shown only if it is.
        note: What is good to know of the measurement.
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
        """Ours divided by theirs, round by round, so that a slow moment of the machine is in both."""
        if self.theirs is None:
            return None
        return Series("", tuple(map(_ratio, self.ours.figures, self.theirs.figures)))

    @property
    def judged(self) -> Series:
        """What the goal is about: the ratios, or the figures that stand alone."""
        return self.ratios or self.ours

    @property
    def reached(self) -> bool | None:
        """Whether the goal is reached; None if there is none."""
        return None if self.goal is None else self.goal.reached(self.judged.median)


def _ratio(ours: float, theirs: float) -> float:
    if theirs:
        return ours / theirs
    return inf if ours else 1.0


def in_turns(samples: Mapping[str, Sample], rounds: int) -> dict[str, tuple[float, ...]]:
    """Take figures in turns, A B C A B C, so that what disturbs the machine for a while disturbs all.

    Args:
        samples: What takes a figure, by name.
        rounds: How many figures to take of each.

    Returns:
        The figures by name, in the order of the rounds.
    """
    figures: dict[str, list[float]] = {name: [] for name in samples}
    for _ in range(rounds):
        for name, sample in samples.items():
            figures[name].append(sample())
    return {name: tuple(taken) for name, taken in figures.items()}
