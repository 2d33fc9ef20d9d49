"""Printers of exchanges: lines for people, or JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import asdict
from time import monotonic

from ..journal import Exchange
from ..journal.lines import Line, fold
from ..journal.summary import summary
from .log_lines import LineFormat
from .request_log import Kinds
from .terminal import Terminal

# Seconds after which a line for polls is final: it is printed then, or on a terminal no longer printed again.
_PAUSE = 2.0
_TERMINAL_PAUSE = 20.0
# Lines for polls that can change.
_MAX_OPEN = 8


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
