"""Heads of responses, as they are sent on a connection."""

from __future__ import annotations

import time
from http import HTTPStatus

from ..messages import Headers

BODILESS_STATUSES = frozenset({204, 304})
"""The statuses whose responses have neither a body nor a length."""

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_status_lines: dict[int, str] = {}
# The second of the latest `Date`, and its text; one tuple, because several threads may have servers.
_latest_date = (-1, "")


def closes(headers: Headers) -> bool:
    """Return whether headers announce the end of the connection, in any case and among other options."""
    for name, value in headers:
        if len(name) == len("connection") and name.lower() == "connection":
            return "close" in [option.strip().lower() for option in value.split(",")]
    return False


def encode_head(status: int, headers: Headers, framing: str) -> bytes:
    """The head of a response.

    Args:
        status: The status.
        headers: The headers, without those of the framing.
        framing: The lines of the headers that frame the body, each with its end.

    Raises:
        ValueError: For a header that would end before its end, and for one beyond latin-1.
    """
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers])
    if not lines.count("\n") == lines.count("\r") == len(headers) or "\0" in lines:
        raise ValueError(f"a header of the response has control characters: {headers}")
    # A fault may set another date.
    dates = [name for name, _ in headers if len(name) == len("date") and name.lower() == "date"]
    date = "" if dates else f"date: {_date()}\r\n"
    return f"{_status_line(status)}{date}{lines}{framing}\r\n".encode("latin-1")


def _status_line(status: int) -> str:
    line = _status_lines.get(status)
    if line is None:
        try:
            phrase = HTTPStatus(status).phrase
        except ValueError:
            phrase = ""
        line = _status_lines[status] = f"HTTP/1.1 {status} {phrase}\r\n"
    return line


def _date() -> str:
    """The value of `Date`, which `time.strftime` would write in the language of the program."""
    global _latest_date  # noqa: PLW0603 - a cache
    now = int(time.time())
    second, text = _latest_date
    if second != now:
        at = time.gmtime(now)
        text = f"{_DAYS[at.tm_wday]}, {at.tm_mday:02} {_MONTHS[at.tm_mon - 1]} {at.tm_year} "
        text += f"{at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02} GMT"
        _latest_date = now, text
    return text
