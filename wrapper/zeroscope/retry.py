"""When a request is sent again, and how long to wait before."""

from __future__ import annotations

import email.utils
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from .errors import check_span

_IN_WORDS = re.compile(r"(?:resets in ~?|available in )(\d+(?:\.\d+)?)\s*s")


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and how patiently a request is repeated.

    A request that only reads, and a cancel, is repeated after connection errors, timeouts, 408, 429 and 5xx. A create
    is repeated only where it surely did not run: when no connection came about, and after 429.

    Args:
        attempts: How many times a request is sent at most, the first included.
        first: The pause before the second attempt, in seconds, where the service names none; it doubles from there.
        longest: The longest pause, in seconds, also where the service names a longer one.

    Example:
        >>> Retry(attempts=2).pause(1, spread=0.5)
        0.5
    """

    attempts: int = 5
    first: float = 0.5
    longest: float = 60.0

    def __post_init__(self) -> None:
        """Refuse pauses that make no sense."""
        check_span("Retry.attempts", self.attempts)
        check_span("Retry.first", self.first)
        check_span("Retry.longest", self.longest)

    def pause(self, attempt: int, *, spread: float, asked: float | None = None) -> float:
        """How long to wait after an attempt that failed.

        Args:
            attempt: The attempt's number, from 1.
            spread: A random number from 0 to 1 that keeps clients from coming back all at once.
            asked: The pause that the service asked for, in seconds, if it did.

        Returns:
            Seconds.
        """
        if asked is not None:
            # Never sooner than asked; a little later, so that not all who were refused come back together.
            return min(asked + 0.1 * self.first * spread, self.longest)
        return min(self.first * 2.0 ** min(attempt - 1, 30), self.longest) * (0.5 + spread)


DEFAULT_RETRY = Retry()


def retry_after(headers: Mapping[str, str], detail: str | None, in_body: object, now: float) -> float | None:
    """Read from a 429 when to try again.

    The service names the moment in different places, and not always in the header (recorded traffic).

    Args:
        headers: The answer's headers, names in lower case.
        detail: The answer's own words.
        in_body: The body's ``retry_after``, whatever it is.
        now: The time of day, in seconds since 1970.

    Returns:
        Seconds from now, or None if nothing was said.
    """
    header = headers.get("retry-after", "")
    if (seconds := _number(header)) is not None:
        return seconds
    if header:
        try:
            return max(0.0, email.utils.parsedate_to_datetime(header).timestamp() - now)
        except (ValueError, OverflowError):
            pass
    if (seconds := _number(in_body)) is not None:
        return seconds
    if detail and (words := _IN_WORDS.search(detail)) and (seconds := _number(words[1])) is not None:
        return seconds
    return _number(headers.get("ratelimit-reset"))


class RateLimitLeft(NamedTuple):
    """What an answer says of the requests that may still be sent."""

    requests: int
    """How many."""
    seconds: float
    """Before how many seconds have passed."""


def rate_limit_left(headers: Mapping[str, str]) -> RateLimitLeft | None:
    """Read from an answer how many requests of its kind the service still takes, which it says in most.

    Args:
        headers: The answer's headers.

    Returns:
        None if nothing was said.
    """
    left, seconds = _number(headers.get("ratelimit-remaining")), _number(headers.get("ratelimit-reset"))
    return None if left is None or seconds is None else RateLimitLeft(int(left), seconds)


def _number(value: object) -> float | None:
    """A finite number of seconds that is not negative, or None."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number < float("inf") else None
