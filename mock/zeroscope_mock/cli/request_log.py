"""The log of requests: one line for each exchange, or for repeated polls."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import asdict
from time import monotonic
from typing import Protocol

from ..journal import Exchange, Journal
from ..journal.lines import Line, fold
from ..journal.summary import summary
from ..journal.unread import count_kinds
from .log_lines import LineFormat
from .terminal import Terminal

TICK = 0.1
"""The pause between two looks at the journal, in seconds."""

_CLOSE_TIMEOUT = 0.5
# Exchanges that are printed after a pause; the others are counted, and under lasting load all are.
_MAX_PRINTED = 50
# Seconds for which exchanges are counted before the number is printed.
_COUNTING = 1.0
# Seconds after which a line for polls is final: it is printed then, or on a terminal no longer printed again.
_PAUSE = 2.0
_TERMINAL_PAUSE = 20.0
# Lines for polls that can change.
_MAX_OPEN = 8

Kinds = Counter[tuple[str, str, int | None]]
"""Numbers of exchanges by method, operation or path, and status."""


class Printer(Protocol):
    """Prints exchanges."""

    limited: bool
    """Whether exchanges are counted instead of printed under load."""

    def start(self, lines: Sequence[str]) -> None:
        """Print lines as they are."""

    def print(self, exchanges: Sequence[Exchange], skipped: int, kinds: Kinds) -> None:
        """Print exchanges, and that others follow that are not printed."""

    def finish(self, last: str | None) -> None:
        """Print what was held back, and a last line if there is one."""

    def release(self) -> None:
        """Leave the lines as they are, because something else is printed below them."""


class RequestLog:
    """Prints the exchanges of a journal in a thread of its own, so that requests never wait for a reader.

    Args:
        journal: The journal.
        printer: Prints the exchanges.
        after: The number of the last exchange that is not printed.
        header: Lines that are printed first.
    """

    def __init__(self, journal: Journal, printer: Printer, *, after: int = 0, header: Sequence[str] = ()) -> None:
        self._journal = journal
        self._printer = printer
        self._header = header
        self._follower = journal.follow(after)
        self._overloaded = False
        self._skipped = 0
        self._kinds: Kinds = Counter()
        self._skipping_since = 0.0
        self._last: str | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="zeroscope_mock log", daemon=True)
        self._thread.start()

    def release(self) -> None:
        """Leave the lines as they are, because something else is printed below them."""
        self._printer.release()

    def close(self, last: str | None = None) -> None:
        """Print the rest, unless the reader is too slow for that.

        Args:
            last: A last line for people.
        """
        self._last = last
        self._stop.set()
        self._thread.join(_CLOSE_TIMEOUT)

    def _run(self) -> None:
        try:
            self._printer.start(self._header)
            while not self._stop.wait(TICK):
                self._tick(final=False)
            self._tick(final=True)
            self._printer.finish(self._last)
        except (OSError, ValueError):
            # The reader is gone, or the stream was closed.
            return

    def _tick(self, *, final: bool) -> None:
        journal, printer = self._journal, self._printer
        new, dropped = journal.take(self._follower)
        number, limit = len(new) + dropped, len(new)
        if printer.limited:
            limit = 0 if self._overloaded and number > _MAX_PRINTED else _MAX_PRINTED
            self._overloaded = number > _MAX_PRINTED
        exchanges = [journal.read(one) for one in new[:limit]]
        if skipped := number - len(exchanges):
            self._skipping_since = self._skipping_since if self._skipped else monotonic()
            self._skipped += skipped
            self._kinds += count_kinds(new[limit:])
        if not self._skipped or not (final or monotonic() - self._skipping_since >= _COUNTING):
            printer.print(exchanges, 0, Counter())
            return
        printer.print(exchanges, self._skipped, self._kinds)
        self._skipped, self._kinds = 0, Counter()


class TextPrinter:
    """Prints exchanges as lines for people.

    On a terminal, the line for polls is printed again in place when there is another one. Elsewhere it is printed once
    the polls have another result, something else happens, or none comes for a while.

    Args:
        terminal: The stream.
        clock: Returns the time, in seconds.
    """

    limited = True

    def __init__(self, terminal: Terminal, clock: Callable[[], float] = monotonic) -> None:
        self._terminal = terminal
        self._clock = clock
        self._format = LineFormat(colored=terminal.colored)
        self._pause = _TERMINAL_PAUSE if terminal.interactive else _PAUSE
        # The lines for polls that can change, and when they did last.
        self._open: dict[Hashable, Line] = {}
        self._changed: dict[Hashable, float] = {}
        # How many lines of the terminal will be printed again.
        self._shown = 0
        self._released = False

    def start(self, lines: Sequence[str]) -> None:
        """Print lines as they are."""
        self._terminal.write_lines(lines)

    def print(self, exchanges: Sequence[Exchange], skipped: int, kinds: Kinds) -> None:
        """Print exchanges, and the number of others by their kinds."""
        now, width = self._clock(), self._terminal.width
        final: list[str] = []
        self._leave_released()

        def close(keys: Iterable[Hashable]) -> None:
            for key in list(keys):
                final.append(self._format.line(self._open.pop(key), width))
                del self._changed[key]

        close(key for key, changed in self._changed.items() if now - changed >= self._pause)
        for line in fold(exchanges):
            if not line.is_poll:
                close(self._open)
                final.append(self._format.line(line, width))
                continue
            key = line.subject
            before = self._open.get(key)
            if before is None:
                close(list(self._open)[: len(self._open) + 1 - _MAX_OPEN])
                self._open[key] = line
            elif not before.add(line):
                close([key])
                self._open[key] = line
            self._changed[key] = now
        if skipped:
            close(self._open)
            final.append(self._format.skipped(skipped, kinds, width))
        if final or exchanges:
            self._write(final)

    def finish(self, last: str | None) -> None:
        """Print the lines that were held back, and a last one."""
        self._leave_released()
        final = [self._format.line(line, self._terminal.width) for line in self._open.values()]
        self._open.clear()
        self._write(final if last is None else [*final, last])

    def release(self) -> None:
        """Leave the lines as they are, because something else is printed below them."""
        self._released = self._terminal.interactive

    def _leave_released(self) -> None:
        """Print lines anew that others would have changed, if something else has been printed below them."""
        if self._released:
            self._released, self._shown = False, 0
            self._open.clear()
            self._changed.clear()

    def _write(self, final: Sequence[str]) -> None:
        """Write lines that are final, and on a terminal those that may change below them."""
        shown, self._shown = self._shown, 0
        lines = list(final)
        if self._terminal.interactive:
            lines += [self._format.line(line, self._terminal.width) for line in self._open.values()]
            self._shown = len(self._open)
        erase = f"\x1b[{shown}A\r\x1b[J" if shown else ""
        self._terminal.write_lines(lines, erase)


class JsonPrinter:
    """Prints each exchange as a line of JSON.

    Args:
        terminal: The stream.
    """

    limited = False

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def start(self, lines: Sequence[str]) -> None:
        """Print lines as they are."""
        self._terminal.write_lines(lines)

    def print(self, exchanges: Sequence[Exchange], skipped: int, kinds: Kinds) -> None:
        """Print exchanges, and the number of those that are lost."""
        values = [{**summary(one), "refusals": [asdict(refusal) for refusal in one.refusals]} for one in exchanges]
        if skipped:
            # The journal has dropped them before they could be printed.
            values.append({"dropped": skipped})
        self._terminal.write_lines(list(map(json.dumps, values)))

    def finish(self, last: str | None) -> None:
        """Print nothing, since nothing is held back, and a line for people is not JSON."""

    def release(self) -> None:
        """Do nothing, since no line is printed again."""
