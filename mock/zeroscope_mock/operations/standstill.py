"""Detects a client that polls a run or a list while the clock stands still."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from ..journal.exchange import NOTICE_HEADER
from ..lifecycle.record import Record, RunKind
from ..lifecycle.timeline import state_at
from ..messages import Response
from ..protocols import Clock, Flow

NOTICE_AFTER = 20
"""The number of polls of one run or list at one moment from which on the server says that time does not pass."""

_NOTICE = (
    "The clock stands still, so the {} not end: call server.clock.advance(seconds) or POST /_mock/clock/advance, or {}"
)
_RUN = "let it run: server.clock.run(), POST /_mock/clock/run"
_USE_REAL = "use a clock that runs: clock='real', --clock real"
_MAX_LOGGED = 10_000
_log = logging.getLogger("zeroscope_mock")


class StandstillDetector:
    """Counts the polls of each run, and of each page of a list, at the present moment.

    Args:
        clock: The server's clock.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._moment = -1.0
        self._polls: dict[str, int] = {}
        # The runs that do not wait at a time of day, which `set` may move back.
        self._time = -1.0
        self._settled: set[Record] = set()
        self._logged: set[str] = set()

    def notice(self, record: Record) -> str | None:
        """Count a poll of a run, and return what to tell a client that polls in vain; None for any other."""
        # Nearly all polls are the first one at their moment.
        if (polls := self._count(record.id)) < NOTICE_AFTER:
            return None
        return self._notice(record.id, polls, [record], f"{record.kind} {record.id}", f"{record.kind} does")

    def notice_of_list(self, tenant: str, cursor: str, kind: RunKind, records: Sequence[Record]) -> str | None:
        """Count a poll of a list, as `notice` does.

        Args:
            tenant: The tenant of the client.
            cursor: Which page it is.
            kind: What the list is of.
            records: What is on the page.
        """
        key = f"{tenant}:{cursor}"
        if (polls := self._count(key)) < NOTICE_AFTER:
            return None
        return self._notice(key, polls, records, f"the list of {kind}s", f"{kind}s do")

    def _count(self, key: str) -> int:
        """Count a poll, and return the number of those at the present moment."""
        now = self._clock.monotonic()
        if now != self._moment:
            self._moment = now
            self._polls.clear()
        polls = self._polls[key] = self._polls.get(key, 0) + 1
        return polls

    def _notice(self, key: str, polls: int, records: Sequence[Record], polled: str, subject: str) -> str | None:
        # A task that sleeps on the clock moves it.
        if not self._any_waits(records) or not self._clock.stands_still:
            return None
        notice = _NOTICE.format(subject, _RUN if self._clock.frozen else _USE_REAL)
        if key not in self._logged:
            if len(self._logged) >= _MAX_LOGGED:
                self._logged.clear()
            self._logged.add(key)
            _log.warning("%s was polled %d times at one moment. %s", polled, polls, notice)
        return notice

    def _any_waits(self, records: Sequence[Record]) -> bool:
        """Return whether there is a run that only time ends; reads may also move one on."""
        now = self._clock.time()
        if now != self._time:
            self._time = now
            self._settled.clear()
        # A list is polled much more often than it changes.
        if self._settled.issuperset(records):
            return False
        for record in records:
            if not record.script.reads and state_at(record, now).ended is None:
                return True
            self._settled.add(record)
        return False


def with_notice(answer: Response | Flow[Response], notice: str) -> Response | Flow[Response]:
    """A response with a notice in its header."""
    return _add(answer, notice) if isinstance(answer, Response) else _add_later(answer, notice)


def _add(response: Response, notice: str) -> Response:
    return replace(response, headers=(*response.headers, (NOTICE_HEADER, notice)))


def _add_later(flow: Flow[Response], notice: str) -> Flow[Response]:
    return _add((yield from flow), notice)
