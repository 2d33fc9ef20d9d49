"""The retry loop, and the cooldown that a client's requests share after a 429."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from typing import Any, NamedTuple, TypeVar

from .._steps import Flow, Sleep
from ..clock import Clock
from ..errors import MalformedResponseError, RateLimitError, ZeroscopeError
from ..retry import DEFAULT_RETRY, Retry, is_transient

S = TypeVar("S")
T = TypeVar("T")

log = logging.getLogger("zeroscope")

# Requests that wait for the same moment return at different times, by this share of the time waited.
_JITTER = 0.1


class Cooldown:
    """A client-wide pause after a 429, whichever request received it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ends = float("-inf")

    @property
    def seconds_left(self) -> float:
        """The seconds until requests may be sent again; 0 if they may be sent now."""
        return max(0.0, self._ends - self._clock.monotonic())

    def extend(self, seconds: float) -> None:
        """Hold requests back for a number of seconds from now, unless they are held back for longer already."""
        self._ends = max(self._ends, self._clock.monotonic() + seconds)

    def wait(self, jitter: float, until: float | None) -> Flow[None]:
        """Wait until requests may be sent again.

        Args:
            jitter: A random number from 0 to 1.
            until: The end of the wait on the monotonic clock, or None for no end.
        """
        while closed := self.seconds_left:
            pause = closed * (1 + _JITTER * jitter)
            if until is not None:
                left = until - self._clock.monotonic()
                if left <= 0:
                    return
                pause = min(pause, left)
            yield Sleep(pause)


class Failed(NamedTuple):
    """A failed attempt."""

    error: ZeroscopeError
    asked: float | None = None
    """The pause that the server asked for, in seconds, if the error does not carry it."""


class Attempts:
    """The attempts at one request: their number, and the pause before the next one.

    Args:
        retry: The policy, or None to make one attempt only.
        clock: The client's clock.
        random: Returns random numbers from 0 to 1.
        cooldown: Extended after a 429, if given.
        until: The end on the monotonic clock, if there is one.
        limited: Whether the policy limits the number of attempts; otherwise they go on, with the last one at `until`.
    """

    def __init__(
        self,
        retry: Retry | None,
        clock: Clock,
        random: Callable[[], float],
        cooldown: Cooldown | None = None,
        *,
        until: float | None = None,
        limited: bool = True,
    ) -> None:
        self._retry = retry
        self._clock = clock
        self._random = random
        self._cooldown = cooldown
        self._until = until
        self._limited = limited
        self._failures = 0
        self._malformed = 0

    @property
    def number(self) -> int:
        """The number of the current attempt, from 1."""
        return self._failures + 1

    def restart(self) -> None:
        """Count attempts from 1 again, because the current one made progress."""
        self._failures = self._malformed = 0

    def pause_after(self, failed: Failed, *, unlimited: bool = False) -> float | None:
        """Record a failed attempt, and return the pause before the next one, in seconds; None if there is none.

        Args:
            failed: The attempt.
            unlimited: Whether the policy's limit does not apply to this error.
        """
        error = failed.error
        self._failures += 1
        self._malformed += isinstance(error, MalformedResponseError)
        retry = self._retry
        if retry is None or not is_transient(error):
            return None
        # A body that stays malformed is not a transient failure, however long the wait may last.
        exhausted = self._failures >= retry.attempts and self._limited and not unlimited
        if exhausted or self._malformed >= retry.attempts:
            return None
        pause = self.pause(error.retry_after if isinstance(error, RateLimitError) else failed.asked)
        if isinstance(error, RateLimitError) and self._cooldown is not None:
            self._cooldown.extend(pause)
        if self._until is None:
            return pause
        left = self._until - self._clock.monotonic()
        if self._limited:
            return pause if pause < left else None
        return min(pause, left) if left > 0 else None

    def pause(self, asked: float | None) -> float:
        """Return the pause after the failures so far, in seconds.

        Args:
            asked: The pause that the server asked for, in seconds, if it did.
        """
        return (self._retry or DEFAULT_RETRY).pause(self._failures, jitter=self._random(), asked=asked)


def repeat(
    name: str, attempts: Attempts, attempt: Callable[[], Generator[S, Any, T | Failed]]
) -> Generator[S | Sleep, Any, T]:
    """Make attempts until one succeeds or no other may follow.

    Args:
        name: The request's name, for the log.
        attempts: Decides whether and when another attempt follows.
        attempt: Makes one attempt, as a flow.

    Raises:
        ZeroscopeError: The last attempt's error.
    """
    while isinstance(result := (yield from attempt()), Failed):
        pause = attempts.pause_after(result)
        if pause is None:
            try:
                raise result.error
            finally:
                # Otherwise the error's traceback would keep this frame, and the frame the error.
                del result
        log.debug("%s: next attempt in %.2f s", name, pause)
        yield Sleep(pause)
    return result
