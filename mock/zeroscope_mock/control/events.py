"""The operation under `/_mock/` that streams what happens on the server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from ..journal import News
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
# An id has the generation of the journal's numbers and a number; without the first, that of today is meant.
_ID = re.compile(r"(?:([0-9]{1,15})-)?([0-9]{1,15})")


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
        found, after = _ID.fullmatch(call.arguments["Last-Event-ID"] or ""), call.arguments["after"]
        start = (found[1], int(found[2])) if found else None if after is None else (None, int(after))
        headers = (("content-type", "text/event-stream"), ("cache-control", "no-store"))
        return Response(200, headers, Stream(lambda: self._events(start, scope(call))))

    def _events(self, start: tuple[str | None, int] | None, tenant: str | None) -> Iterator[bytes | Pause]:
        """The events after the exchange with a generation and a number; without these, those from now on.

        Nothing is kept for a stream: it remembers how far it is, and reads on there when its client can take more.
        """
        journal, attempts = self._state.journal, self._state.webhooks.deliveries
        conditions = journal.condition, attempts.condition, self._changes.condition
        news = journal.news(0, 0)
        generation, revision, number = news.generation, news.revision, news.last
        attempted, changed = attempts.total, self._changes.counts
        yield _ready(news)
        if start is not None:
            of, after = start
            # A higher number was another server's.
            others = of is not None and (int(of) != generation or after > number)
            news = journal.news(0 if others else min(after, number), _MAX_REPLAYED, tenant)
            if news.generation == generation:
                yield b"".join(_exchanges(news))
                number = news.last
        while True:
            # Before the look at what is new, so that the wait below misses nothing.
            seen = tuple(condition.version for condition in conditions)
            news = journal.news(number, _BATCH, tenant, generation)
            pieces = [_ready(news)] if (news.generation, news.revision) != (generation, revision) else []
            generation, revision, number = news.generation, news.revision, news.last
            pieces += _exchanges(news)
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


def _ready(news: News) -> bytes:
    return _event("ready", {"last": news.last, "generation": news.generation})


def _exchanges(news: News) -> list[bytes]:
    """The events of new exchanges, after one for those that are left out."""
    skipped = [_event("skipped", {"exchanges": news.skipped})] if news.skipped else []
    return skipped + [_event("exchange", summary(one), f"{news.generation}-{one.number}") for one in news.exchanges]


def _event(name: str, value: Any, id: str | None = None) -> bytes:
    mark = "" if id is None else f"id: {id}\n"
    return f"event: {name}\n{mark}data: {json.dumps(value, ensure_ascii=False)}\n\n".encode("utf-8", "replace")
