"""A prediction's events as server-sent events, and its videos: what the service answers without a token."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from math import inf
from typing import Any

from ..lifecycle.script import Script
from ..lifecycle.timeline import Record, Standing, course, standing
from ..messages import Response, Stream
from ..problems import not_found
from ..state import Links, State
from ..steps import Flow, Sleep, Work
from .calls import Call, Handler
from .ranges import ranged

KEEP_ALIVE = 15.0
"""After how many seconds without an event a comment is sent: some clients take half a minute's silence for the end."""

_OUTPUT = re.compile(r"output-(0|[1-9][0-9]{0,6})\.mp4")
_EVENT_ID = re.compile(r"(\d{1,9})-(\d{1,9})(-error|-done)?")
# How long to look away if something is due that rounding still hides, in seconds.
_BLINK = 0.001
_REASONS = {"failed": {"reason": "error"}, "canceled": {"reason": "canceled"}, "aborted": {"reason": "canceled"}}


class Delivery:
    """Hands out videos and streams of events.

    Args:
        state: the server's.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self.handlers: dict[str, Handler] = {"getOutput": self._output, "streamPrediction": self._stream}

    def _output(self, call: Call) -> Flow[Response]:
        record = self._state.store.prediction(call.arguments["prediction_id"])
        found = _OUTPUT.fullmatch(call.arguments["filename"])
        if record is None or not found or record.script.output is not None:
            return not_found()
        if int(found[1]) >= standing(record, self._state.clock.time()).made:
            return not_found()
        video: bytes = yield Work(self._state.video(record, int(found[1])))
        return ranged(call.request.head, video, "video/mp4")

    def _stream(self, call: Call) -> Response:
        record = self._state.store.prediction(call.arguments["prediction_id"])
        if record is None or not record.streams or standing(record, self._state.clock.time()).removed:
            return not_found()
        headers = (("content-type", "text/event-stream"), ("cache-control", "no-store"))
        links = self._state.addresses(call.request.head.origin, call.prefix)
        last: str | None = call.arguments.get("Last-Event-ID")
        return Response(200, headers, Stream(lambda: self._events(record, links, last)))

    def _events(self, record: Record, links: Links, last: str | None) -> Iterator[bytes | Sleep]:
        """The events after the last one that the client has seen, as they come."""
        clock, script = self._state.clock, record.script
        # An event's id says how many lines and outputs came up to it, so that nothing has to be remembered for it.
        found = _EVENT_ID.fullmatch(last or "")
        lines, outputs = (int(found[1]), int(found[2])) if found else (0, 0)
        told = clock.time()
        # A server that was reset has nothing more to tell of it.
        while self._state.store.prediction(record.id) is record:
            now_it = standing(record, clock.time())
            printed = script.printed(now_it.elapsed) if now_it.started is not None else 0
            made = _made(script, now_it)
            while lines < printed or outputs < made:
                if lines < printed and (outputs >= made or script.printed_at(lines) <= script.made_at(outputs)):
                    lines += 1
                    yield _event("logs", script.line(lines - 1), f"{lines}-{outputs}")
                else:
                    outputs += 1
                    yield _event("output", _value(record, links, outputs - 1), f"{lines}-{outputs}")
                told = clock.time()
            if now_it.ended is not None:
                if now_it.status == "failed" and not (found and found[3]):
                    yield _event("error", {"detail": script.error}, f"{lines}-{outputs}-error")
                yield _event("done", _REASONS.get(now_it.status, {}), f"{lines}-{outputs}-done")
                return
            left = self._next(record, lines, outputs) - clock.time()
            # Where nothing is bound to come, the reader's own patience is to end the wait.
            if left < inf and clock.time() - told >= KEEP_ALIVE:
                told = clock.time()
                yield b": nothing new yet\n\n"
            yield Sleep(min(left if left > 0 else _BLINK, clock.glance), idle=left == inf)

    def _next(self, record: Record, lines: int, outputs: int) -> float:
        """When something more happens, in seconds since 1970, as far as it is known by now."""
        known = course(record)
        if known.start > self._state.clock.time():
            return min(known.start, known.end)
        if record.script.reads:
            return inf
        upcoming = min(record.script.printed_at(lines), record.script.made_at(outputs))
        return min(known.start + upcoming, known.end)


def _made(script: Script, now_it: Standing) -> int:
    """How many outputs there were events for; an end that takes the outputs away cannot take those back."""
    if now_it.started is None:
        return 0
    return script.results if now_it.status == "succeeded" else script.made(now_it.elapsed)


def _value(record: Record, links: Links, index: int) -> Any:
    output = record.script.output
    if output is None:
        return links.output(record.id, index)
    return output[index] if isinstance(output, list) else output


def _event(name: str, value: Any, id: str) -> bytes:
    data = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    # Of all line ends only these are line ends to a reader of events.
    lines = "".join(f"data: {line}\n" for line in re.split("\r\n|\r|\n", data))
    return f"event: {name}\nid: {id}\n{lines}\n".encode("utf-8", "replace")
