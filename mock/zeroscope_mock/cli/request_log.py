"""The log of requests: one line for each exchange, or for repeated polls."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Protocol

from ..journal import Exchange, Journal
from ..journal.unread import count_kinds

TICK = 0.1
"""The pause between two looks at the journal, in seconds."""

_CLOSE_TIMEOUT = 0.5
# Exchanges that are printed after a pause; the others are counted, and under lasting load all are.
_MAX_PRINTED = 50
# Seconds for which exchanges are counted before the number is printed.
_COUNTING = 1.0

Kinds = Counter[tuple[str, str, int | None]]
"""Numbers of exchanges by method, operation or path, and status."""


class Printer(Protocol):
    """Prints exchanges."""

    limited: bool
    """Whether exchanges are counted instead of printed under load."""

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
        begin: Prints what comes first, and returns what prints the exchanges; called in that thread, a moment later.
        after: The number of the last exchange that is not printed.
    """

    def __init__(self, journal: Journal, begin: Callable[[], Printer], *, after: int = 0) -> None:
        self._journal = journal
        self._begin = begin
        self._printer: Printer | None = None
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
        if self._printer is not None:
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
            ended = self._stop.wait(TICK)
            printer = self._printer = self._begin()
            while not ended:
                self._tick(printer, final=False)
                ended = self._stop.wait(_COUNTING if self._overloaded else TICK)
            self._tick(printer, final=True)
            printer.finish(self._last)
        except (OSError, ValueError):
            # The reader is gone, or the stream was closed.
            return

    def _tick(self, printer: Printer, *, final: bool) -> None:
        journal = self._journal
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
