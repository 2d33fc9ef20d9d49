"""The limit on how long a thread sleeps on a clock that does not move."""

from __future__ import annotations

from ..machine import machine_seconds
from ..protocols import Clock

FROZEN_LIMIT = 60.0
"""The time a thread sleeps on a frozen clock that nothing moves, in real seconds. The sleeping thread may be the only
one, and would otherwise hang for ever."""


class StallGuard:
    """Stops a thread that sleeps on a clock that stands still; starts afresh whenever the clock has moved."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen = clock.monotonic()
        self._end = machine_seconds() + FROZEN_LIMIT

    def raise_if_stalled(self) -> None:
        """Compare the clock with the last call.

        Raises:
            RuntimeError: If the clock has not moved for `FROZEN_LIMIT`.
        """
        now = self._clock.monotonic()
        if now != self._seen:
            self._seen, self._end = now, machine_seconds() + FROZEN_LIMIT
        elif machine_seconds() > self._end:
            raise RuntimeError("the clock is frozen, so sleeping on it never ends; call run() or advance() on it")
