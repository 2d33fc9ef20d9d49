"""The retry policy: when a request is repeated, and the pause before."""

from __future__ import annotations

import email.utils
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta

from ._numbers import is_number, require_setting, to_seconds
from .errors import APIError, CertificateError, MalformedResponseError, TransportError, ZeroscopeError

_IN_WORDS = r"(?:resets in ~?|available in )(\d+(?:\.\d+)?)\s*s"


@dataclass(frozen=True, slots=True, init=False)
class Retry:
    """The number of attempts at a request, and the pauses between them.

    A GET, a cancel and an upload are repeated after connection errors, timeouts, 408, 429 and 5xx. A create is repeated
    only when the service cannot have executed it: when no connection was made, and after 429.

    Args:
        attempts: The most times a request is sent, the first included.
        initial: The pause before the second attempt if the service names none, in seconds or as a `timedelta`; it
            doubles from there.
        maximum: The longest pause, even if the service names a longer one, in seconds or as a `timedelta`.

    Raises:
        ConfigurationError: If an argument is not a number, 0 or more.

    Example:
        >>> Retry(attempts=2).pause(1, jitter=0.5)
        0.5
    """

    attempts: int
    initial: float
    maximum: float

    def __init__(self, attempts: int = 5, initial: float | timedelta = 0.5, maximum: float | timedelta = 60.0) -> None:
        given = {"attempts": attempts, "initial": to_seconds(initial), "maximum": to_seconds(maximum)}
        for name, value in given.items():
            require_setting(f"Retry.{name}", value)
            object.__setattr__(self, name, value)

    def pause(self, attempt: int, *, jitter: float, asked: float | None = None) -> float:
        """Return the pause after a failed attempt, in seconds.

        Args:
            attempt: The attempt's number, from 1.
            jitter: A random number from 0 to 1 that keeps clients from returning at the same moment.
            asked: The pause that the service asked for, in seconds, if it did.
        """
        if asked is not None:
            # Never sooner than asked, and a little later, so that refused clients do not return together.
            return min(asked + 0.1 * self.initial * jitter, self.maximum)
        return min(self.initial * 2.0 ** min(attempt - 1, 30), self.maximum) * (0.5 + jitter)


DEFAULT_RETRY = Retry()


def is_transient_status(status_code: int) -> bool:
    """Whether the same request may succeed later after a response with this status."""
    return status_code in {408, 429} or status_code >= 500


def is_transient(error: ZeroscopeError) -> bool:
    """Whether the same request may succeed later."""
    if isinstance(error, APIError):
        return is_transient_status(error.status_code)
    return isinstance(error, TransportError | MalformedResponseError) and not isinstance(error, CertificateError)


def retry_after(headers: Mapping[str, str], detail: str | None, in_body: object, now: float) -> float | None:
    """Return after how many seconds a 429 allows the next attempt, or None if it does not say.

    The service names the moment in different places, and not always in the header (recorded traffic).

    Args:
        headers: The response's headers, names in lower case.
        detail: The problem's ``detail``.
        in_body: The problem's ``retry_after``, of any type.
        now: The time of day, in seconds since 1970.
    """
    header = headers.get("retry-after", "")
    if (seconds := _seconds(header)) is not None:
        return seconds
    if (moment := parse_date(header)) is not None:
        return max(0.0, moment - now)
    if (seconds := _seconds(in_body)) is not None:
        return seconds
    if detail and (words := re.search(_IN_WORDS, detail)) and (seconds := _seconds(words[1])) is not None:
        return seconds
    return _seconds(headers.get("ratelimit-reset"))


def parse_date(header: str) -> float | None:
    """Return the moment in a Date or Retry-After header, in seconds since 1970, or None if it is not a date."""
    try:
        moment = email.utils.parsedate_to_datetime(header)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def rate_limit_budget(headers: Mapping[str, str], maximum: float) -> tuple[int, float] | None:
    """Return how many requests the service still accepts, and in how many seconds it accepts more, if it says so.

    The seconds are at most the maximum, as a moment in place of a duration would be decades.
    """
    left, seconds = _seconds(headers.get("ratelimit-remaining")), _seconds(headers.get("ratelimit-reset"))
    return None if left is None or seconds is None else (int(left), min(seconds, maximum))


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if is_number(number) else None
