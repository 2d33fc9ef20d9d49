"""A prediction's events as server-sent events, and its videos: what the service answers without a token."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from math import inf
from typing import Any

from .calls import Call, Handler
from .lifecycle import Record, course, describe, standing
from .messages import Response, Stream
from .problems import not_found
from .ranges import ranged
from .state import Links, State
from .steps import Flow, Sleep, Work

_OUTPUT = re.compile(r"output-(0|[1-9][0-9]{0,6})\.mp4")
_EVENT_ID = re.compile(r"(\d{1,9})-(\d{1,9})")


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
        return ranged(call.request, video, "video/mp4")

    def _stream(self, call: Call) -> Response:
        record = self._state.store.prediction(call.arguments["prediction_id"])
        if record is None or not record.streams or standing(record, self._state.clock.time()).removed:
            return not_found()
        headers = (("content-type", "text/event-stream"), ("cache-control", "no-store"))
        links = self._state.addresses(call.request.origin, call.prefix)
        last: str | None = call.arguments.get("Last-Event-ID")
        return Response(200, headers, Stream(lambda: self._events(record, links, last)))

    def _events(self, record: Record, links: Links, last: str | None) -> Iterator[bytes | Sleep]:
        """The events after the last one that the client has seen, as they come."""
        clock, script = self._state.clock, record.script
        # An event's id says how many lines and outputs came up to it, so that nothing has to be remembered for it.
        found = _EVENT_ID.match(last or "")
        lines, outputs = (int(found[1]), int(found[2])) if found else (0, 0)
        while True:
            now_it = standing(record, clock.time())
            printed = script.printed(now_it.elapsed) if now_it.started is not None else 0
            while lines < printed or outputs < now_it.made:
                if lines < printed and (outputs >= now_it.made or script.printed_at(lines) <= script.made_at(outputs)):
                    text = script.logs(lines + 1)[len(script.logs(lines)) :]
                    lines += 1
                    yield _event("logs", text, f"{lines}-{outputs}")
                else:
                    value = self._values(record, links)[outputs]
                    outputs += 1
                    yield _event("output", value, f"{lines}-{outputs}")
            if now_it.ended is not None:
                yield from _end(now_it.status, script.error, f"{lines}-{outputs}")
                return
            yield Sleep(max(0.0, min(self._next(record, lines, outputs) - clock.time(), clock.glance)))

    def _next(self, record: Record, lines: int, outputs: int) -> float:
        """When something more happens, in seconds since 1970, as far as it is known by now."""
        known = course(record)
        if known.start > self._state.clock.time():
            return min(known.start, known.end)
        if record.script.reads:
            return inf
        upcoming = min(record.script.printed_at(lines), record.script.made_at(outputs))
        return min(known.start + upcoming, known.end)

    def _values(self, record: Record, links: Links) -> list[Any]:
        body = describe(record, self._state.clock.time(), links, model=self._state.spec.model)
        return body["output"] if isinstance(body["output"], list) else [body["output"]]


def _end(status: str, error: str | None, id: str) -> Iterator[bytes]:
    if status == "failed":
        yield _event("error", json.dumps({"detail": error}), f"{id}-error")
    reasons = {"failed": {"reason": "error"}, "canceled": {"reason": "canceled"}, "aborted": {"reason": "canceled"}}
    yield _event("done", json.dumps(reasons.get(status, {})), f"{id}-done")


def _event(name: str, value: Any, id: str) -> bytes:
    data = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    # Of all line ends only these are line ends to a reader of events.
    lines = "".join(f"data: {line}\n" for line in re.split("\r\n|\r|\n", data))
    return f"event: {name}\nid: {id}\n{lines}\n".encode("utf-8", "replace")
