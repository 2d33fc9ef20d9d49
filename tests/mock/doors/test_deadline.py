"""The deadline, which moves without a new timer."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from types import SimpleNamespace
from typing import Any

import pytest

from zeroscope_mock.doors.deadline import Deadline


class Loop:
    """An event loop with a time of its own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.started: list[float] = []
        self._timers: list[Any] = []

    def time(self) -> float:
        """Return the seconds that have passed."""
        return self.now

    def call_at(self, when: float, act: Callable[[], object]) -> Any:
        """Start a timer."""
        self.started.append(when)
        timer: Any = SimpleNamespace(when=when, act=act, cancel=lambda: self._timers.remove(timer))
        self._timers.append(timer)
        return timer

    def run_until(self, moment: float) -> None:
        """Let time pass."""
        while due := [timer for timer in self._timers if timer.when <= moment]:
            first = min(due, key=lambda timer: timer.when)
            self._timers.remove(first)
            self.now = first.when
            first.act()
        self.now = moment


@pytest.mark.parametrize(
    ("settings", "reached", "timers"),
    [
        ([(0, 10)], [10], [10]),
        ([(0, 10), (1, 10), (2, 10)], [12], [10, 12]),
        ([(0, 75), (1, 10)], [11], [75, 11]),
        ([(0, 10), (1, inf)], [], [10]),
        ([(0, inf), (1, 2)], [3], [3]),
        ([(0, 1), (5, 1)], [1, 6], [1, 6]),
        ([(0, 10), (1, inf), (20, 5)], [25], [10, 25]),
    ],
    ids=["one", "later", "sooner", "never", "not never", "again", "after never"],
)
def test_set__moves_the_deadline(
    settings: list[tuple[float, float]], reached: list[float], timers: list[float]
) -> None:
    """The function is called at the latest setting only; a later one starts no timer until the old one ends."""
    loop, calls = Loop(), list[float]()
    deadline = Deadline(loop, lambda: calls.append(loop.now))  # type: ignore[arg-type]  # a loop of the test
    for moment, seconds in settings:
        loop.run_until(moment)
        deadline.set(seconds)
    loop.run_until(1000)

    assert (calls, loop.started) == (reached, timers)


def test_close__ends_the_timer() -> None:
    """Nothing is called any more."""
    loop, calls = Loop(), list[None]()
    deadline = Deadline(loop, lambda: calls.append(None))  # type: ignore[arg-type]  # a loop of the test
    deadline.set(1)
    deadline.close()
    deadline.close()
    loop.run_until(10)
    assert (calls, loop._timers) == ([], [])
