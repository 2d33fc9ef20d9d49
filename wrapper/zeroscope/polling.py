"""How often a prediction is asked for while it is waited for."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import check_span
from .logs import Progress

# Half: near the end, the pauses halve with what is left, so that the end is noticed at once with few looks before.
_SHARE_OF_REMAINING = 0.5


@dataclass(frozen=True, slots=True)
class Polling:
    """Pauses that grow with the age of the wait: a short run is noticed at once, a long one costs few requests.

    Where the model's progress tells how long it will still take, half of that is waited instead.

    Args:
        shortest: The first pauses, in seconds, and those at the end of a run whose progress is known.
        longest: The pauses of a long wait, in seconds.
        share: The pause as a share of the time waited so far, between the two.

    Example:
        >>> Polling().pause(40, spread=0.5)
        6.0
        >>> Polling().pause(40, spread=0.5, remaining=4)
        2.0
    """

    shortest: float = 0.4
    longest: float = 10.0
    share: float = 0.15

    def __post_init__(self) -> None:
        """Refuse pauses that make no sense."""
        check_span("Polling.shortest", self.shortest)
        check_span("Polling.longest", self.longest)
        check_span("Polling.share", self.share)

    def pause(self, waited: float, *, spread: float, remaining: float | None = None) -> float:
        """How long to wait before the next look.

        Args:
            waited: How long the wait has lasted, in seconds.
            spread: A random number from 0 to 1 that keeps many waits from looking all at once.
            remaining: How long the prediction will still run, in seconds, if that is known.

        Returns:
            Seconds.
        """
        wanted = waited * self.share if remaining is None else remaining * _SHARE_OF_REMAINING
        return min(max(wanted, self.shortest), self.longest) * (0.9 + 0.2 * spread)


class Pace:
    """The pauses of one wait, guided by what the model's progress bar shows.

    Args:
        polling: The pauses.
        start: When the wait began, on the monotonic clock.
    """

    def __init__(self, polling: Polling, start: float) -> None:
        self._polling = polling
        self._since = start
        self._first: tuple[float, float] | None = None
        self._last = 0.0

    def pause(self, now: float, progress: Progress | None, *, spread: float) -> float:
        """How long to wait before the next look.

        Args:
            now: The time on the monotonic clock.
            progress: How far the model is.
            spread: A random number from 0 to 1.

        Returns:
            Seconds.
        """
        remaining = None if progress is None else self._remaining(now, progress.percentage)
        return self._polling.pause(now - self._since, spread=spread, remaining=remaining)

    def _remaining(self, now: float, share: float) -> float | None:
        if self._first is None or share < self._last:
            # The first bar, or another one that has begun.
            self._first = (now, share)
        elif share == 1 > self._last:
            # What follows the last step takes its own time, of which nothing is known yet.
            self._since = now
        self._last = share
        then, before = self._first
        if not before < share < 1 or now <= then:
            return None
        return (1 - share) * (now - then) / (share - before)


DEFAULT_POLLING = Polling()
