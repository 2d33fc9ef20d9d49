"""Events derived from successive states and log lines of a prediction."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Generic, TypeVar

from ..events import Ended, Event, LogLine, Progressed, StatusChanged
from ..logs import parse_progress
from ..state import PredictionState

P = TypeVar("P", bound=PredictionState)

_STARTING, _PROCESSING = "starting", "processing"
_LINE_END = re.compile("\r\n|\r|\n")


class ChangeDetector(Generic[P]):
    """Derives the events of a prediction from its states.

    A poll may miss a short status, and a stream reports none. So a status that the prediction must have had is reported
    even if it was not seen, and lines are counted, so that none is reported twice.
    """

    def __init__(self) -> None:
        self._status: str | None = None
        self._lines = 0
        # The text of these lines.
        self._text = ""
        self._ended = False

    def compare(self, prediction: P) -> Iterator[Event[P]]:
        """Yield what is new in the prediction's current state; in the first state, all events are replayed."""
        if self._ended:
            return
        if self._status is None:
            # The first event has the status at the beginning; those that follow lead to the current one.
            yield from self._set_status(prediction.status if not prediction.done else _STARTING)
        lines = self._new_lines(prediction)
        if lines or (prediction.done and prediction.started_at is not None):
            yield from self._ensure_processing()
        for line in lines:
            yield from self._log(line)
        # A response that says "starting" again is older than the one before.
        if prediction.status != _STARTING or self._status is None:
            yield from self._set_status(prediction.status)
        if prediction.done:
            self._ended = True
            yield Ended(prediction)

    def _new_lines(self, prediction: P) -> list[str]:
        logs = prediction.logs
        # A stream adds a line at a time to a log that may be long. The line end may be the first half of another one.
        is_longer = logs.startswith(self._text) and not self._text.endswith("\r")
        lines = _LINE_END.split(logs[len(self._text) :] if is_longer else logs)
        # The last line is incomplete or empty.
        rest = lines.pop()
        new = lines if is_longer else lines[self._lines :]
        if new:
            self._text = logs[: len(logs) - len(rest)]
        if prediction.done and rest and (is_longer or self._lines <= len(lines)):
            new.append(rest)
        return new

    def _ensure_processing(self) -> Iterator[Event[P]]:
        if self._status in {None, _STARTING}:
            yield from self._set_status(_PROCESSING)

    def _set_status(self, status: str) -> Iterator[Event[P]]:
        if status != self._status:
            self._status = status
            yield StatusChanged(status)

    def _log(self, line: str) -> Iterator[Event[P]]:
        self._lines += 1
        yield LogLine(line)
        if (progress := parse_progress(line)) is not None:
            yield Progressed(progress)
