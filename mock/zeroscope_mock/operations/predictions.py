"""The operations on predictions."""

from __future__ import annotations

import math
import re
import threading
from dataclasses import replace
from typing import Any

from ..documents.invalid_field import InvalidField
from ..lifecycle.model_input import ModelInput
from ..lifecycle.prompts import apply_prompt
from ..lifecycle.record import Hook, Record
from ..lifecycle.representation import prediction_json
from ..lifecycle.script import default_script
from ..lifecycle.script_values import resolve
from ..lifecycle.timeline import state_at, timeline_of
from ..messages import Response, json_response
from ..problems import invalid, invalid_version, not_found
from ..protocols import Flow
from ..randomness import new_id
from ..state import NESTED_CREATE, State, data_uri, running_script
from ..steps import RunBlocking, WaitForChange
from ..webhooks.events import parse_events_filter
from .calls import Handler, OperationCall
from .models import is_model, is_version, latest_version
from .response_cache import ResponseCache

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")
_MAX_DIGITS = 12


class Predictions:
    """Creates, reads, lists and cancels predictions."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._creating = False
        self._responses = ResponseCache()
        self.handlers: dict[str, Handler] = {
            "cancelPrediction": self._cancel,
            "createModelPrediction": self._create_of_model,
            "createPrediction": self._create,
            "getPrediction": self._get,
            "listPredictions": self._list,
        }

    def _list(self, call: OperationCall) -> Response:
        page = self._state.store.page(call.tenant, call.arguments.get("cursor") or None)
        if page is None:
            return invalid([InvalidField("invalid_cursor", "cursor", "Invalid cursor")])
        links = self._state.links(self._state.base_url(call.request.head), call.prefix)
        now = self._state.clock.time()
        body = {
            "next": links.page("listPredictions", page.next),
            "previous": links.page("listPredictions", page.previous),
            # A list of inline videos would be too long, so the entries lack them.
            "results": [
                {**self._json(record, call, now), **({"output": None} if self._inline(record, now) else {})}
                for record in page.records
            ],
        }
        return json_response(200, body)

    def _create(self, call: OperationCall) -> Response | Flow[Response]:
        version = str(call.body.get("version"))
        return self._start(call, version) if is_version(version) else invalid_version()

    def _create_of_model(self, call: OperationCall) -> Response | Flow[Response]:
        version = latest_version(self._state.spec)
        if version is None or not is_model(self._state.spec, call.arguments["owner"], call.arguments["name"]):
            return not_found(f"model {call.arguments['owner']}/{call.arguments['name']}")
        return self._start(call, version)

    def _start(self, call: OperationCall, version: str) -> Response | Flow[Response]:
        holds = self._state.dialect.holds
        record = self._new(call, version, _seconds(call.arguments.get("Cancel-After")) if holds else None)
        dropped = self._state.store.add(record)
        if dropped is not None:
            self._state.changes.notify(dropped.id)
            if dropped.hook is not None:
                self._state.webhooks.forget(dropped.id)
        if record.hook is not None:
            self._state.webhooks.add(record)
        if holds and (prefer := call.arguments.get("Prefer")):
            return self._held(call, record, prefer)
        if self._inline(record, record.created):
            return self._answer(call, record, 201)
        return self._state.dialect.created(201, self._json(record, call, record.created))

    def _new(self, call: OperationCall, version: str, lifetime: float | None) -> Record:
        state, sent = self._state, call.body.get("input", {})
        if self._creating:
            raise RuntimeError(NESTED_CREATE)
        number = state.store.of_tenant(call.tenant).next
        random = state.random_bytes("prediction", call.tenant, number)
        wanted = ModelInput.read(sent, state.spec.input_defaults)
        settings = state.settings
        script = default_script(wanted, random, streams=settings.streams, inline=settings.inline_outputs)
        script = apply_prompt(wanted.prompt, script)
        if (source := state.scripts.take(call.tenant)) is not None:
            self._creating = True
            mark = running_script.set((state, threading.get_ident()))
            try:
                script, raised = resolve(source, script, sent)
            finally:
                running_script.reset(mark)
                self._creating = False
            call.notes.extend([raised] if raised else [])
        return Record(
            id=new_id(random),
            tenant=call.tenant,
            number=number,
            created=state.clock.time(),
            version=version,
            input=sent,
            script=script,
            hook=self._hook(call),
            stream=call.body.get("stream", False),
            lifetime=lifetime,
        )

    def _hook(self, call: OperationCall) -> Hook | None:
        url = call.body.get("webhook")
        if not url:
            return None
        events = parse_events_filter(call.body.get("webhook_events_filter"), self._state.spec.enum("WebhookEvent"))
        return Hook(url, events, self._state.base_url(call.request.head), call.prefix)

    def _held(self, call: OperationCall, record: Record, prefer: str) -> Flow[Response]:
        """Answer once the prediction has ended, or after the time that the client will wait."""
        clock, condition = self._state.clock, self._state.changes.of(record.id)
        seconds = prefer.partition("=")[2]
        # The time of day may be set back meanwhile, and must not make the client wait longer.
        until = clock.monotonic() + (float(seconds) if seconds else self._state.spec.default_hold())
        while (left := min(until - clock.monotonic(), timeline_of(record).end - clock.time())) > 0:
            # Another request may end it earlier.
            yield WaitForChange(clock.monotonic() + left, condition, condition.version)
            if self._state.store.prediction(record.id) is not record:
                return not_found(f"prediction {record.id!r}")
        now = clock.time()
        ended = state_at(record, now).ended is not None
        response = yield from self._answer(call, record, 201 if ended else 202, held=not ended)
        return replace(response, headers=(*response.headers, ("preference-applied", prefer)))

    def _answer(self, call: OperationCall, record: Record, status: int, *, held: bool = False) -> Flow[Response]:
        body = yield from self._full_json(record, call, held=held)
        return self._state.dialect.created(status, body)

    def _get(self, call: OperationCall) -> Response | Flow[Response]:
        record = self._state.store.prediction(call.arguments["prediction_id"], call.tenant)
        if record is None:
            return not_found(f"prediction {call.arguments['prediction_id']!r}")
        now = self._state.clock.time()
        if record.script.reads and len(record.reads) < record.script.reads and state_at(record, now).ended is None:
            record.reads = (*record.reads, now)
            self._changed(record)
        return self._read(record, call, now)

    def _cancel(self, call: OperationCall) -> Response | Flow[Response]:
        record = self._state.store.prediction(call.arguments["prediction_id"], call.tenant)
        if record is None:
            return not_found(f"prediction {call.arguments['prediction_id']!r}")
        now = self._state.clock.time()
        if state_at(record, now).ended is None:
            record.canceled = now
            self._changed(record)
        return self._read(record, call, now)

    def _changed(self, record: Record) -> None:
        """Tell those who wait that a request has changed a prediction."""
        if record.hook is not None:
            self._state.webhooks.update(record)
        self._state.changes.notify(record.id)

    def _read(self, record: Record, call: OperationCall, now: float) -> Response | Flow[Response]:
        if self._inline(record, now):
            return self._read_inline(record, call)
        links = self._state.links(self._state.base_url(call.request.head), call.prefix)
        if cached := self._responses.get(record, now, links):
            return cached
        body = prediction_json(record, now, links, model=self._state.spec.model)
        return self._responses.put(json_response(200, body), record, now, links)

    def _read_inline(self, record: Record, call: OperationCall) -> Flow[Response]:
        body = yield from self._full_json(record, call)
        return json_response(200, body)

    def _inline(self, record: Record, now: float) -> bool:
        return record.script.inline and record.script.output is None and state_at(record, now).made > 0

    def _full_json(self, record: Record, call: OperationCall, *, held: bool = False) -> Flow[dict[str, Any]]:
        """A prediction as JSON, with its videos as `data:` URIs if its script says so."""
        now = self._state.clock.time()
        body = self._json(record, call, now, held=held)
        if self._inline(record, now) and not held:
            body["output"] = []
            for index in range(state_at(record, now).made):
                video = yield RunBlocking(self._state.video(record, index))
                body["output"].append(data_uri(video))
        return body

    def _json(self, record: Record, call: OperationCall, now: float, *, held: bool = False) -> dict[str, Any]:
        links = self._state.links(self._state.base_url(call.request.head), call.prefix)
        return prediction_json(record, now, links, model=self._state.spec.model, held=held)


def _seconds(duration: str | None) -> float | None:
    """The seconds of a duration such as `1h30m45s` or `90`, whose form the document has validated."""
    if duration is None:
        return None
    found = _DURATION.fullmatch(duration)
    parts = found.groups("0") if found else ("0", "0", "0")
    if any(len(part.lstrip("0")) > _MAX_DIGITS for part in parts):
        return math.inf
    hours, minutes, seconds = (int(part[-_MAX_DIGITS:]) for part in parts)
    return float(hours * 3600 + minutes * 60 + seconds)
