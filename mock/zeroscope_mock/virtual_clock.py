"""A clock that stands still until told otherwise."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from functools import partial
from heapq import heappop, heappush
from math import inf
from typing import TYPE_CHECKING

from .clock import Agenda, check_advance
from .steps import drive, drive_async

if TYPE_CHECKING:
    import anyio
    from anyio.lowlevel import RunVar

START = 1_767_225_600.0
"""When a virtual clock starts, in seconds since 1970: the first moment of 2026."""

# So many turns of the event loop let a chain of callbacks that became ready together run to its end.
_TURNS = 4
# How often those who sleep on a frozen clock look whether somebody has moved it, in real seconds.
_GLANCE = 0.005
_numbers = itertools.count()
# Whether this task is carrying out what fell due; the clock waits for it, so it alone may move the clock meanwhile.
_settling: ContextVar[bool] = ContextVar("zeroscope_mock.settling", default=False)


class VirtualClock:
    """A clock that stands still until it is advanced or slept on, so that nothing ever has to be waited for.

    Tasks that sleep on it at the same time sleep side by side: once all of them sleep, the clock jumps to the moment
    at which the first one wakes. What falls due on the way, such as a webhook, happens on time and in order before the
    clock moves on. It may be shared by threads and by event loops.

    Args:
        start: the time it shows first, in seconds since 1970.

    Example:
        >>> clock = VirtualClock()
        >>> clock.advance(600)
        >>> clock.monotonic()
        600.0
    """

    glance = 0.5
    """How long whoever watches for something on this clock sleeps at a time, in seconds of the clock."""

    def __init__(self, start: float = START) -> None:
        self._start = start
        self._now = 0.0
        self._frozen = False
        self._agenda: Agenda | None = None
        self._under_way = 0
        self._lock = threading.Lock()
        self._settler = threading.RLock()
        self._beds: RunVar[_Dormitory] | None = None

    def time(self) -> float:
        """The time of day, in seconds since 1970."""
        return self._start + self._now

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        return self._now

    def set(self, time: float) -> None:
        """Let the clock show another time of day, earlier or later, without letting any time pass.

        Args:
            time: in seconds since 1970.
        """
        with self._lock:
            self._start = time - self._now

    @property
    def frozen(self) -> bool:
        """Whether sleeping does not move the clock."""
        return self._frozen

    def freeze(self) -> None:
        """Let nothing but `advance` move the clock: whoever sleeps on it then waits until it has been advanced."""
        self._frozen = True

    def run(self) -> None:
        """Undo `freeze`."""
        self._frozen = False

    def attach(self, agenda: Agenda) -> None:
        """Let the things of an agenda happen when the clock reaches them."""
        self._agenda = agenda

    def advance(self, seconds: float) -> None:
        """Move the clock forward and let happen, in order, what falls due on the way.

        Args:
            seconds: how far, 0 or more.

        Raises:
            ValueError: for a negative or endless time.
        """
        check_advance(seconds)
        with self._lock:
            target = self._now + seconds
            if self._next() > target:
                self._now = target
                return
        self._settle_until(target)
        self._reach(target)

    async def advance_async(self, seconds: float) -> None:
        """Move the clock forward as `advance` does; what falls due happens in this event loop."""
        check_advance(seconds)
        target = self._now + seconds
        await self._settle_until_async(target)
        self._reach(target)

    def settle(self) -> None:
        """Let happen what is due now."""
        self._settle_until(self._now)

    async def settle_async(self) -> None:
        """Let happen what is due now, in this event loop."""
        await self._settle_until_async(self._now)

    def close(self) -> None:
        """Nothing runs by itself, so nothing has to be stopped."""

    def sleep(self, seconds: float) -> None:
        """Move the clock forward, as `advance` does; less than nothing is nothing."""
        seconds = max(0.0, seconds)
        if self._frozen:
            due = self._now + seconds
            while self._frozen and self._now < due:
                time.sleep(_GLANCE)
            seconds = max(0.0, due - self._now)
        self.advance(seconds)

    async def sleep_async(self, seconds: float) -> None:
        """Sleep until the clock has moved forward by so many seconds.

        The clock moves by itself as soon as all tasks of this event loop that ever sleep on it do so. It cannot know of
        tasks that wait for something outside, such as a socket.
        """
        dormitory = self._dormitory()
        due = self._now + seconds
        if not seconds > 0:
            await dormitory.turn()
            await self.settle_async()
        while self._now < due:
            await self._doze(dormitory, due)
            await self.settle_async()

    async def _doze(self, dormitory: _Dormitory, due: float) -> None:
        """Sleep until a moment, or until something else is due."""
        sleeper = _Sleeper(due, dormitory.event())
        dormitory.add(sleeper)
        try:
            # One sleeper, whoever is to wake first, stays up and moves the clock; no task has to be left behind for it.
            if dormitory.watch is None:
                dormitory.watch = sleeper
            else:
                await sleeper.woken.wait()
            while due > self._now:
                for _ in range(_TURNS):
                    await dormitory.turn()
                first = dormitory.first()
                if first is not sleeper:
                    sleeper.woken = dormitory.event()
                    dormitory.watch = first
                    first.woken.set()
                    await sleeper.woken.wait()
                elif self._frozen:
                    await dormitory.glance()
                elif not self._under_way or _settling.get():
                    self._reach(min(due, self._next()))
                    if self._next() <= self._now:
                        return
        finally:
            dormitory.leave(sleeper, self._now)

    def _next(self) -> float:
        """When the agenda's first thing is due, on the monotonic clock; never, if there is nothing."""
        due = self._agenda.due() if self._agenda else None
        return inf if due is None else due - self._start

    def _reach(self, moment: float) -> None:
        with self._lock:
            self._now = max(self._now, moment)

    def _settle_until(self, target: float) -> None:
        while self._agenda and (due := self._next()) <= target:
            # Another thread is at it; to wait for it could be to wait for oneself, if it waits for an answer of ours.
            if not self._settler.acquire(blocking=False):
                return
            try:
                self._reach(due)
                if flow := self._agenda.take(max(self.time(), self._start + due)):
                    drive(flow, self)
            finally:
                self._settler.release()

    async def _settle_until_async(self, target: float) -> None:
        while self._agenda and (due := self._next()) <= target:
            self._reach(due)
            self._under_way += 1
            token = _settling.set(True)
            try:
                if flow := self._agenda.take(max(self.time(), self._start + due)):
                    await drive_async(flow, self)
            finally:
                self._under_way -= 1
                _settling.reset(token)

    def _dormitory(self) -> _Dormitory:
        """The sleepers of the event loop that runs."""
        from anyio.lowlevel import RunVar

        with self._lock:
            if self._beds is None:
                self._beds = RunVar(f"zeroscope_mock.VirtualClock.{next(_numbers)}")
        dormitory = self._beds.get(None)
        if dormitory is None:
            dormitory = _Dormitory()
            self._beds.set(dormitory)
        return dormitory


