"""The server's time: one clock that stands still until told otherwise, and one that runs."""

from __future__ import annotations

import asyncio
import itertools
import math
import threading
import time
from collections.abc import Awaitable, Callable
from functools import partial
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import anyio
    from anyio.lowlevel import RunVar

START = 1_767_225_600.0
"""When a virtual clock starts, in seconds since 1970: the first moment of 2026."""

# So many turns of the event loop let a chain of callbacks that became ready together run to its end.
_TURNS = 4
_numbers = itertools.count()


class Clock(Protocol):
    """What the server and its clients need of time."""

    def time(self) -> float:
        """The time of day, in seconds since 1970."""
        ...

    def monotonic(self) -> float:
        """Seconds since some moment, never going back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass."""
        ...

    async def sleep_async(self, seconds: float) -> None:
        """Let so many seconds pass, and other tasks run meanwhile."""
        ...


class VirtualClock:
    """A clock that stands still until it is advanced or slept on, so that nothing ever has to be waited for.

    Tasks that sleep on it at the same time sleep side by side: once all of them sleep, the clock jumps to the moment
    at which the first one wakes. It may be shared by threads and by event loops.

    Args:
        start: the time it shows first, in seconds since 1970.

    Example:
        >>> clock = VirtualClock()
        >>> clock.advance(600)
        >>> clock.monotonic()
        600.0
    """

    def __init__(self, start: float = START) -> None:
        self._start = start
        self._now = start
        self._lock = threading.Lock()
        self._beds: RunVar[_Dormitory] | None = None

    def time(self) -> float:
        """The time of day, in seconds since 1970."""
        return self._now

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        return self._now - self._start

    def advance(self, seconds: float) -> None:
        """Move the clock forward.

        Args:
            seconds: how far, 0 or more.

        Raises:
            ValueError: for a negative or endless time.
        """
        _check(seconds)
        with self._lock:
            self._now += seconds

    def sleep(self, seconds: float) -> None:
        """Move the clock forward, as `advance` does; less than nothing is nothing."""
        self.advance(max(0.0, seconds))

    async def sleep_async(self, seconds: float) -> None:
        """Sleep until the clock has moved forward by so many seconds.

        The clock moves by itself as soon as all tasks of this event loop that ever sleep on it do so. It cannot know of
        tasks that wait for something outside, such as a socket.
        """
        dormitory = self._dormitory()
        if not seconds > 0:
            await dormitory.turn()
            return
        sleeper = _Sleeper(self._now + seconds, dormitory.event())
        dormitory.add(sleeper)
        try:
            # One sleeper, whoever is to wake first, stays up and moves the clock; no task has to be left behind for it.
            if dormitory.watch is None:
                dormitory.watch = sleeper
            else:
                await sleeper.woken.wait()
            while sleeper.due > self._now:
                for _ in range(_TURNS):
                    await dormitory.turn()
                first = dormitory.first()
                if first is sleeper:
                    with self._lock:
                        self._now = max(self._now, sleeper.due)
                else:
                    sleeper.woken = dormitory.event()
                    dormitory.watch = first
                    first.woken.set()
                    await sleeper.woken.wait()
        finally:
            dormitory.leave(sleeper, self._now)

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


def _check(seconds: float) -> None:
    if not (seconds >= 0 and math.isfinite(seconds)):
        raise ValueError(f"a clock advances by 0 or more seconds, not by {seconds}")


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
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            # Trio, by way of anyio, whose own primitives would do on asyncio, too, but at ten times the cost.
            import anyio
            from anyio.lowlevel import checkpoint

            self.event, self.turn = anyio.Event, checkpoint
        else:
            self.event, self.turn = asyncio.Event, partial(asyncio.sleep, 0)

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


class RealClock:
    """The machine's own clock, or a faster one.

    Args:
        speed: how many times as fast as real time it runs from the moment it is made.

    Raises:
        ValueError: for a speed that is not above 0.
    """

    def __init__(self, speed: float = 1.0) -> None:
        if not (speed > 0 and math.isfinite(speed)):
            raise ValueError(f"a clock's speed is above 0, not {speed}")
        self._speed = speed
        self._start = time.time()
        self._origin = time.monotonic()
        self._skipped = 0.0
        self._lock = threading.Lock()

    def time(self) -> float:
        """The time of day, in seconds since 1970; ahead of the machine's if the clock runs fast."""
        return self._start + self.monotonic()

    def monotonic(self) -> float:
        """Seconds of this clock since it was made."""
        return (time.monotonic() - self._origin) * self._speed + self._skipped

    def advance(self, seconds: float) -> None:
        """Move the clock forward at once; those who sleep on it meanwhile sleep no less.

        Args:
            seconds: how far, 0 or more.

        Raises:
            ValueError: for a negative or endless time.
        """
        _check(seconds)
        with self._lock:
            self._skipped += seconds

    def sleep(self, seconds: float) -> None:
        """Wait until so many seconds of this clock have passed."""
        time.sleep(max(0.0, seconds) / self._speed)

    async def sleep_async(self, seconds: float) -> None:
        """Wait until so many seconds of this clock have passed, and let other tasks run meanwhile."""
        import anyio

        await anyio.sleep(max(0.0, seconds) / self._speed)
