"""The real clock: the machine's own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from ..conditions import Condition, Waker
from ..machine import machine_seconds
from ..protocols import Agenda, Flow
from ..steps import drive_async
from .durations import require_duration
from .readable import ReadableClock
from .stall_guard import StallGuard

# The pause between two polls of a sleeping thread, which finds out whether the clock has been moved, in seconds.
_POLL_INTERVAL = 0.02
# How many entries of the agenda run side by side; each may hold a socket, of which a process has few.
_MAX_CONCURRENT = 50
# How long `close` waits for the background thread, in seconds.
_CLOSE_TIMEOUT = 1.0
_log = logging.getLogger("zeroscope_mock")


def _time_of_day() -> float:
    # Looked up at each call: a program that replaces it to test itself checks the signatures of webhooks by it, too.
    return time.time()


def _new_loop() -> asyncio.AbstractEventLoop:
    """An event loop whose timers end even if a program has stopped `time.monotonic`."""
    loop = asyncio.new_event_loop()
    loop.time = machine_seconds  # type: ignore[method-assign]  # asyncio has no setting
    return loop


class RealClock(ReadableClock):
    """The machine's clock, which runs by itself, and can be advanced, set and frozen.

    The entries of its agenda run in a background thread, which lives as long as there are any.

    Args:
        monotonic: Returns the machine's seconds since an arbitrary moment; by default as `time.monotonic` does before a
            program replaces it to stop time.
        time_of_day: Returns the machine's seconds since 1970; by default `time.time`.
    """

    poll_interval = _POLL_INTERVAL
    """The pause between two polls by a thread of something that changes on this clock, in seconds."""

    def __init__(
        self, monotonic: Callable[[], float] = machine_seconds, time_of_day: Callable[[], float] = _time_of_day
    ) -> None:
        self._machine = monotonic
        self._time_of_day = time_of_day
        self._start = self._time_of_day()
        # The seconds passed by a moment of the machine's clock; that moment is None while the clock stands still.
        self._mark: tuple[float, float | None] = (0.0, self._machine())
        self._agenda: Agenda | None = None
        self._worker: threading.Thread | None = None
        self._wake: Callable[[], object] | None = None
        self._closed = False
        self._lock = threading.Lock()
        self._moved = Condition()

    def time(self) -> float:
        """The time of day, in seconds since 1970; the machine's unless the clock was advanced, set or frozen."""
        return self._start + self.monotonic()

    def signing_time(self) -> float:
        """The machine's time of day, wherever this clock is, in seconds since 1970.

        Receivers compare it with their own clocks.
        """
        return self._time_of_day()

    def monotonic(self) -> float:
        """Seconds of this clock since it was made."""
        passed, since = self._mark
        return passed if since is None else passed + self._machine() - since

    def set(self, time: float) -> None:
        """Show another time of day, earlier or later, without any time passing.

        Args:
            time: In seconds since 1970.
        """
        with self._lock:
            self._start = time - self.monotonic()
            self._wake_worker()

    @property
    def frozen(self) -> bool:
        """Whether the clock stands still."""
        return self._mark[1] is None

    @property
    def stands_still(self) -> bool:
        """Whether the clock moves only when it is advanced: it is frozen, or what it reads does not move.

        To find out, it blocks for longer than the coarsest tick of a machine.
        """
        if self.frozen:
            return True
        before = self._machine()
        time.sleep(_POLL_INTERVAL)
        return self._machine() == before

    def freeze(self) -> None:
        """Stop the clock, so that only `advance` moves it."""
        with self._lock:
            self._mark = (self.monotonic(), None)

    def run(self) -> None:
        """Undo `freeze`."""
        with self._lock:
            if self.frozen:
                self._mark = (self.monotonic(), self._machine())
                self._wake_worker()
        self._moved.notify()

    def hold(self) -> AbstractContextManager[None]:
        """Do nothing: sleeping does not move this clock."""
        return nullcontext()

    def attach(self, agenda: Agenda) -> None:
        """Run the entries of an agenda when the clock reaches them."""
        self._agenda = agenda

    def advance(self, seconds: float) -> None:
        """Move the clock forward at once; what falls due on the way runs in the background, as usual.

        Args:
            seconds: How far, 0 or more.

        Raises:
            ValueError: For a negative or infinite number of seconds.
        """
        require_duration(seconds)
        with self._lock:
            passed, since = self._mark
            self._mark = (passed + seconds, since)
        self._moved.notify()
        self.run_due()

    async def advance_async(self, seconds: float) -> None:
        """Move the clock forward as `advance` does."""
        self.advance(seconds)

    def sleep(self, seconds: float) -> None:
        """Block this thread until a number of seconds of this clock have passed.

        Raises:
            RuntimeError: If the clock is frozen and nothing has moved it for a minute of real time.
        """
        due, guard = self.monotonic() + seconds, StallGuard(self)
        self.run_due()
        while (left := due - self.monotonic()) > 0:
            guard.raise_if_stalled()
            time.sleep(min(left, _POLL_INTERVAL))

    async def sleep_async(self, seconds: float) -> None:
        """Wait until a number of seconds of this clock have passed while other tasks run."""
        await self.wait_async(self.monotonic() + seconds, Condition(), 0)

    async def wait_async(self, until: float, condition: Condition, seen: int) -> None:
        """Wait until a moment or a change of a condition, whichever comes first, while other tasks run.

        Args:
            until: In seconds of `monotonic`; infinite if only a change ends the wait.
            condition: Notified of changes.
            seen: The version of the condition that the caller has seen.
        """
        import anyio.lowlevel

        self.run_due()
        await anyio.lowlevel.checkpoint()
        waker = Waker()
        with condition.waking(waker), self._moved.waking(waker):
            while condition.version == seen and (left := until - self.monotonic()) > 0:
                with anyio.move_on_after(math.inf if self.frozen else left):
                    await waker.wait()
                waker.clear()

    @property
    def has_due(self) -> bool:
        """Whether the agenda has entries."""
        return self._agenda is not None and self._agenda.due() is not None

    def run_due(self) -> None:
        """Start the background thread if the agenda has entries."""
        if self._agenda is None or self._agenda.due() is None:
            return
        with self._lock:
            if self._worker is not None:
                self._wake_worker()
            elif not self._closed:
                self._worker = threading.Thread(target=self._run_worker, name="zeroscope_mock clock", daemon=True)
                self._worker.start()

    async def run_due_async(self) -> None:
        """Start the background thread if the agenda has entries."""
        self.run_due()

    def close(self) -> None:
        """Run nothing any more, cancel what is running and wait for that, at most a second."""
        with self._lock:
            self._closed = True
            worker = self._worker
            self._wake_worker()
        if worker is not None and worker is not threading.current_thread():
            worker.join(_CLOSE_TIMEOUT)

    def _wake_worker(self) -> None:
        if self._wake is not None:
            self._wake()

    def _run_worker(self) -> None:
        try:
            with asyncio.Runner(loop_factory=_new_loop) as runner:
                runner.run(self._run_agenda())
        finally:
            with self._lock:
                if self._worker is threading.current_thread():
                    self._worker = None

    async def _run_agenda(self) -> None:
        """Run what falls due until the agenda is empty."""
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
                while len(tasks) < _MAX_CONCURRENT and (flow := agenda.take(self.time())):
                    task = loop.create_task(self._drive(flow))
                    tasks.add(task)
                    task.add_done_callback(forget)
                with self._lock:
                    due = agenda.due()
                    if due is None and not tasks:
                        self._worker = self._wake = None
                        return
                full = len(tasks) >= _MAX_CONCURRENT
                left = None if due is None or self.frozen or full else due - self.time()
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
            _log.exception("an entry of the clock's agenda failed")
