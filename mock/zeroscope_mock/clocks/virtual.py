"""A clock that stands still until told otherwise."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf
from weakref import WeakKeyDictionary

from ..protocols import Agenda, check_advance
from ..steps import Flow, drive, drive_async
from .sleep_queue import GLANCE, Dormitory, Sleeper
from .stall_guard import Patience

START = 1_767_225_600.0
"""When a virtual clock starts, in seconds since 1970: the first moment of 2026."""

TURN_LIMIT = 1.0
"""How long a thread that advances a clock waits for what another one carries out, in real seconds: that may in turn
wait for this thread."""

# So many turns of the event loop let a chain of callbacks that became ready together run to its end.
_TURNS = 4
# So often those who cannot move the clock look again without a pause; most of what holds it is over in no time.
_LOOKS = 100
# What this task holds a clock for, if it does; see `VirtualClock.hold`.
_hold: ContextVar[_Hold | None] = ContextVar("zeroscope_mock.hold", default=None)


class VirtualClock:
    """A clock that stands still until it is advanced or slept on, so that nothing ever has to be waited for.

    Tasks that sleep on it at the same time sleep side by side: once all of them sleep, the clock jumps to the moment
    at which the first one wakes. What falls due on the way, such as a webhook, happens on time and in order, one thing
    after another, before the clock moves on. It may be shared by threads and by event loops.

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
        self._lock = threading.Lock()
        self._settler = threading.RLock()
        self._under_way = 0
        self._carried_out = 0
        # How many things had been carried out when a thread gave up waiting for the next one.
        self._given_up: int | None = None
        self._holds: set[_Hold] = set()
        self._dormitories: WeakKeyDictionary[object, Dormitory] = WeakKeyDictionary()

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

        While another thread carries something out, the clock waits for that, but at most a second of real time.

        Args:
            seconds: how far, 0 or more.

        Raises:
            ValueError: for a negative or endless time.
        """
        check_advance(seconds)
        with self._lock:
            target = self._now + seconds
            if not self._under_way and self._next() > target:
                self._now = target
                return
        self._settle_until(target, TURN_LIMIT)
        self._reach(target)
        # What came up meanwhile in another thread that did not want to go this far.
        self._settle_until(target)

    async def advance_async(self, seconds: float) -> None:
        """Move the clock forward as `advance` does; what falls due happens in this event loop."""
        check_advance(seconds)
        target = self._now + seconds
        await self._settle_until_async(target)
        self._reach(target)
        await self._settle_until_async(target)

    def settle(self) -> None:
        """Let happen what is due now."""
        self._settle_until(self._now)

    async def settle_async(self) -> None:
        """Let happen what is due now, in this event loop."""
        await self._settle_until_async(self._now)

    def close(self) -> None:
        """Nothing runs by itself, so nothing has to be stopped."""

    def sleep(self, seconds: float) -> None:
        """Move the clock forward, as `advance` does; less than nothing is nothing.

        Raises:
            RuntimeError: if the clock is frozen and no other thread has moved it for a minute of real time.
        """
        seconds = max(0.0, seconds)
        if self._frozen:
            due, patience = self._now + seconds, Patience(self)
            while self._frozen and self._now < due:
                patience.check()
                time.sleep(GLANCE)
            seconds = max(0.0, due - self._now)
        self.advance(seconds)

    async def sleep_async(self, seconds: float) -> None:
        """Sleep until the clock has moved forward by so many seconds.

        The clock moves by itself as soon as all tasks of this event loop that ever sleep on it do so. It cannot know of
        tasks that wait for something outside, such as a socket. Whoever's sleep lets something fall due carries it out,
        and sleeps on until that is done.

        Raises:
            ValueError: for an endless time.
        """
        dormitory = self._dormitory()
        due = self._now + seconds
        if seconds > 0:
            check_advance(seconds)
        else:
            await dormitory.turn()
            await self.settle_async()
        while self._now < due:
            await self._doze(dormitory, due)
            await self.settle_async()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Let no sleep of another task move the clock until the end of the block, unless this task sleeps on it."""
        outer = _hold.get()
        # What falls due while this task sleeps is carried out by it, too, and ends before it goes on.
        if outer in self._holds:
            yield
            return
        hold = _Hold()
        with self._lock:
            self._holds = {*self._holds, hold}
        _hold.set(hold)
        try:
            yield
        finally:
            _hold.set(outer)
            with self._lock:
                self._holds = self._holds - {hold}

    async def _doze(self, dormitory: Dormitory, due: float) -> None:
        """Sleep until a moment, or until something else is due."""
        sleeper = Sleeper(due, dormitory.event())
        hold = _hold.get()
        if hold in self._holds:
            hold.asleep += 1
        else:
            hold = None
        dormitory.add(sleeper)
        looks = 0
        try:
            # One sleeper, whoever is to wake first, stays up and moves the clock; no task has to be left behind for it.
            if dormitory.watch is None:
                dormitory.watch = sleeper
            else:
                await sleeper.woken.wait()
            while due > self._now:
                for _ in range(_TURNS):
                    await dormitory.turn()
                # Another event loop may have moved the clock, and whoever has woken since let this one go as well.
                if due <= self._now:
                    return
                first = dormitory.first()
                if first is not sleeper:
                    sleeper.woken = dormitory.event()
                    dormitory.watch = first
                    first.woken.set()
                    await sleeper.woken.wait()
                elif not self._frozen and all(other.asleep for other in self._holds):
                    self._reach(min(due, self._next()))
                    if self._next() <= self._now:
                        return
                elif self._frozen or looks == _LOOKS:
                    await dormitory.glance()
                else:
                    looks += 1
        finally:
            if hold:
                hold.asleep -= 1
            dormitory.leave(sleeper, self._now)

    def _next(self) -> float:
        """When the agenda's first thing is due, on the monotonic clock; never, if there is nothing."""
        due = self._agenda.due() if self._agenda else None
        return inf if due is None else due - self._start

    def _reach(self, moment: float) -> None:
        with self._lock:
            self._now = max(self._now, moment)

    def _take(self, target: float) -> Flow[None] | None:
        """Take out the first thing that is due by a moment or by now, and let it be when it is due."""
        due = self._agenda.due() if self._agenda else None
        if self._agenda is None or due is None or due - self._start > max(target, self._now):
            return None
        self._reach(due - self._start)
        # The time of day may have been rounded to just before.
        return self._agenda.take(max(self.time(), due))

    def _settle_until(self, target: float, patience: float = 0.0) -> None:
        while (self._under_way and patience) or self._next() <= max(target, self._now):
            if not self._wait_for_turn(patience):
                return
            try:
                if self._next() > max(target, self._now):
                    return
                self._carry_out_next(target)
            finally:
                self._settler.release()

    def _wait_for_turn(self, patience: float) -> bool:
        """Whether this thread may carry out things; if another one does, give it so many real seconds for each."""
        while True:
            carried_out = self._carried_out
            # It may wait for an answer of ours; then it will not have ended when we come here again.
            if self._settler.acquire(timeout=0 if self._given_up == carried_out else patience):
                return True
            if not patience or self._carried_out == carried_out:
                self._given_up = carried_out
                return False

    def _carry_out_next(self, target: float) -> None:
        with self._lock:
            self._under_way += 1
        try:
            if flow := self._take(target):
                drive(flow, self)
        finally:
            with self._lock:
                self._under_way -= 1
                self._carried_out += 1

    async def _settle_until_async(self, target: float) -> None:
        while self._next() <= max(target, self._now):
            # What ends without waiting for anything must not keep other tasks from running.
            await self._dormitory().turn()
            if flow := self._take(target):
                with self.hold():
                    await drive_async(flow, self)

    def _dormitory(self) -> Dormitory:
        """The sleepers of the event loop that runs."""
        loop: object
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            from anyio.lowlevel import current_token

            loop = current_token().native_token
        dormitory = self._dormitories.get(loop)
        if dormitory is None:
            with self._lock:
                dormitory = self._dormitories[loop] = Dormitory(on_asyncio=isinstance(loop, asyncio.AbstractEventLoop))
        return dormitory


class _Hold:
    """A task that the clock waits for, and how many sleepers it and its children have on the clock."""

    __slots__ = ("asleep",)

    def __init__(self) -> None:
        self.asleep = 0
