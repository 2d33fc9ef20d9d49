"""The polling policy: the pauses between two reads of a prediction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ._numbers import require_setting, to_seconds
from .errors import ConfigurationError
from .logs import Progress

# Near the end the pauses shrink with the remaining time, so it is noticed at once after few polls.
_SHARE_OF_REMAINING = 0.6
# The longest pause between two polls of a prediction whose stream brings progress, in seconds; and by how much the time
# until the model's end is exceeded, which the stream should tell before.
_SLOW, _SHARE_BESIDE_STREAM = 60.0, 1.2


@dataclass(frozen=True, slots=True, init=False)
class Polling:
    """Pauses that grow with the wait: a short run is noticed at once, and a long one costs few requests.

    Where the model's progress shows how long the run will still take, a share of that time is waited instead.

    Args:
        minimum: The shortest pause, in seconds or as a `timedelta`.
        maximum: The longest pause, in seconds or as a `timedelta`, unless an event stream brings progress meanwhile:
            then it is a minute, and at most as long as polls have shown the progress bar before.
        growth: The pause as a share of the time waited so far, within those bounds.
        stream: Whether waits follow the prediction's event stream, if it has one, and poll more rarely meanwhile.

    Raises:
        ConfigurationError: If a pause or the growth is not a number, 0 or more, or `stream` is not a bool.

    Example:
        >>> Polling().pause(40, jitter=0.5)
        6.0
        >>> Polling().pause(40, jitter=0.5, remaining=5)
        3.0
    """

    minimum: float
    maximum: float
    growth: float
    stream: bool

    def __init__(
        self,
        minimum: float | timedelta = 0.4,
        maximum: float | timedelta = 10.0,
        growth: float = 0.15,
        stream: bool = True,
    ) -> None:
        given = {"minimum": to_seconds(minimum), "maximum": to_seconds(maximum), "growth": growth}
        for name, value in given.items():
            require_setting(f"Polling.{name}", value)
            object.__setattr__(self, name, value)
        if not isinstance(stream, bool):
            raise ConfigurationError(f"Polling.stream should be True or False, not {stream!r:.80}")
        object.__setattr__(self, "stream", stream)

    def pause(self, waited: float, *, jitter: float, remaining: float | None = None) -> float:
        """Return the pause before the next poll, in seconds.

        Args:
            waited: How long the wait has lasted, in seconds.
            jitter: A random number from 0 to 1 that keeps many waits from polling at the same moment.
            remaining: How long the prediction will still run, in seconds, if known; negative if it should have ended.
        """
        if remaining is None:
            wanted = waited * self.growth
        else:
            wanted = remaining * _SHARE_OF_REMAINING if remaining > 0 else -remaining * self.growth
        return min(max(wanted, self.minimum), self.maximum) * (0.9 + 0.2 * jitter)


class PollSchedule:
    """The pauses of one wait, from its start on the monotonic clock; they follow the model's progress bar."""

    def __init__(self, polling: Polling, start: float) -> None:
        self._polling = polling
        self._start = start
        # The first poll that showed the progress bar, and the moment at which the model completed its last step.
        self._first: tuple[float, int] | None = None
        self._reached = (start, 0)
        self._polled = start
        self._left: float | None = None

    def pause(self, now: float, progress: Progress | None, *, jitter: float) -> float:
        """Return the pause before the next poll, in seconds.

        Args:
            now: The time on the monotonic clock.
            progress: The model's progress, if known.
            jitter: A random number from 0 to 1.
        """
        self._left = None if progress is None else self._remaining(now, progress)
        self._polled = now
        return self._polling.pause(now - self._start, jitter=jitter, remaining=self._left)

    def slow_pause(self, is_late: bool) -> float:
        """Return the pause before the next poll, in seconds, if a stream continues the progress bar meanwhile.

        It is no longer than polls have shown the bar before.

        Args:
            is_late: Whether the stream brings lines later than polls, so that it would tell of the end too late.
        """
        if self._left is None or self._first is None:
            return 0.0
        share = _SHARE_OF_REMAINING if is_late else _SHARE_BESIDE_STREAM
        return min(self._left * share, _SLOW, self._polled - self._first[0])

    def restart(self, now: float) -> None:
        """Let the pauses grow anew, because the prediction should end now."""
        self._start = now

    def _remaining(self, now: float, progress: Progress) -> float | None:
        current = progress.current
        before = self._reached[1]
        if self._first is None or current < before:
            # The first progress bar, or the start of another one.
            self._first = self._reached = (now, current)
        elif current > before:
            # It completed the step at any moment since the poll before, and no more than a step ago.
            then, first = self._first
            self._reached = (now - min(now - self._polled, (now - then) / (current - first)) / 2, current)
            if current >= progress.total:
                # The work after the last step takes its own time, of which nothing is known yet.
                self.restart(now)
        then, first = self._first
        moment, _ = self._reached
        if not first < current < progress.total or moment <= then:
            return None
        return moment + (progress.total - current) * (moment - then) / (current - first) - now


DEFAULT_POLLING = Polling()
