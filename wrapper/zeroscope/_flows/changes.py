"""What is new about a prediction, told in the same order however one came to know of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .. import logs as _logs
from ..events import Ended, Event, LogLine, Progressed, StatusChanged

if TYPE_CHECKING:
    from ..state import PredictionState

# The order in which these come; whatever comes before what was told already is an answer that was behind.
_WAITING, _RUNNING = "starting", "processing"
_LINE_END = re.compile("\r\n|\r|\n")


class Story:
    """Turns what was seen of a prediction into what has happened to it.

    Looks may miss statuses that were short, and a stream names none at all; so a status that must have been is told
    wherever it was, and lines are counted, so that none is told twice.
    """

    def __init__(self) -> None:
        self._status: str | None = None
        self._lines = 0
        self._streamed = 0
        self._ended = False

    def look(self, prediction: PredictionState) -> Iterator[Event]:
        """What is new, by the prediction as it stands now.

        Args:
            prediction: The prediction.
        """
        if self._ended:
            return
        if self._status is None:
            # Where it stands to begin with; what follows tells how it came to stand where it does now.
            yield from self._reach(prediction.status if not prediction.done else _WAITING)
        lines = _LINE_END.split(prediction.logs)
        # The last line is still being written, or nothing.
        rest = lines.pop()
        if prediction.done and rest:
            lines.append(rest)
        if lines[self._lines :] or (prediction.done and prediction.started_at is not None):
            yield from self._run()
        for line in lines[self._lines :]:
            yield from self._tell(line)
        if prediction.status != _WAITING or self._status is None:
            yield from self._reach(prediction.status)
        if prediction.done:
            self._ended = True
            known: Any = prediction
            yield Ended(known)

    def begin_stream(self) -> None:
        """Take note that a stream begins with the first line."""
        self._streamed = 0

    def stream(self, text: str) -> Iterator[Event]:
        """What is new, by a text that came as an event of the log.

        Args:
            text: One line or several, with or without the end of the last.
        """
        lines = _LINE_END.split(text)
        if len(lines) > 1 and not lines[-1]:
            lines.pop()
        for line in lines:
            self._streamed += 1
            if self._streamed > self._lines:
                yield from self._run()
                yield from self._tell(line)

    def _run(self) -> Iterator[Event]:
        """The model runs, which has been told unless nobody saw it begin."""
        if self._status in {None, _WAITING}:
            yield from self._reach(_RUNNING)

    def _reach(self, status: str) -> Iterator[Event]:
        if status != self._status:
            self._status = status
            yield StatusChanged(status)

    def _tell(self, line: str) -> Iterator[Event]:
        self._lines += 1
        yield LogLine(line)
        if (progress := _logs.progress(line)) is not None:
            yield Progressed(progress)
