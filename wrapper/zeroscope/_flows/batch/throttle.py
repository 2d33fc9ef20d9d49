"""The throttle of a batch's creates, which follows the service's rate limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..._service.api import Response
from ...clock import Clock
from ...retry import DEFAULT_RETRY, Retry, rate_limit_budget
from ..request import MAX_IN_FLIGHT, MIN_TIMEOUT


class Throttle:
    """Limits how many creates are sent concurrently, and notices when no more should be sent."""

    def __init__(self, clock: Clock, retry: Retry | None) -> None:
        self._clock = clock
        self._longest_pause = (retry or DEFAULT_RETRY).maximum
        # Since when every create was refused, and since when none got a response, on the monotonic clock.
        self._refused_since: float | None = None
        self._silent_since: float | None = None
        # How many may be sent concurrently, after the results of the last ones.
        self._in_flight = MAX_IN_FLIGHT
        # How many the service accepts now, and when it accepts more, on the monotonic clock. The first create is sent
        # alone, to find out.
        self._budget, self._refilled_at = 1, 0.0

    @property
    def room(self) -> int:
        if self._clock.monotonic() >= self._refilled_at:
            self._budget = max(self._budget, 1)
        return min(self._budget, self._in_flight)

    @property
    def opens_at(self) -> float:
        """When another create may be sent, on the monotonic clock."""
        return self._refilled_at if self._budget <= 0 else 0.0

    def record(self, results: Sequence[Any], sent_at: float) -> None:
        """Adapt to the results of creates that were sent together: slow down when asked, and before that.

        Args:
            results: The responses and exceptions.
            sent_at: When the creates were sent, on the monotonic clock.
        """
        responses = [result for result in results if isinstance(result, Response)]
        if responses:
            self._silent_since = None
        else:
            self.record_silence(sent_at)
        refused = sum(response.status_code == 429 for response in responses)
        if refused and self._refused_since is None:
            self._refused_since = self._clock.monotonic()
        self._in_flight = max(len(results) - refused, 1) if refused else min(2 * self._in_flight, MAX_IN_FLIGHT)
        found = [rate_limit_budget(response.headers, self._longest_pause) for response in responses]
        budgets = [budget for budget in found if budget is not None]
        if budgets:
            self._budget, seconds = min(budgets)
            self._refilled_at = self._clock.monotonic() + seconds
        else:
            self._budget = MAX_IN_FLIGHT

    def record_silence(self, since: float) -> None:
        """Record that the service has not answered since a moment on the monotonic clock."""
        if self._silent_since is None:
            self._silent_since = since

    def record_success(self) -> None:
        self._refused_since = None

    def stalled(self, limit: float) -> bool:
        """Whether every create was refused for a number of seconds.

        Accounts may be limited to a few creates a minute, so one 429 after another is no reason to give up.
        """
        return self._refused_since is not None and self._clock.monotonic() - self._refused_since > limit

    def unanswered(self, limit: float) -> bool:
        """Whether the service has answered no create for a number of seconds, or for the least timeout if less."""
        if self._silent_since is None:
            return False
        return self._clock.monotonic() - self._silent_since >= max(limit, MIN_TIMEOUT)
