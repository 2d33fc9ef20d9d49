"""A deadline that is moved far more often than it is reached."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import inf

# What an event loop may be early by, in seconds.
_TOLERANCE = 0.002


class Deadline:
    """Calls a function at a moment, which may be moved at almost no cost.

    A connection has a new deadline after each of its requests, and a timer for each would take as long as reading the
    request. Its one timer finds the deadline moved instead, and starts again.

    Args:
        loop: The event loop that measures the time.
        act: The function.
    """

    __slots__ = ("_act", "_due", "_loop", "_timer", "_timer_due")

    def __init__(self, loop: asyncio.AbstractEventLoop, act: Callable[[], object]) -> None:
        self._loop = loop
        self._act = act
        self._timer: asyncio.TimerHandle | None = None
        self._due = self._timer_due = inf

    def set(self, seconds: float) -> None:
        """Move the deadline.

        Args:
            seconds: How far from now; infinite for never.
        """
        self._due = self._loop.time() + seconds
        if self._due < self._timer_due:
            self._start()

    def close(self) -> None:
        """Never call the function."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._due, self._timer_due = None, inf, inf

    def _start(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_due = self._due
        self._timer = self._loop.call_at(self._due, self._end)

    def _end(self) -> None:
        self._timer, self._timer_due = None, inf
        if self._loop.time() + _TOLERANCE >= self._due:
            self._due = inf
            self._act()
        elif self._due < inf:
            self._start()
