"""The clock protocol, and the clock of the system."""

from __future__ import annotations

import time
from typing import Protocol

from .errors import ConfigurationError

# Longer than the resolution of any system's clock, 16 ms, in seconds.
_MOVES_WITHIN = 0.05


class Clock(Protocol):
    """The time functions that the client needs; the mock server's virtual clock implements them, too."""

    def time(self) -> float:
        """Return the time of day, in seconds since 1970."""
        ...

    def monotonic(self) -> float:
        """Return seconds since an arbitrary moment; the value never decreases."""
        ...

    def sleep(self, seconds: float) -> None:
        """Block for a number of seconds."""
        ...

    async def sleep_async(self, seconds: float) -> None:
        """Wait for a number of seconds while other tasks run."""
        ...


class SystemClock:
    """The clock of the system.

    With a clock that stands still, as freezegun makes it, no wait would end, so a sleep raises a ConfigurationError.
    """

    def time(self) -> float:
        """Return the time of day, in seconds since 1970."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds since an arbitrary moment; the value never decreases."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Block for a number of seconds.

        Raises:
            ConfigurationError: If `time.monotonic` stands still meanwhile.
        """
        start = self.monotonic()
        time.sleep(seconds)
        if self.monotonic() == start:
            time.sleep(_MOVES_WITHIN)
            self._require_later(start)

    async def sleep_async(self, seconds: float) -> None:
        """Wait for a number of seconds while other tasks run.

        Raises:
            ConfigurationError: If `time.monotonic` stands still.
        """
        import anyio

        start = self.monotonic()
        # Checked before: an event loop whose clock stands still never wakes a task.
        if self.monotonic() == start:
            import anyio.to_thread

            await anyio.to_thread.run_sync(time.sleep, _MOVES_WITHIN)
            self._require_later(start)
            seconds -= self.monotonic() - start
        await anyio.sleep(max(seconds, 0))

    def _require_later(self, start: float) -> None:
        if self.monotonic() == start:
            raise ConfigurationError(
                "time.monotonic stands still, so no wait would end: pass another clock=, such as the mock server's, or "
                "with freezegun, freeze_time(..., ignore=['zeroscope'], real_asyncio=True)"
            )
