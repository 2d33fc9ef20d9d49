"""What figures come to: rounds in turns, ratios round by round, goals."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

# Like `make`, which runs benchmarks/ from there.
sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.measurement import Goal, Row, Series, in_turns


def row(ours: tuple[float, ...], theirs: tuple[float, ...] | None, goal: Goal | None = None) -> Row:
    """A row with these figures."""
    if theirs is None:
        return Row("a thing", Series("s", ours), goal=goal)
    return Row("a thing", Series("s", ours), "a peer", Series("s", theirs), goal)


def test_in_turns() -> None:
    """Each round takes one figure of each side before the next round begins."""
    taken: list[str] = []

    def sample(name: str) -> Callable[[], float]:
        def take() -> float:
            taken.append(name)
            return float(len(taken))

        return take

    figures = in_turns({"a": sample("a"), "b": sample("b"), "c": sample("c")}, 2)

    assert taken == ["a", "b", "c", "a", "b", "c"]
    assert figures == {"a": (1, 4), "b": (2, 5), "c": (3, 6)}


def test_ratios__round_by_round() -> None:
    """A round in which the machine was slow for both is one round, not a large ratio."""
    measured = row((1, 10, 3), (2, 20, 4))

    assert measured.ratios is not None
    assert measured.ratios.figures == (0.5, 0.5, 0.75)
    assert measured.judged.median == 0.5


def test_ratios__nothing_beside() -> None:
    """A figure that stands alone is itself what the goal is about."""
    measured = row((1, 2, 9), None, Goal("below", 3, "s"))

    assert measured.ratios is None
    assert measured.judged.median == 2
    assert measured.reached is True


@pytest.mark.parametrize(("ours", "expected"), [(0.0, 1.0), (0.1, float("inf"))])
def test_ratios__beside_nothing_at_all(ours: float, expected: float) -> None:
    """Beside a zero a zero is as good, and anything else is beyond measure."""
    assert row((ours,), (0.0,)).judged.figures == (expected,)


@pytest.mark.parametrize(
    ("figures", "median", "quartiles"),
    [
        ((7,), 7, (7, 7)),
        ((1, 3), 2, (1.5, 2.5)),
        ((5, 1, 3, 2, 4), 3, (2, 4)),
    ],
)
def test_series__spread(figures: tuple[float, ...], median: float, quartiles: tuple[float, float]) -> None:
    """The middle, and between what the middle half lies, whatever the order."""
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
    """The bound itself is enough, unless the figure has to be below it."""
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
    """A goal names its unit, and a ratio is a number of times."""
    assert str(goal) == expected


def test_reached__no_goal() -> None:
    """What is only told is neither reached nor missed."""
    assert row((1,), (2,)).reached is None
