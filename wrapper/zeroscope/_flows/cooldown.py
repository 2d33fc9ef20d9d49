"""What a client remembers of having been told to slow down."""

from __future__ import annotations

from .._steps import Flow, Sleep
from ..clock import Clock

# Whoever has waited for the same moment comes back a little apart, by this share of the time waited.
_SPREAD = 0.1


class Gate:
    """Holds a client's requests back after a 429, whichever of them met with it.

    Args:
        clock: Tells the time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._opens = float("-inf")

    @property
    def closed_for(self) -> float:
        """Seconds until requests may be sent again; 0 when they may."""
        return max(0.0, self._opens - self._clock.monotonic())

    def close(self, seconds: float) -> None:
        """Hold requests back for so many seconds from now, unless they are held back for longer already."""
        self._opens = max(self._opens, self._clock.monotonic() + seconds)

    def passing(self, spread: float, until: float | None) -> Flow[None]:
        """Wait until requests may be sent again, at most until a moment on the monotonic clock.

        Args:
            spread: A random number from 0 to 1.
            until: The moment, or None for as long as it takes.
        """
        while closed := self.closed_for:
            pause = closed * (1 + _SPREAD * spread)
            if until is not None:
                left = until - self._clock.monotonic()
                if left <= 0:
                    return
                pause = min(pause, left)
            yield Sleep(pause)
