"""The operations under `/_mock/` on the predictions and trainings of all tenants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..documents.links import Links
from ..lifecycle.record import Record
from ..lifecycle.representation import output_json
from ..lifecycle.timeline import LifecycleState, state_at
from ..media.formats import content_type
from ..messages import Response, encode, json_response
from ..operations.calls import Handler, OperationCall
from ..operations.outputs import made_suffixes, output_response
from ..operations.run_bodies import RunBodies
from ..protocols import Flow
from ..state import State
from .calls import not_found, scope
from .timeline import exchanges_of, timeline_json

PAGE_SIZE = 100
"""The number of runs on a page, unless the call wants another one."""

# How many runs one call looks at, whatever its filters leave of them.
_MAX_SCANNED = 2000
# The longest text and list in the summary of a run, and its longest list of files.
_MAX_TEXT, _MAX_ITEMS, _MAX_FILES = 2000, 500, 100
# Values whose JSON is shorter need not be shortened.
_SHORT = 2000
_MAX_DEPTH = 20


class RunOperations:
    """Lists predictions and trainings, and returns one with its timeline and its files."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._bodies = RunBodies(state)
        self.handlers: dict[str, Handler] = {
            "getRun": self._get,
            "getRunFile": self._file,
            "listRuns": self._list,
        }

    def _list(self, call: OperationCall) -> Flow[Response]:
        store, arguments = self._state.store, call.arguments
        sequence = store.sequence
        number = sequence.next if arguments["before"] is None else min(int(arguments["before"]), sequence.next)
        end = max(sequence.first, number - (_MAX_SCANNED if _has_filters(call) else _limit(call)))
        records = [(place, sequence.get(place)) for place in range(number - 1, end - 1, -1)]
        first, total = sequence.first, store.held(scope(call))
        # Without the lock: a page takes about a millisecond, and one with filters several.
        return self._page(call, [(place, one) for place, one in records if one is not None], end, first, total)

    def _page(
        self, call: OperationCall, records: list[tuple[int, Record]], end: int, first: int, total: int
    ) -> Flow[Response]:
        yield from ()
        now, links, limit = self._state.clock.time(), self._links(call), _limit(call)
        shown: list[dict[str, Any]] = []
        for place, record in records:
            state = state_at(record, now)
            if not self._is_wanted(call, record, state):
                continue
            shown.append(self._summary(record, state, links))
            if len(shown) == limit:
                end = place
                break
        body = {"total": total, "next": end if end > first else None, "predictions": shown}
        return json_response(200, body)

    def _is_wanted(self, call: OperationCall, record: Record, state: LifecycleState) -> bool:
        arguments = call.arguments
        status, model, tenant = arguments["status"], arguments["model"], arguments["tenant"]
        return (
            scope(call) in (None, record.tenant)
            and status in (None, state.status)
            and (not model or model.lower() in (record.model or "").lower())
            and (not tenant or tenant in (record.tenant, self._state.account(record.tenant)))
            and (not arguments["text"] or _has_text(record, state, arguments["text"].lower()))
        )

    def _get(self, call: OperationCall) -> Response | Flow[Response]:
        record = self._record(call)
        return _missing(call) if record is None else self._whole(call, record)

    def _whole(self, call: OperationCall, record: Record) -> Flow[Response]:
        now, links = self._state.clock.time(), self._links(call)
        state = state_at(record, now)
        shown, hook = not state.removed, record.hook
        exchanges = exchanges_of(self._state.journal, record)
        as_answered = yield from self._bodies.complete(record, replace(call, prefix=self._prefix), now, state)
        body = {
            **self._summary(record, state, links),
            "input": record.input if shown else {},
            "output": output_json(record, state, links),
            "files": self._files(record, state, links, None),
            "logs": as_answered["logs"],
            "webhook": None if hook is None else {"url": hook.url, "events": sorted(hook.events)},
            "json": as_answered,
            "timeline": timeline_json(self._state, record, now, exchanges),
            "exchanges": exchanges,
        }
        return json_response(200, body)

    def _file(self, call: OperationCall) -> Response | Flow[Response]:
        record = self._record(call)
        if record is None:
            return _missing(call)
        number, suffixes = (
            int(call.arguments["number"]),
            made_suffixes(record, state_at(record, self._state.clock.time())),
        )
        if number >= len(suffixes):
            return not_found(f"file {number} of prediction {record.id!r}", f"/predictions/{record.id}")
        return output_response(self._state, call.request.head, record, number, suffixes[number])

    def _record(self, call: OperationCall) -> Record | None:
        return self._state.store.prediction(call.arguments["id"], scope(call))

    @property
    def _prefix(self) -> str:
        return self._state.spec.prefixes[0]

    def _links(self, call: OperationCall) -> Links:
        return self._state.links(self._state.base_url(call.request.head), self._prefix)

    def _summary(self, record: Record, state: LifecycleState, links: Links) -> dict[str, Any]:
        return {
            "id": record.id,
            "kind": record.kind,
            "tenant": record.tenant,
            "account": self._state.account(record.tenant),
            "model": record.model,
            "deployment": record.deployment,
            "version": record.version,
            "status": state.status,
            "created": record.created,
            "started": state.started,
            "ended": state.ended,
            "progress": _progress(record, state),
            "input": {} if state.removed else _shortened(record.input),
            "output": _shortened(output_json(record, state, links)),
            "files": self._files(record, state, links, _MAX_FILES),
            "error": record.script.error if state.status == "failed" else None,
            "removed": state.removed,
            "stream": record.streams,
        }

    def _files(self, record: Record, state: LifecycleState, links: Links, limit: int | None) -> list[dict[str, Any]]:
        return [
            {
                "url": links.output(record.id, number, suffix),
                "path": f"predictions/{record.id}/files/{number}",
                "content_type": content_type(suffix),
            }
            for number, suffix in enumerate(made_suffixes(record, state)[:limit])
        ]


