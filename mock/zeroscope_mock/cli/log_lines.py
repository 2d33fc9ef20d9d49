"""The lines of the log of requests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ..journal.lines import Line
from ..journal.single_line import single_line

# The columns of paths. That of a prediction has 42 characters; on a terminal, ids are cut.
_PATH = 42
_MIN_PATH, _MAX_PATH = 24, 32
_LONG_SEGMENT, _SHORT_SEGMENT = 16, 6
# The width of a terminal that has room for the id of a new prediction beside its prompt.
_WIDE = 140
# A narrower one has no room for milliseconds and durations beside what happened.
_NARROW = 90
# The length of a time of day up to its seconds.
_SECONDS = 8
_MAX_KINDS = 8
_RESET = "\x1b[0m"
_DIM = "2"
_RED, _GREEN, _YELLOW, _CYAN = "31", "32", "33", "36"

Part = tuple[str, str]
"""A text and its style."""


class LineFormat:
    """Formats lines, with aligned columns.

    Args:
        colored: Whether they have colors.
    """

    def __init__(self, *, colored: bool) -> None:
        self._colored = colored

    def line(self, line: Line, width: int | None) -> str:
        """A line of at most `width` columns, without its end."""
        exchange, text = line.last, single_line(line.text)
        path, columns = single_line(exchange.path), _PATH
        narrow = width is not None and width < _NARROW
        if width is not None:
            columns = width // 5 if narrow else max(_MIN_PATH, min(_MAX_PATH, width // 3))
            path = _fitting("/".join(map(_short, path.split("/"))), columns)[0]
            if exchange.prediction is not None and (width < _WIDE or exchange.prediction in exchange.path):
                text = text.replace(exchange.prediction, _short(exchange.prediction))
        style = _style(exchange.status)
        failed = exchange.reason is not None
        parts = [
            (_clock(exchange.time)[: _SECONDS if narrow else None], _DIM),
            (f"  {single_line(exchange.method):<4} {path:<{columns}}  ", ""),
            ("cut" if exchange.status is None else str(exchange.status), style),
            ("  " if narrow else f" {_duration(exchange.duration):>7}  ", _DIM),
        ]
        times = f" × {line.count:,}" if line.count > 1 else ""
        if width is not None:
            # The number of polls is not cut off.
            text = _fitting(text, max(width - sum(len(part) for part, _ in parts) - len(times), 0))[0]
        parts += [(text, (_RED if style == _GREEN else style) if failed else ""), (times, _DIM)]
        return self._joined(parts, width)

    def skipped(self, count: int, kinds: Mapping[tuple[str, str, int | None], int], width: int | None) -> str:
        """The line for exchanges that were not printed, by method, path or operation, and status."""
        known = sorted(kinds.items(), key=lambda one: -one[1])[:_MAX_KINDS]
        texts = [f"{method} {what} {status or 'cut'} × {number:,}" for (method, what, status), number in known]
        if (others := count - sum(number for _, number in known)) > 0:
            texts.append(f"others × {others:,}")
        text = single_line(f"… and {count:,} more: {', '.join(texts)}")
        return self._joined([(text, _DIM)], width)

    def _joined(self, parts: list[Part], width: int | None) -> str:
        left, texts = width, list[str]()
        for text, style in parts:
            if left is not None:
                text, left = _fitting(text, left)
            if text:
                texts.append(f"\x1b[{style}m{text}{_RESET}" if self._colored and style else text)
        return "".join(texts).rstrip() if not self._colored else "".join(texts)


def _style(status: int | None) -> str:
    if status is None or status >= 500:
        return _RED
    return _YELLOW if status >= 400 else _CYAN if status >= 300 else _GREEN


def _short(segment: str) -> str:
    """A segment of a path, of which an id needs only the start."""
    return segment if len(segment) < _LONG_SEGMENT or "?" in segment else f"{segment[:_SHORT_SEGMENT]}…"


def _clock(time: float) -> str:
    return f"{datetime.fromtimestamp(time):%H:%M:%S.%f}"[:-3]


def _duration(seconds: float) -> str:
    if seconds < 0.0005:
        return "<1 ms"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _fitting(text: str, width: int) -> tuple[str, int]:
    """The start of a text that fits into some columns, and how many are left."""
    if text.isascii():
        fits = len(text) <= width
        return (text, width - len(text)) if fits else (text[: max(width - 1, 0)] + "…" * (width > 0), 0)
    # Imported here because most lines do not need it.
    import unicodedata

    used = 0
    for place, letter in enumerate(text):
        columns = 0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in "WF")
        if used + columns > width - (place + 1 < len(text)):
            return (text[:place] + "…", 0) if width > used else ("", 0)
        used += columns
    return text, width - used