class _Sleeper:
    """One task that sleeps."""

    __slots__ = ("due", "gone", "woken")

    def __init__(self, due: float, woken: asyncio.Event | anyio.Event) -> None:
        self.due = due
        self.gone = False
        self.woken = woken


class _Dormitory:
    """All tasks of one event loop that sleep on one clock; one of them, `watch`, stays up."""

    def __init__(self) -> None:
        self.watch: _Sleeper | None = None
        self._heap: list[tuple[float, int, _Sleeper]] = []
        self.event: Callable[[], asyncio.Event | anyio.Event]
        self.turn: Callable[[], Awaitable[None]]
        self.glance: Callable[[], Awaitable[None]]
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            # Trio, by way of anyio, whose own primitives would do on asyncio, too, but at ten times the cost.
            import anyio
            from anyio.lowlevel import checkpoint

            self.event, self.turn, self.glance = anyio.Event, checkpoint, partial(anyio.sleep, _GLANCE)
        else:
            self.event, self.turn, self.glance = (
                asyncio.Event,
                partial(asyncio.sleep, 0),
                partial(asyncio.sleep, _GLANCE),
            )

    def add(self, sleeper: _Sleeper) -> None:
        heappush(self._heap, (sleeper.due, next(_numbers), sleeper))

    def first(self) -> _Sleeper:
        """Whoever is to wake first; there must be somebody."""
        while self._heap[0][2].gone:
            heappop(self._heap)
        return self._heap[0][2]

    def leave(self, sleeper: _Sleeper, now: float) -> None:
        """Let a sleeper go, awake or canceled, wake all that are due as well and let another one take its watch."""
        sleeper.gone = True
        while self._heap and (self._heap[0][2].gone or self._heap[0][0] <= now):
            heappop(self._heap)[2].woken.set()
        if self.watch is None or self.watch.gone or self.watch.due <= now:
            self.watch = self._heap[0][2] if self._heap else None
            if self.watch is not None:
                self.watch.woken.set()
