"""Moments on the command line: times, dates, and how long ago."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

FORMS = (
    "A time such as 2026-01-31T08:30:00Z, or 2026-01-31 08:30 on this machine, a date, "
    "today, yesterday, or how long ago: 30m, 2h, "
    "7d"
)
_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_AGO = re.compile(rf"(\d{{1,6}})([{''.join(_UNITS)}])")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
# As the list of predictions shows it.
_LOCAL = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?)(?: (\S+))?")


def now() -> datetime:
    """Return the time of this machine."""
    return datetime.now(UTC)


def to_time(text: str) -> str:
    """Return a moment as the service takes it; a time, or what is none, stays as it is.

    A date stands for its beginning in the time zone of this machine, to which a time as listed belongs as well.
    """
    if ago := _AGO.fullmatch(text):
        return _written(now() - int(ago[1]) * _UNITS[ago[2]])
    today = now().astimezone().date()
    if text in {"today", "yesterday"}:
        return _beginning(today - timedelta(days=text == "yesterday"))
    if _DATE.fullmatch(text):
        try:
            return _beginning(date.fromisoformat(text))
        except ValueError:
            # The check against the spec reports it.
            return text
    if local := _LOCAL.fullmatch(text):
        try:
            moment = datetime.fromisoformat(local[1])
        except ValueError:
            return text
        # When clocks are set back, an hour comes twice.
        for found in (moment.replace(fold=fold).astimezone() for fold in (0, 1)):
            if local[2] in {None, found.tzname()}:
                return _written(found)
        if local[2] == "UTC":
            return _written(moment.replace(tzinfo=UTC))
    return text


def age(since: datetime) -> str:
    """Return how long ago a time was, in its largest unit."""
    passed = max(now() - since, timedelta())
    unit = next((name for name in reversed(_UNITS) if passed >= _UNITS[name]), "s")
    return f"{passed // _UNITS[unit]}{unit}"


def duration(seconds: float) -> str:
    """Return a length of time in minutes and seconds, with hours if there are any."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _beginning(day: date) -> str:
    return _written(datetime.combine(day, time()).astimezone())


def _written(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
