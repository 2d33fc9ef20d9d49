"""The machine's own clock, or a faster one."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from ..protocols import Agenda, check_advance
from ..steps import drive_async
from .stall_guard import Patience

if TYPE_CHECKING:
    from ..steps import Flow

# How often those who sleep look whether the clock has been moved, in real seconds.
_GLANCE = 0.02
# So many things happen side by side; each may hold a socket, of which a process has few.
_AT_ONCE = 50
_log = logging.getLogger("zeroscope_mock")


class RealClock:
    """A clock that runs by itself.

    What is on its agenda happens in a thread in the background, which lives as long as there is something to wait for.

    Args:
        speed: how many times as fast as real time it runs from the moment it is made.

    Raises:
        ValueError: for a speed that is not above 0.
    """

    def __init__(self, speed: float = 1.0) -> None:
        if not (speed > 0 and math.isfinite(speed)):
            raise ValueError(f"a clock's speed is above 0, not {speed}")
        self.speed = speed
        self._start = time.time()
        # The seconds that had passed at a moment of the machine's clock; a clock that stands still has no such moment.
        self._mark: tuple[float, float | None] = (0.0, time.monotonic())
        self._agenda: Agenda | None = None
        self._worker: threading.Thread | None = None
        self._wake: Callable[[], object] | None = None
        self._closed = False
        self._lock = threading.Lock()

    @property
    def glance(self) -> float:
        """How long whoever watches for something on this clock sleeps at a time, in seconds of the clock."""
        return _GLANCE * self.speed

    def time(self) -> float:
        """The time of day, in seconds since 1970; ahead of the machine's if the clock runs fast."""
        return self._start + self.monotonic()

    def monotonic(self) -> float:
        """Seconds of this clock since it was made."""
        passed, since = self._mark
        return passed if since is None else passed + (time.monotonic() - since) * self.speed

    def set(self, time: float) -> None:
        """Let the clock show another time of day, earlier or later, without letting any time pass.

        Args:
            time: in seconds since 1970.
        """
        with self._lock:
            self._start = time - self.monotonic()
            self._wake_worker()

    @property
    def frozen(self) -> bool:
        """Whether the clock stands still."""
        return self._mark[1] is None

    def freeze(self) -> None:
        """Stop the clock, so that nothing but `advance` moves it."""
        with self._lock:
            self._mark = (self.monotonic(), None)

    def run(self) -> None:
        """Undo `freeze`."""
        with self._lock:
            if self.frozen:
                self._mark = (self.monotonic(), time.monotonic())
                self._wake_worker()

    def hold(self) -> AbstractContextManager[None]:
        """Nobody moves this clock by sleeping, so there is nothing to hold."""
        return nullcontext()

    def attach(self, agenda: Agenda) -> None:
        """Let the things of an agenda happen when the clock reaches them."""
        self._agenda = agenda

    def advance(self, seconds: float) -> None:
        """Move the clock forward at once; what falls due on the way happens in the background, as usual.

        Args:
            seconds: how far, 0 or more.

        Raises:
            ValueError: for a negative or endless time.
        """
        check_advance(seconds)
        with self._lock:
            passed, since = self._mark
            self._mark = (passed + seconds, since)
        self.settle()

    async def advance_async(self, seconds: float) -> None:
        """Move the clock forward as `advance` does."""
        self.advance(seconds)

    def sleep(self, seconds: float) -> None:
        """Wait until so many seconds of this clock have passed.

        Raises:
            RuntimeError: if the clock is frozen and nobody has moved it for a minute of real time.
        """
        due, patience = self.monotonic() + seconds, Patience(self)
        self.settle()
        while (left := due - self.monotonic()) > 0:
            patience.check()
            time.sleep(min(left / self.speed, _GLANCE))

    async def sleep_async(self, seconds: float) -> None:
        """Wait until so many seconds of this clock have passed, and let other tasks run meanwhile."""
        import anyio.lowlevel

        due = self.monotonic() + seconds
        self.settle()
        await anyio.lowlevel.checkpoint()
        # Whoever moves or stops the clock is in no event loop that could be waited in.
        while (left := due - self.monotonic()) > 0:  # noqa: ASYNC110 - see above
            await anyio.sleep(min(left / self.speed, _GLANCE))

    def settle(self) -> None:
        """See to it that somebody waits for what is on the agenda."""
        if self._agenda is None or self._agenda.due() is None:
            return
        with self._lock:
            if self._worker is not None:
                self._wake_worker()
            elif not self._closed:
                self._worker = threading.Thread(target=self._work, name="zeroscope_mock clock", daemon=True)
                self._worker.start()

    async def settle_async(self) -> None:
        """See to it that somebody waits for what is on the agenda."""
        self.settle()

    def close(self) -> None:
        """Let nothing happen any more, break off what is under way and wait for that, at most a second."""
        with self._lock:
            self._closed = True
            worker = self._worker
            self._wake_worker()
        if worker is not None and worker is not threading.current_thread():
            worker.join(1)

    def _wake_worker(self) -> None:
        if self._wake is not None:
            self._wake()

    def _work(self) -> None:
        try:
            asyncio.run(self._carry_out())
        finally:
            with self._lock:
                if self._worker is threading.current_thread():
                    self._worker = None

    async def _carry_out(self) -> None:
        """Let happen what falls due until nothing is left that could."""
        agenda = self._agenda
        assert agenda is not None
        loop, woken = asyncio.get_running_loop(), asyncio.Event()
        tasks: set[asyncio.Task[None]] = set()

        def forget(task: asyncio.Task[None]) -> None:
            tasks.discard(task)
            woken.set()

        with self._lock:
            self._wake = lambda: loop.call_soon_threadsafe(woken.set)
        try:
            while not self._closed:
                woken.clear()
                while len(tasks) < _AT_ONCE and (flow := agenda.take(self.time())):
                    task = loop.create_task(self._drive(flow))
                    tasks.add(task)
                    task.add_done_callback(forget)
                with self._lock:
                    due = agenda.due()
                    if due is None and not tasks:
                        self._worker = self._wake = None
                        return
                full = len(tasks) >= _AT_ONCE
                left = None if due is None or self.frozen or full else (due - self.time()) / self.speed
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(left):
                        await woken.wait()
        finally:
            with self._lock:
                if self._worker is threading.current_thread():
                    self._wake = None

    async def _drive(self, flow: Flow[None]) -> None:
        try:
            await drive_async(flow, self)
        except Exception:
            _log.exception("something on the agenda of the clock failed")
