"""How long threads sleep on clocks that stand still."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..protocols import Clock

FROZEN_LIMIT = 60.0
"""How long a thread sleeps on a frozen clock that nobody moves, in real seconds: it may be the only one there is."""


class Patience:
    """The patience of a thread that sleeps on a clock; it starts afresh whenever the clock has moved.

    Args:
        clock: the clock.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen = clock.monotonic()
        self._end = time.monotonic() + FROZEN_LIMIT

    def check(self) -> None:
        """Look at the clock.

        Raises:
            RuntimeError: if it has stood still for too long.
        """
        now = self._clock.monotonic()
        if now != self._seen:
            self._seen, self._end = now, time.monotonic() + FROZEN_LIMIT
        elif time.monotonic() > self._end:
            raise RuntimeError("the clock is frozen, so nobody can sleep on it; call run() or advance() on it")
