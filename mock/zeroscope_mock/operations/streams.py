"""The operation that streams the events of a prediction."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from math import inf
from typing import Any

from ..documents.links import Links
from ..lifecycle.marks import file_suffixes, fill_marks
from ..lifecycle.record import Record
from ..lifecycle.script import Script
from ..lifecycle.timeline import LifecycleState, state_at, timeline_of
from ..messages import Response, Stream
from ..problems import not_found
from ..state import State
from ..steps import Pause, WaitForChange
from .calls import Handler, OperationCall

KEEP_ALIVE = 15.0
"""The seconds without an event after which a comment is sent; some clients give up after half a minute."""

_EVENT_ID = re.compile(r"(\d{1,9})-(\d{1,9})(-error|-done)?")
# The pause before an event that is due but hidden by rounding, in seconds.
_SHORT_PAUSE = 0.001
_REASONS = {"failed": {"reason": "error"}, "canceled": {"reason": "canceled"}, "aborted": {"reason": "canceled"}}


class EventStreams:
    """Streams the events of predictions."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.handlers: dict[str, Handler] = {"streamPrediction": self._stream}

    def _stream(self, call: OperationCall) -> Response:
        record = self._state.store.prediction(call.arguments["prediction_id"])
        state = None if record is None else state_at(record, self._state.clock.time())
        if record is None or state is None or not record.streams or state.removed:
            return not_found(f"stream of prediction {call.arguments['prediction_id']!r}", None)
        call.notes.run, call.notes.status = record.id, state.status
        headers = (("content-type", "text/event-stream"), ("cache-control", "no-store"))
        links = self._state.links(self._state.base_url(call.request.head), call.prefix)
        last: str | None = call.arguments.get("Last-Event-ID")
        return Response(200, headers, Stream(lambda: self._events(record, links, last)))

    def _events(self, record: Record, links: Links, last: str | None) -> Iterator[bytes | Pause]:
        """The events after `last`, the id of the last one that the client has seen, as they happen."""
        clock, script = self._state.clock, record.script
        # An event's id has the number of lines and outputs up to it, so the server keeps nothing for a replay.
        found = _EVENT_ID.fullmatch(last or "")
        lines, outputs = (int(found[1]), int(found[2])) if found else (0, 0)
        last_sent = clock.time()
        condition = self._state.changes.of(record.id)
        while True:
            # Before the look at the prediction, so that the wait below misses no change of it.
            seen = condition.version
            if self._state.store.prediction(record.id) is not record:
                # A reset of the server has removed it.
                return
            state = state_at(record, clock.time())
            printed = script.printed(state.elapsed) if state.started is not None else 0
            made = _made(script, state)
            while lines < printed or outputs < made:
                if lines < printed and (outputs >= made or script.printed_at(lines) <= script.made_at(outputs)):
                    lines += 1
                    yield _event("logs", script.line(lines - 1), f"{lines}-{outputs}")
                else:
                    outputs += 1
                    yield _event("output", _value(record, links, outputs - 1), f"{lines}-{outputs}")
                last_sent = clock.time()
            if state.ended is not None:
                if state.status == "failed" and not (found and found[3]):
                    yield _event("error", {"detail": script.error}, f"{lines}-{outputs}-error")
                yield _event("done", _REASONS.get(state.status, {}), f"{lines}-{outputs}-done")
                return
            left = self._next(record, lines, outputs) - clock.time()
            # Where no event is scheduled, the client's own timeout is to end the wait.
            if left < inf:
                if clock.time() - last_sent >= KEEP_ALIVE:
                    last_sent = clock.time()
                    yield b": nothing new yet\n\n"
                left = min(left, last_sent + KEEP_ALIVE - clock.time())
            yield WaitForChange(clock.monotonic() + (left if left > 0 else _SHORT_PAUSE), condition, seen)

    def _next(self, record: Record, lines: int, outputs: int) -> float:
        """The time of the next event, in seconds since 1970, as far as it is known by now."""
        timeline = timeline_of(record)
        if timeline.start > self._state.clock.time():
            return min(timeline.start, timeline.end)
        if record.script.reads:
            return timeline.end
        upcoming = min(record.script.printed_at(lines), record.script.made_at(outputs))
        return min(timeline.start + upcoming / record.speed, timeline.end)


def _made(script: Script, state: LifecycleState) -> int:
    """The number of outputs that had events; an end that removes the outputs cannot take those back."""
    if state.started is None:
        return 0
    return script.results if state.status == "succeeded" else script.made(state.elapsed)


def _value(record: Record, links: Links, index: int) -> Any:
    output = record.script.output
    several = isinstance(output, list)

    def url(number: int, suffix: str) -> str:
        before = len(file_suffixes(output[:index])) if several else 0
        return links.output(record.id, before + number, suffix)

    return fill_marks(output[index] if several else output, url)


def _event(name: str, value: Any, id: str) -> bytes:
    data = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    # Of all line ends, only these count in an event stream.
    lines = "".join(f"data: {line}\n" for line in re.split("\r\n|\r|\n", data))
    return f"event: {name}\nid: {id}\n{lines}\n".encode("utf-8", "replace")
