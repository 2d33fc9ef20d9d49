"""Lines about exchanges, where repeated polls share one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from .. import html_tables
from .exchange import ERRORS_FROM, Exchange
from .single_line import single_line

SHOWN = 50
"""The number of lines of a table; earlier exchanges are counted."""

_PROMPT_LENGTH, _PATH_LENGTH, _NOTE_LENGTH = 100, 80, 200
_HEADER = ("time", "method", "path", "operation", "status", "what happened", "polls")
_POLLS = frozenset({"GET", "HEAD"})


@dataclass(slots=True)
class Line:
    """What a line shows: one exchange, or several polls with the same result.

    Args:
        first: The first of them.
        last: The last of them.
        count: How many they are.
        text: What happened, in words.
    """

    first: Exchange
    last: Exchange
    count: int
    text: str

    def __str__(self) -> str:
        """The line without times, such as `GET /v1/predictions/abc 200 abc processing × 8`."""
        one, repeated = self.first, f" × {self.count}" if self.count > 1 else ""
        status = "cut off" if one.status is None else str(one.status)
        return f"{single_line(f'{one.method} {one.path}', _PATH_LENGTH)} {status} {self.text}{repeated}"

    @property
    def is_poll(self) -> bool:
        """Whether others like it may share the line."""
        return self.last.method in _POLLS

    @property
    def subject(self) -> tuple[str, str, str | None]:
        """What is polled, and by whom."""
        return self.last.method, self.last.path, self.last.tenant

    def add(self, line: Line) -> bool:
        """Add later polls, and return whether they have the same result; others need a line of their own."""
        if (self.last.status, self.text) != (line.last.status, line.text):
            return False
        self.last = line.last
        self.count += line.count
        return True


class _Row(NamedTuple):
    """The cells of a line in a table."""

    time: str
    method: str
    path: str
    operation: str
    status: str
    text: str
    repeated: str


def describe(exchange: Exchange) -> str:
    """What happened in an exchange, on a single line: what became of which prediction, or why it was refused.

    Example:
        >>> describe(server.journal[0])
        'created prediction abc (starting): "a horse"'
    """
    parts = [_result(exchange)]
    if exchange.fault:
        parts.append(f"[fault: {exchange.fault[:_NOTE_LENGTH]}]")
    if exchange.note:
        # The end of a traceback says most.
        parts.append(f"[{exchange.note[-_NOTE_LENGTH:]}]")
    return single_line(" ".join(parts))


def fold(exchanges: Iterable[Exchange]) -> list[Line]:
    """The lines about exchanges, in the order in which they begin.

    Polls with the same result share a line unless anything but polls comes between them, also where polls of several
    predictions alternate.
    """
    lines: list[Line] = []
    polled: dict[tuple[str, str, str | None], Line] = {}
    for exchange in exchanges:
        line = Line(exchange, exchange, 1, describe(exchange))
        if not line.is_poll:
            polled.clear()
        elif (before := polled.get(line.subject)) is not None and before.add(line):
            continue
        else:
            polled[line.subject] = line
        lines.append(line)
    return lines


def table(exchanges: Iterable[Exchange], dropped: int, start: float | None) -> str:
    """The latest lines about exchanges, in columns.

    Args:
        dropped: How many exchanges came before.
        start: When times count from 0, in seconds since 1970; None for the time of the first exchange, which it also
            is if it was before the start, since a restored exchange may be older than the server.
    """
    before, rows = _rows(exchanges, dropped, start)
    width = max((len(row.path) for row in rows), default=0)
    names = max((len(row.operation) for row in rows), default=0)
    lines = [
        f"{row.time:>11}  {row.method:<4} {row.path:<{width}}  {row.operation:<{names}}  {row.status}  {row.text}"
        + (row.repeated and f"  {row.repeated}")
        for row in rows
    ]
    return "\n".join([*([before] if before else []), *map(str.rstrip, lines)])


def html_table(exchanges: Iterable[Exchange], dropped: int, start: float | None) -> str:
    """The latest lines about exchanges as an HTML table; see `table`."""
    before, rows = _rows(exchanges, dropped, start)
    cells = (tuple(map(html_tables.escape, row)) for row in rows)
    return (html_tables.note(before) if before else "") + (html_tables.table(cells, _HEADER) if rows else "")


def _rows(exchanges: Iterable[Exchange], dropped: int, start: float | None) -> tuple[str, list[_Row]]:
    """What is left out, in words, and the rows of a table."""
    lines = fold(exchanges)
    if not lines:
        return f"{dropped} exchanges were dropped." if dropped else "No request has reached the server.", []
    left_out = sum(line.count for line in lines[:-SHOWN]) + dropped
    before = f"{left_out} earlier ones are left out, of which the journal dropped {dropped}." if left_out else ""
    first = lines[0].first.time
    began = first if start is None else min(start, first)
    return before, [_row(line, began) for line in lines[-SHOWN:]]


def _row(line: Line, began: float) -> _Row:
    one = line.first
    return _Row(
        f"{one.time - began:.3f} s",
        single_line(one.method),
        single_line(one.path, _PATH_LENGTH),
        single_line(one.operation or "-"),
        "cut off" if one.status is None else str(one.status),
        line.text,
        f"× {line.count}, until {line.last.time - began:.3f} s" if line.count > 1 else "",
    )


def _result(exchange: Exchange) -> str:
    id, reason = exchange.prediction, exchange.reason
    if exchange.status is None or exchange.status >= ERRORS_FROM:
        return f"{id}: {reason}" if id else reason or ""
    if id is None:
        return _content(exchange)
    status = exchange.status_after or ""
    because = f": {reason}" if reason else ""
    if exchange.method in _POLLS:
        content = _content(exchange)
        return f"{id} {status}{because or (content and f': {content}')}"
    if exchange.input is None:
        return f"{id} {status}{because}"
    kind = "training" if "training" in (exchange.operation or "").lower() else "prediction"
    prompt = f': "{single_line(exchange.prompt, _PROMPT_LENGTH)}"' if exchange.prompt else ""
    return f"created {kind} {id} ({status}{because}){prompt}"


def _content(exchange: Exchange) -> str:
    """What a response has that is not about a prediction: a file, or the entries of a list."""
    body = exchange.response_body
    if body.startswith("["):
        return body.partition(", sha256")[0].removeprefix("[") if ", sha256 " in body[:200] else ""
    if exchange.prediction is not None:
        return ""
    shown = exchange.response_json
    results = shown.get("results") if isinstance(shown, dict) else None
    if not isinstance(results, list):
        return ""
    return "1 result" if len(results) == 1 else f"{len(results)} results"
