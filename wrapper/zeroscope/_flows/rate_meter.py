"""Measures whether a download keeps a least rate."""

from __future__ import annotations

from ..clock import Clock

WINDOW = 30.0
"""The time over which the rate is measured, and the longest pause between two pieces, in seconds."""


class RateMeter:
    """Counts bytes over windows of time, each of which is at least `WINDOW` long."""

    def __init__(self, clock: Clock, least: float) -> None:
        self._clock = clock
        self._least = least
        self._start = clock.monotonic()
        self._count = 0

    def add(self, count: int) -> None:
        """Count bytes that arrived now."""
        if self._passed >= WINDOW and not self.is_low:
            self._start, self._count = self._clock.monotonic(), 0
        self._count += count

    @property
    def is_low(self) -> bool:
        """Whether the window is over, with too few bytes."""
        return self._passed >= WINDOW and self._count < self._least * self._passed

    def __str__(self) -> str:
        return f"{self._count} bytes in {self._passed:.0f} s, less than min_rate={self._least:g}"

    @property
    def _passed(self) -> float:
        return self._clock.monotonic() - self._start
