"""Timestamps as the service writes them, and the tolerance for moments."""

from __future__ import annotations

from datetime import UTC, datetime

TOLERANCE = 1e-6
"""Seconds by which two moments may differ and still count as the same. A float of seconds since 1970 is exact to a
quarter of a microsecond only, and no event may be lost to rounding."""

_LAST_TIMESTAMP = datetime(9999, 12, 31, tzinfo=UTC).timestamp()


def timestamp(seconds: float) -> str:
    """A moment in seconds since 1970 as the service writes it; moments after the year 9999 become its last day."""
    moment = datetime.fromtimestamp(min(seconds, _LAST_TIMESTAMP), UTC)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
