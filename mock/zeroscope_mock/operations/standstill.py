"""Detects a client that polls a prediction while the clock stands still."""

from __future__ import annotations

import logging
from dataclasses import replace

from ..lifecycle.record import Record
from ..lifecycle.timeline import state_at
from ..messages import Response
from ..protocols import Clock, Flow

NOTICE_AFTER = 20
"""The number of polls of one prediction at one moment from which on the server says that time does not pass."""

NOTICE_HEADER = "x-zeroscope-mock-notice"
"""The header of the responses that say so."""

_NOTICE = (
    "The clock stands still, so the prediction does not end: call server.clock.advance(seconds) or POST "
    "/_mock/clock/advance, or {}"
)
_RUN = "let it run: server.clock.run(), POST /_mock/clock/run"
_USE_REAL = "use a clock that runs: clock='real', --clock real"
_MAX_LOGGED = 10_000
_log = logging.getLogger("zeroscope_mock")


class StandstillDetector:
    """Counts the polls of each prediction at the present moment.

    Args:
        clock: The server's clock.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._moment = -1.0
        self._polls: dict[str, int] = {}
        self._logged: set[str] = set()

    def notice(self, record: Record) -> str | None:
        """Count a poll, and return what to tell a client that polls in vain; None for any other."""
        now = self._clock.monotonic()
        if now != self._moment:
            self._moment = now
            self._polls.clear()
        polls = self._polls[record.id] = self._polls.get(record.id, 0) + 1
        # Reads may move a prediction on, and a task that sleeps on the clock moves that.
        if polls < NOTICE_AFTER or record.script.reads or not self._clock.stands_still:
            return None
        if state_at(record, self._clock.time()).ended is not None:
            return None
        notice = _NOTICE.format(_RUN if self._clock.frozen else _USE_REAL)
        if record.id not in self._logged:
            if len(self._logged) >= _MAX_LOGGED:
                self._logged.clear()
            self._logged.add(record.id)
            _log.warning("prediction %s was polled %d times at one moment. %s", record.id, polls, notice)
        return notice


def with_notice(answer: Response | Flow[Response], notice: str) -> Response | Flow[Response]:
    """A response with a notice in its header."""
    return _add(answer, notice) if isinstance(answer, Response) else _add_later(answer, notice)


def _add(response: Response, notice: str) -> Response:
    return replace(response, headers=(*response.headers, (NOTICE_HEADER, notice)))


def _add_later(flow: Flow[Response], notice: str) -> Flow[Response]:
    return _add((yield from flow), notice)