def _limit(call: OperationCall) -> int:
    return int(call.arguments["limit"] or PAGE_SIZE)


def _has_filters(call: OperationCall) -> bool:
    filters = (call.arguments[name] for name in ("status", "model", "tenant", "text"))
    return scope(call) is not None or any(one for one in filters)


def _has_text(record: Record, state: LifecycleState, text: str) -> bool:
    names = (record.id, record.model, record.deployment, record.script.error if state.status == "failed" else None)
    if any(text in name.lower() for name in names if name):
        return True
    if state.removed:
        return False
    output = record.script.output
    made = (output[: state.made] if isinstance(output, list) else output) if state.made else None
    return any(text in one.lower() for one in _texts((record.input, made)))


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    """The texts and numbers in a JSON value."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        if depth < _MAX_DEPTH:
            for one in value:
                yield from _texts(one, depth + 1)
    elif value is not None:
        yield str(value)


def _progress(record: Record, state: LifecycleState) -> float:
    """How far a run is, from 0 to 1."""
    if state.ended is not None:
        return 1.0
    if state.started is None:
        return 0.0
    whole = record.script.run_seconds
    return min(1.0, state.elapsed / whole) if whole else 1.0


def _shortened(value: Any, depth: int = 0) -> Any:
    """A JSON value without what is too long for a list: a file in a data URI may have a megabyte."""
    if isinstance(value, str):
        return value if len(value) <= _MAX_TEXT else f"{value[:_MAX_TEXT]}…"
    if not isinstance(value, Mapping | Sequence):
        return value
    if not depth and len(encode(value)) <= _SHORT:
        return value
    if depth == _MAX_DEPTH:
        return "…"
    if isinstance(value, Mapping):
        return {name: _shortened(one, depth + 1) for name, one in list(value.items())[:_MAX_ITEMS]}
    return [_shortened(one, depth + 1) for one in value[:_MAX_ITEMS]]


def _missing(call: OperationCall) -> Response:
    return not_found(f"prediction {call.arguments['id']!r}", "/predictions")
