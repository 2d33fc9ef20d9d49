"""The pause of all requests of a client after a 429."""

from __future__ import annotations

from .._steps import Flow, Sleep
from ..clock import Clock

# Requests that wait for the same moment return at different times, by this share of the time waited.
_JITTER = 0.1


class Cooldown:
    """A client-wide pause after a 429: of creates after that of a create, and of all requests after another.

    The service counts creates by themselves.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # When it ends for creates and for other requests, on the monotonic clock.
        self.creates_end = self.end = float("-inf")

    def extend(self, seconds: float, *, creates: bool = False) -> None:
        """Hold creates or all requests back for a number of seconds, unless they already are for longer."""
        moment = self._clock.monotonic() + seconds
        self.creates_end = max(self.creates_end, moment)
        if not creates:
            self.end = max(self.end, moment)

    def wait(self, jitter: float, until: float | None = None, *, creates: bool = False) -> Flow[None]:
        """Wait until requests may be sent again, at most until a moment on the monotonic clock."""
        while (closed := (self.creates_end if creates else self.end) - self._clock.monotonic()) > 0:
            pause = closed * (1 + _JITTER * jitter)
            if until is not None:
                left = until - self._clock.monotonic()
                if left <= 0:
                    return
                pause = min(pause, left)
            yield Sleep(pause)
