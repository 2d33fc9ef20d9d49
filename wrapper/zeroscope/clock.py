"""The clock protocol, and the clock of the system."""

from __future__ import annotations

import time
from typing import Protocol


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
    """The clock of the system."""

    def time(self) -> float:
        """Return the time of day, in seconds since 1970."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds since an arbitrary moment; the value never decreases."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Block for a number of seconds."""
        time.sleep(seconds)

    async def sleep_async(self, seconds: float) -> None:
        """Wait for a number of seconds while other tasks run."""
        import anyio

        await anyio.sleep(seconds)
