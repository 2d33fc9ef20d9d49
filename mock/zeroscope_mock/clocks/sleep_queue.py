"""The queue of the tasks that sleep on a virtual clock."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from functools import partial
from heapq import heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import anyio

POLL_INTERVAL = 0.005
"""The pause between two polls of a sleeper that cannot move the clock, in real seconds."""

_numbers = itertools.count()


class Sleeper:
    """One sleeping task.

    Args:
        due: When it wakes, in seconds of the clock.
        woken: Set to wake it earlier, to find out what has changed.

    Attributes:
        gone: Whether it has woken or was canceled.
    """

    __slots__ = ("due", "gone", "woken")

    def __init__(self, due: float, woken: asyncio.Event | anyio.Event) -> None:
        self.due = due
        self.gone = False
        self.woken = woken


class SleepQueue:
    """The tasks of one event loop that sleep on one clock, by the moment at which they wake.

    Args:
        on_asyncio: Whether the loop is asyncio's; otherwise it is trio's.

    Attributes:
        leader: The sleeper that moves the clock; the others wait for their events.
        event: Makes an event.
        checkpoint: Yields to the other tasks of the loop once.
        pause: Sleeps for `POLL_INTERVAL` of real time.
    """

    def __init__(self, *, on_asyncio: bool) -> None:
        self.leader: Sleeper | None = None
        self._heap: list[tuple[float, int, Sleeper]] = []
        self.event: Callable[[], asyncio.Event | anyio.Event]
        self.checkpoint: Callable[[], Awaitable[None]]
        self.pause: Callable[[], Awaitable[None]]
        if on_asyncio:
            self.event = asyncio.Event
            self.checkpoint, self.pause = partial(asyncio.sleep, 0), partial(asyncio.sleep, POLL_INTERVAL)
        else:
            # Trio, by way of anyio, whose own primitives would do on asyncio, too, but at ten times the cost.
            import anyio
            from anyio.lowlevel import checkpoint

            self.event, self.checkpoint, self.pause = anyio.Event, checkpoint, partial(anyio.sleep, POLL_INTERVAL)

    def add(self, sleeper: Sleeper) -> None:
        """Add a sleeper."""
        heappush(self._heap, (sleeper.due, next(_numbers), sleeper))

    def first(self) -> Sleeper:
        """The sleeper that wakes first; the queue must not be empty."""
        while self._heap[0][2].gone:
            heappop(self._heap)
        return self._heap[0][2]

    def remove(self, sleeper: Sleeper, now: float) -> None:
        """Remove a sleeper, woken or canceled; wake all that are due as well, and make another one the leader."""
        sleeper.gone = True
        while self._heap and (self._heap[0][2].gone or self._heap[0][0] <= now):
            heappop(self._heap)[2].woken.set()
        if self.leader is None or self.leader.gone or self.leader.due <= now:
            self.leader = self._heap[0][2] if self._heap else None
            if self.leader is not None:
                self.leader.woken.set()
