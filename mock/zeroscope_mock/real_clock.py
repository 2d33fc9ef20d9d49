"""The machine's own clock, or a faster one."""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING

from .clock import Agenda, check_advance
from .steps import drive_async

if TYPE_CHECKING:
    from .steps import Flow

# How often a thread that waits for the next thing to fall due looks whether something else has come up, in seconds.
_GLANCE = 0.02


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
        self._origin = time.monotonic()
        self._passed = 0.0
        self._frozen = False
        self._agenda: Agenda | None = None
        self._worker: threading.Thread | None = None
        self._closed = threading.Event()
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
        return self._passed if self._frozen else (time.monotonic() - self._origin) * self.speed + self._passed

    def set(self, time: float) -> None:
        """Let the clock show another time of day, earlier or later, without letting any time pass.

        Args:
            time: in seconds since 1970.
        """
        self._start = time - self.monotonic()

    @property
    def frozen(self) -> bool:
        """Whether the clock stands still."""
        return self._frozen

    def freeze(self) -> None:
        """Stop the clock, so that nothing but `advance` moves it."""
        with self._lock:
            self._passed, self._frozen = self.monotonic(), True

    def run(self) -> None:
        """Undo `freeze`."""
        with self._lock:
            if self._frozen:
                self._origin, self._frozen = time.monotonic(), False

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
            self._passed += seconds
        self.settle()

    async def advance_async(self, seconds: float) -> None:
        """Move the clock forward as `advance` does."""
        self.advance(seconds)

    def sleep(self, seconds: float) -> None:
        """Wait until so many seconds of this clock have passed."""
        due = self.monotonic() + seconds
        while (left := due - self.monotonic()) > 0:
            time.sleep(_GLANCE if self._frozen else left / self.speed)

    async def sleep_async(self, seconds: float) -> None:
        """Wait until so many seconds of this clock have passed, and let other tasks run meanwhile."""
        import anyio

        due = self.monotonic() + seconds
        await anyio.lowlevel.checkpoint()
        # Whoever moves or stops the clock is in no event loop that could be waited in.
        while (left := due - self.monotonic()) > 0:  # noqa: ASYNC110
            await anyio.sleep(_GLANCE if self._frozen else left / self.speed)

    def settle(self) -> None:
        """See to it that somebody waits for what is on the agenda."""
        if self._agenda is None or self._agenda.due() is None or self._closed.is_set():
            return
        with self._lock:
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="zeroscope_mock clock", daemon=True)
                self._worker.start()

    async def settle_async(self) -> None:
        """See to it that somebody waits for what is on the agenda."""
        self.settle()

    def close(self) -> None:
        """Let nothing happen any more, and break off what is under way."""
        self._closed.set()
        worker = self._worker
        if worker is not None and worker is not threading.current_thread():
            worker.join(1)

    def _work(self) -> None:
        import anyio

        anyio.run(self._carry_out)

    async def _carry_out(self) -> None:
        import anyio

        agenda = self._agenda
        assert agenda is not None
        busy = 0

        async def carry_out(flow: Flow[None]) -> None:
            nonlocal busy
            try:
                await drive_async(flow, self)
            finally:
                busy -= 1

        async with anyio.create_task_group() as group:
            while not self._closed.is_set():
                while flow := agenda.take(self.time()):
                    busy += 1
                    group.start_soon(carry_out, flow)
                with self._lock:
                    due = agenda.due()
                    if due is None and not busy:
                        self._worker = None
                        return
                left = math.inf if due is None or self._frozen else (due - self.time()) / self.speed
                await anyio.sleep(min(max(left, 0), _GLANCE))
            group.cancel_scope.cancel()
