"""Tasks that sleep on a virtual clock."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from functools import partial
from heapq import heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import anyio

GLANCE = 0.005
"""How often those who cannot move the clock look whether they can by now, in real seconds."""

_numbers = itertools.count()


class Sleeper:
    """One task that sleeps.

    Args:
        due: when it wakes, in seconds of the clock.
        woken: set to wake it earlier, for it to look around.

    Attributes:
        gone: whether it has woken or was canceled.
    """

    __slots__ = ("due", "gone", "woken")

    def __init__(self, due: float, woken: asyncio.Event | anyio.Event) -> None:
        self.due = due
        self.gone = False
        self.woken = woken


class Dormitory:
    """All tasks of one event loop that sleep on one clock.

    Args:
        on_asyncio: whether the loop is one of asyncio's, else it is trio's.

    Attributes:
        watch: the one of them that stays up and moves the clock.
        event: makes an event.
        turn: lets the other tasks of the loop have their turn.
        glance: sleeps for as long as `GLANCE`.
    """

    def __init__(self, *, on_asyncio: bool) -> None:
        self.watch: Sleeper | None = None
        self._heap: list[tuple[float, int, Sleeper]] = []
        self.event: Callable[[], asyncio.Event | anyio.Event]
        self.turn: Callable[[], Awaitable[None]]
        self.glance: Callable[[], Awaitable[None]]
        if on_asyncio:
            self.event = asyncio.Event
            self.turn, self.glance = partial(asyncio.sleep, 0), partial(asyncio.sleep, GLANCE)
        else:
            # Trio, by way of anyio, whose own primitives would do on asyncio, too, but at ten times the cost.
            import anyio
            from anyio.lowlevel import checkpoint

            self.event, self.turn, self.glance = anyio.Event, checkpoint, partial(anyio.sleep, GLANCE)

    def add(self, sleeper: Sleeper) -> None:
        """Take in a sleeper."""
        heappush(self._heap, (sleeper.due, next(_numbers), sleeper))

    def first(self) -> Sleeper:
        """Whoever is to wake first; there must be somebody."""
        while self._heap[0][2].gone:
            heappop(self._heap)
        return self._heap[0][2]

    def leave(self, sleeper: Sleeper, now: float) -> None:
        """Let a sleeper go, awake or canceled, wake all that are due as well and let another one take its watch."""
        sleeper.gone = True
        while self._heap and (self._heap[0][2].gone or self._heap[0][0] <= now):
            heappop(self._heap)[2].woken.set()
        if self.watch is None or self.watch.gone or self.watch.due <= now:
            self.watch = self._heap[0][2] if self._heap else None
            if self.watch is not None:
                self.watch.woken.set()
