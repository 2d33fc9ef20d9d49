"""Time as the client sees it, so that a test can put its own in place."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """What the client needs of time. The mock server's virtual clock is one, too."""

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


class SystemClock:
    """The machine's own clock."""

    def time(self) -> float:
        """The time of day, in seconds since 1970."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since some moment, never going back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass."""
        time.sleep(seconds)

    async def sleep_async(self, seconds: float) -> None:
        """Let so many seconds pass, and other tasks run meanwhile."""
        import anyio

        await anyio.sleep(seconds)
