"""The queue of the tasks that sleep on a virtual clock."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from heapq import heappop, heappush
from weakref import WeakKeyDictionary

from ..conditions import Condition, Waker

POLL_INTERVAL = 0.005
"""The pause between two polls of a sleeper that cannot move the clock, in real seconds."""

_numbers = itertools.count()


class Sleeper:
    """One sleeping task.

    Args:
        due: When it wakes, in seconds of the clock.
        condition: Wakes it earlier when it changes.
        seen: The version of the condition that the task has seen.

    Attributes:
        gone: Whether it has woken or was canceled.
        waker: Wakes it earlier, to find out what has changed.
    """

    __slots__ = ("_condition", "_seen", "due", "gone", "waker")

    def __init__(self, due: float, condition: Condition | None = None, seen: int = 0) -> None:
        self.due = due
        self.gone = False
        self.waker = Waker()
        self._condition = condition
        self._seen = seen

    @property
    def changed(self) -> bool:
        """Whether the condition has changed since the task has seen it."""
        return self._condition is not None and self._condition.version != self._seen

    def waking(self) -> AbstractContextManager[None]:
        """Have the condition wake it until the end of the block."""
        return nullcontext() if self._condition is None else self._condition.waking(self.waker)

    async def wait(self) -> None:
        """Wait to be woken, unless the condition has changed already."""
        self.waker.clear()
        if not self.changed:
            await self.waker.wait()


class SleepQueue:
    """The tasks of one event loop that sleep on one clock, by the moment at which they wake.

    Args:
        on_asyncio: Whether the loop is asyncio's; otherwise it is trio's.

    Attributes:
        leader: The sleeper that moves the clock; the others wait to be woken.
        checkpoint: Yields to the other tasks of the loop once.
        pause: Sleeps for `POLL_INTERVAL` of real time.
    """

    def __init__(self, *, on_asyncio: bool) -> None:
        self.leader: Sleeper | None = None
        self._heap: list[tuple[float, int, Sleeper]] = []
        self.checkpoint: Callable[[], Awaitable[None]]
        self.pause: Callable[[], Awaitable[None]]
        if on_asyncio:
            self.checkpoint, self.pause = partial(asyncio.sleep, 0), partial(asyncio.sleep, POLL_INTERVAL)
        else:
            # Trio, by way of anyio, which would do on asyncio, too, but at ten times the cost.
            import anyio
            from anyio.lowlevel import checkpoint

            self.checkpoint, self.pause = checkpoint, partial(anyio.sleep, POLL_INTERVAL)

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
            heappop(self._heap)[2].waker.wake()
        if self.leader is None or self.leader.gone or self.leader.due <= now:
            self.leader = self._heap[0][2] if self._heap else None
            if self.leader is not None:
                self.leader.waker.wake()


class SleepQueues:
    """The sleep queues of a clock, one for each event loop."""

    def __init__(self) -> None:
        self._queues: WeakKeyDictionary[object, SleepQueue] = WeakKeyDictionary()
        self._lock = threading.Lock()

    @property
    def has_sleepers(self) -> bool:
        """Whether a task of any event loop sleeps."""
        with self._lock:
            return any(queue.leader is not None for queue in self._queues.values())

    def current(self) -> SleepQueue:
        """The sleep queue of the running event loop."""
        loop: object
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            from anyio.lowlevel import current_token

            loop = current_token().native_token
        queue = self._queues.get(loop)
        if queue is None:
            with self._lock:
                queue = self._queues[loop] = SleepQueue(on_asyncio=isinstance(loop, asyncio.AbstractEventLoop))
        return queue
