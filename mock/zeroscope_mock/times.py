"""Timestamps as the service writes them, and the tolerance for moments."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from math import inf

TOLERANCE = 1e-6
"""Seconds by which two moments may differ and still count as the same. A float of seconds since 1970 is exact to a
quarter of a microsecond only, and no event may be lost to rounding."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_TIMESTAMP = datetime(9999, 12, 31, tzinfo=UTC).timestamp()
_FRACTION_START = len("2026-01-01T00:00:00.")
_MICROSECONDS = 6


# Every poll of a list needs the same ones again.
@lru_cache(maxsize=10_000)
def timestamp(seconds: float, digits: int = 6) -> str:
    """A moment in seconds since 1970 as the service writes it; moments after the year 9999 become its last day.

    Args:
        digits: The number of digits of a second. Fewer than six are only used where the others would be zeros, so that
            the order of moments shows.
    """
    moment = datetime.fromtimestamp(min(seconds, _LAST_TIMESTAMP), UTC)
    text = moment.isoformat(timespec="microseconds")[: _FRACTION_START + _MICROSECONDS]
    if digits != _MICROSECONDS:
        # The point stands before the digits, so no zero of a whole second is removed.
        text = text.rstrip("0").ljust(_FRACTION_START + digits, "0")
    return f"{text}Z"


def read_timestamp(text: str) -> float:
    """The moment that a timestamp of RFC 3339 names, in seconds since 1970; infinitely long ago for the year 0.

    Args:
        text: The timestamp, whose form the document has validated.
    """
    text = text.upper()
    # RFC 3339 allows leap seconds and the year 0, which Python does not.
    leap = text[17:19] == "60"
    try:
        moment = datetime.fromisoformat(f"{text[:17]}59{text[19:]}" if leap else text)
    except ValueError:
        return -inf
    return (moment - _EPOCH).total_seconds() + leap
