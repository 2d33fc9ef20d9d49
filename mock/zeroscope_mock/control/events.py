"""The operation under `/_mock/` that streams what happens on the server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..journal.summary import summary
from ..messages import Response, Stream
from ..operations.calls import Handler, OperationCall
from ..state import State
from ..steps import Pause, Watch
from .calls import scope
from .changes import Changes
from .deliveries import attempt_json

KEEP_ALIVE = 15.0
"""The real seconds without an event after which a comment is sent, so that proxies keep the connection."""

# The real seconds between two batches, and how many exchanges one has at most; more are only counted. So a page that is
# open costs a server under load a few hundredths of its time.
_BATCH_SECONDS, _BATCH = 0.05, 50
_MAX_REPLAYED = 10_000


class EventOperations:
    """Streams exchanges, deliveries and changes by the control interface, as they happen.

    Args:
        state: The server's.
        changes: Counts the changes by the control interface.
    """

    def __init__(self, state: State, changes: Changes) -> None:
        self._state = state
        self._changes = changes
        self.handlers: dict[str, Handler] = {"streamEvents": self._stream}

    def _stream(self, call: OperationCall) -> Response:
        last, after = call.arguments["Last-Event-ID"] or "", call.arguments["after"]
        start = int(last) if last.isascii() and last.isdigit() else None if after is None else int(after)
        headers = (("content-type", "text/event-stream"), ("cache-control", "no-store"))
        return Response(200, headers, Stream(lambda: self._events(start, scope(call))))

    def _events(self, start: int | None, tenant: str | None) -> Iterator[bytes | Pause]:
        """The events after the exchange that has the number `start`; without one, those from now on.

        Nothing is kept for a stream: it remembers how far it is, and reads on there when its client can take more.
        """
        journal, attempts = self._state.journal, self._state.webhooks.deliveries
        conditions = journal.condition, attempts.condition, self._changes.condition
        generation, number = journal.generation, journal.last
        attempted, changed = attempts.total, self._changes.counts
        yield _event("ready", {"last": number})
        if start is not None:
            for one in journal.since(max(start, number - _MAX_REPLAYED)):
                if tenant in (None, one.tenant):
                    yield _event("exchange", summary(one), one.number)
                number = one.number
        while True:
            # Before the look at what is new, so that the wait below misses nothing.
            seen = tuple(condition.version for condition in conditions)
            if generation != journal.generation:
                generation, number = journal.generation, 0
            skipped = max(0, journal.last - number - _BATCH)
            new = journal.since(number + skipped)
            pieces = [_event("skipped", {"exchanges": skipped})] if skipped else []
            pieces += [_event("exchange", summary(one), one.number) for one in new if tenant in (None, one.tenant)]
            number = new[-1].number if new else number
            sent, attempted = attempts.since(attempted)
            shown = [attempt_json(one, brief=True) for one in sent if tenant in (None, one.tenant)]
            pieces += [_event("delivery", one) for one in shown]
            counts = self._changes.counts
            pieces += [_event("change", {"kind": kind}) for kind in counts if counts[kind] != changed.get(kind)]
            changed = counts
            if pieces:
                yield b"".join(pieces)
                yield Watch((), (), _BATCH_SECONDS)
                continue
            watch = Watch(conditions, seen, KEEP_ALIVE)
            yield watch
            if not watch.changed:
                yield b": nothing new yet\n\n"


def _event(name: str, value: Any, id: int | None = None) -> bytes:
    mark = "" if id is None else f"id: {id}\n"
    return f"event: {name}\n{mark}data: {json.dumps(value, ensure_ascii=False)}\n\n".encode("utf-8", "replace")
