"""How many creates go out at a time: as many as the service takes, as it says in its answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..._service.api import Response
from ...clock import Clock
from ...retry import rate_limit_left

ABREAST = 8
"""How many requests go out side by side."""


class Pacing:
    """What the answers to creates tell of the ones to come.

    Args:
        clock: Tells the time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # Since when all creates are refused, on the monotonic clock.
        self._refused_since: float | None = None
        # How many may go out side by side, as the last ones fared.
        self._abreast = ABREAST
        # How many the service takes for now, as it said, and when it takes more, on the monotonic clock. The first goes
        # alone, to find out.
        self._allowed, self._more_at = 1, 0.0

    @property
    def room(self) -> int:
        """How many creates may be sent now."""
        if self._clock.monotonic() >= self._more_at:
            self._allowed = max(self._allowed, 1)
        return min(self._allowed, self._abreast)

    @property
    def opens_at(self) -> float:
        """When another create may be sent, on the monotonic clock."""
        return self._more_at if self._allowed <= 0 else 0.0

    def heed(self, results: Sequence[Any]) -> None:
        """Slow down when the service says so, and before it has to.

        Args:
            results: What creates that were sent side by side came to.
        """
        answers = [result for result in results if isinstance(result, Response)]
        refused = sum(answer.status_code == 429 for answer in answers)
        if refused and self._refused_since is None:
            self._refused_since = self._clock.monotonic()
        self._abreast = max(len(results) - refused, 1) if refused else min(2 * self._abreast, ABREAST)
        said = [left for answer in answers if (left := rate_limit_left(answer.headers)) is not None]
        if said:
            least = min(said)
            self._allowed, self._more_at = least.requests, self._clock.monotonic() + least.seconds
        else:
            self._allowed = ABREAST

    def started(self) -> None:
        """Take note that something was created."""
        self._refused_since = None

    def stalled(self, limit: float) -> bool:
        """Whether nothing but refusals has come for so many seconds.

        Accounts may be held to a few creates a minute, so that one 429 after another is no reason to give up.
        """
        return self._refused_since is not None and self._clock.monotonic() - self._refused_since > limit
