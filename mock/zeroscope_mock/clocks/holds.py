"""The holds of tasks on a virtual clock, which keep it from moving."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Hold:
    """A task that the clock waits for.

    Attributes:
        asleep: How many sleepers the task and its children have on the clock.
    """

    __slots__ = ("asleep",)

    def __init__(self) -> None:
        self.asleep = 0


# The hold of this task, or of the one that started it.
_hold: ContextVar[Hold | None] = ContextVar("zeroscope_mock.hold", default=None)


class Holds:
    """The tasks that hold one clock; threads may share them."""

    def __init__(self) -> None:
        self._holds: frozenset[Hold] = frozenset()
        self._lock = threading.Lock()

    @property
    def all_asleep(self) -> bool:
        """Whether each task that holds the clock sleeps on it."""
        return all(hold.asleep for hold in self._holds)

    def current(self) -> Hold | None:
        """The hold that this task has on the clock; None if it has none."""
        hold = _hold.get()
        return hold if hold in self._holds else None

    @contextmanager
    def add(self) -> Iterator[None]:
        """Hold the clock until the end of the block, unless this task holds it already."""
        if self.current():
            yield
            return
        outer, hold = _hold.get(), Hold()
        with self._lock:
            self._holds |= {hold}
        _hold.set(hold)
        try:
            yield
        finally:
            _hold.set(outer)
            with self._lock:
                self._holds -= {hold}
