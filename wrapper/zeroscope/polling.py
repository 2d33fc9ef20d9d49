"""The polling policy: the pauses between two reads of a prediction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ._numbers import require_setting, to_seconds
from .logs import Progress

# Near the end the pauses halve with the remaining time, so it is noticed at once after few polls.
_SHARE_OF_REMAINING = 0.5


@dataclass(frozen=True, slots=True, init=False)
class Polling:
    """Pauses that grow with the wait: a short run is noticed at once, and a long one costs few requests.

    Where the model's progress shows how long the run will still take, half of that time is waited instead.

    Args:
        minimum: The shortest pause, in seconds or as a `timedelta`.
        maximum: The longest pause, in seconds or as a `timedelta`.
        growth: The pause as a share of the time waited so far, within those bounds.

    Raises:
        ConfigurationError: If an argument is not a number, 0 or more.

    Example:
        >>> Polling().pause(40, jitter=0.5)
        6.0
        >>> Polling().pause(40, jitter=0.5, remaining=4)
        2.0
    """

    minimum: float
    maximum: float
    growth: float

    def __init__(
        self, minimum: float | timedelta = 0.4, maximum: float | timedelta = 10.0, growth: float = 0.15
    ) -> None:
        given = {"minimum": to_seconds(minimum), "maximum": to_seconds(maximum), "growth": growth}
        for name, value in given.items():
            require_setting(f"Polling.{name}", value)
            object.__setattr__(self, name, value)

    def pause(self, waited: float, *, jitter: float, remaining: float | None = None) -> float:
        """Return the pause before the next poll, in seconds.

        Args:
            waited: How long the wait has lasted, in seconds.
            jitter: A random number from 0 to 1 that keeps many waits from polling at the same moment.
            remaining: How long the prediction will still run, in seconds, if known.
        """
        wanted = waited * self.growth if remaining is None else remaining * _SHARE_OF_REMAINING
        return min(max(wanted, self.minimum), self.maximum) * (0.9 + 0.2 * jitter)


class PollSchedule:
    """The pauses of one wait, from its start on the monotonic clock; they follow the model's progress bar."""

    def __init__(self, polling: Polling, start: float) -> None:
        self._polling = polling
        self._start = start
        self._first: tuple[float, float] | None = None
        self._last = 0.0

    def pause(self, now: float, progress: Progress | None, *, jitter: float) -> float:
        """Return the pause before the next poll, in seconds.

        Args:
            now: The time on the monotonic clock.
            progress: The model's progress, if known.
            jitter: A random number from 0 to 1.
        """
        remaining = None if progress is None else self._remaining(now, progress.percentage)
        return self._polling.pause(now - self._start, jitter=jitter, remaining=remaining)

    def _remaining(self, now: float, share: float) -> float | None:
        if self._first is None or share < self._last:
            # The first progress bar, or the start of another one.
            self._first = (now, share)
        elif share == 1 > self._last:
            # The work after the last step takes its own time, of which nothing is known yet.
            self._start = now
        self._last = share
        then, before = self._first
        if not before < share < 1 or now <= then:
            return None
        return (1 - share) * (now - then) / (share - before)


DEFAULT_POLLING = Polling()
