"""Measurements: interleaved rounds, ratios and goals."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

# Like `make`, which runs benchmarks/ from there.
sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.measurement import Goal, Row, Series, interleave


def row(ours: tuple[float, ...], theirs: tuple[float, ...] | None, goal: Goal | None = None) -> Row:
    """Return a row with some figures."""
    if theirs is None:
        return Row("a thing", Series("s", ours), goal=goal)
    return Row("a thing", Series("s", ours), "a peer", Series("s", theirs), goal)


def test_in_turns() -> None:
    """Each round measures one figure of each side before the next one starts."""
    taken: list[str] = []

    def sample(name: str) -> Callable[[], float]:
        def take() -> float:
            taken.append(name)
            return float(len(taken))

        return take

    figures = interleave({"a": sample("a"), "b": sample("b"), "c": sample("c")}, 2)

    assert taken == ["a", "b", "c", "a", "b", "c"]
    assert figures == {"a": (1, 4), "b": (2, 5), "c": (3, 6)}


def test_ratios__round_by_round() -> None:
    """A round in which the machine was slow for both sides has an ordinary ratio."""
    measured = row((1, 10, 3), (2, 20, 4))

    assert measured.ratios is not None
    assert measured.ratios.figures == (0.5, 0.5, 0.75)
    assert measured.result.median == 0.5


def test_ratios__nothing_beside() -> None:
    """Without a peer, the goal applies to the figure."""
    measured = row((1, 2, 9), None, Goal("below", 3, "s"))

    assert measured.ratios is None
    assert measured.result.median == 2
    assert measured.reached is True


@pytest.mark.parametrize(("ours", "expected"), [(0.0, 1.0), (0.1, float("inf"))])
def test_ratios__beside_nothing_at_all(ours: float, expected: float) -> None:
    """The ratio of zero to zero is 1, of anything else to zero infinite."""
    assert row((ours,), (0.0,)).result.figures == (expected,)


@pytest.mark.parametrize(
    ("figures", "median", "quartiles"),
    [
        ((7,), 7, (7, 7)),
        ((1, 3), 2, (1.5, 2.5)),
        ((5, 1, 3, 2, 4), 3, (2, 4)),
    ],
)
def test_series__spread(figures: tuple[float, ...], median: float, quartiles: tuple[float, float]) -> None:
    """The median and the quartiles do not depend on the order."""
    series = Series("s", figures)

    assert series.median == median
    assert series.quartiles == quartiles


@pytest.mark.parametrize(
    ("goal", "reached"),
    [
        (Goal("at most", 1.2), [True, True, False]),
        (Goal("below", 1.2), [True, False, False]),
        (Goal("at least", 1.2), [False, True, True]),
    ],
)
def test_goal__reached(goal: Goal, reached: list[bool]) -> None:
    """The bound itself reaches the goal, except for `below`."""
    assert [goal.reached(figure) for figure in (1.1, 1.2, 1.3)] == reached


@pytest.mark.parametrize(
    ("goal", "expected"),
    [
        (Goal("at most", 1 / 3), "at most 0.3333 ×"),
        (Goal("below", 3, "s"), "below 3 s"),
        (Goal("at least", 20), "at least 20 ×"),
    ],
)
def test_goal__text(goal: Goal, expected: str) -> None:
    """A goal has its unit, and a ratio has ×."""
    assert str(goal) == expected


def test_reached__no_goal() -> None:
    """A row without a goal neither reaches nor misses it."""
    assert row((1,), (2,)).reached is None
