"""The operations on predictions."""

from __future__ import annotations

import math
import re
import threading
from dataclasses import replace
from typing import Any

from ..dialects import read_events
from ..lifecycle.prompts import steer
from ..lifecycle.script import ModelInput, write_script
from ..lifecycle.scripts import follow
from ..lifecycle.timeline import Hook, Record, course, describe, standing
from ..messages import Response, json_response
from ..problems import InvalidField, invalid, invalid_version, not_found
from ..randomness import new_id
from ..state import BUSY_SCRIPT, State, deciding, inline
from ..steps import Flow, Sleep, Work
from .calls import Call, Handler
from .models import is_model, is_version, latest_version
from .response_cache import Answers

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")
_MOST_DIGITS = 12


class Predictions:
    """Creates, reads, lists and cancels predictions.

    Args:
        state: the server's.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._creating = False
        self._answers = Answers()
        self.handlers: dict[str, Handler] = {
            "cancelPrediction": self._cancel,
            "createModelPrediction": self._create_of_model,
            "createPrediction": self._create,
            "getPrediction": self._get,
            "listPredictions": self._list,
        }

    def _list(self, call: Call) -> Response:
        page = self._state.store.page(call.tenant, call.arguments.get("cursor") or None)
        if page is None:
            return invalid([InvalidField("invalid_cursor", "cursor", "Invalid cursor")])
        addresses = self._state.addresses(call.request.head.origin, call.prefix)
        now = self._state.clock.time()
        body = {
            "next": addresses.page("listPredictions", page.next),
            "previous": addresses.page("listPredictions", page.previous),
            # A list of inline videos would be too long for anybody, so the entries lack them.
            "results": [
                {**self._body(record, call, now), **({"output": None} if self._inline(record, now) else {})}
                for record in page.records
            ],
        }
        return json_response(200, body)

    def _create(self, call: Call) -> Response | Flow[Response]:
        version = str(call.body.get("version"))
        return self._start(call, version) if is_version(version) else invalid_version()

    def _create_of_model(self, call: Call) -> Response | Flow[Response]:
        version = latest_version(self._state.spec)
        if version is None or not is_model(self._state.spec, call.arguments["owner"], call.arguments["name"]):
            return not_found()
        return self._start(call, version)

    def _start(self, call: Call, version: str) -> Response | Flow[Response]:
        holds = self._state.dialect.holds
        record = self._new(call, version, _seconds(call.arguments.get("Cancel-After")) if holds else None)
        dropped = self._state.store.add(record)
        if dropped is not None and dropped.hook is not None:
            self._state.courier.forget(dropped.id)
        if record.hook is not None:
            self._state.courier.add(record)
        if holds and (prefer := call.arguments.get("Prefer")):
            return self._held(call, record, prefer)
        if self._inline(record, record.created):
            return self._answer(call, record, 201)
        return self._state.dialect.created(201, self._body(record, call, record.created))

    def _new(self, call: Call, version: str, lifetime: float | None) -> Record:
        state, sent = self._state, call.body.get("input", {})
        if self._creating:
            raise RuntimeError(BUSY_SCRIPT)
        number = state.store.shelf(call.tenant).next
        dice = state.dice("prediction", call.tenant, number)
        wanted = ModelInput.read(sent, state.spec.input_defaults)
        settings = state.settings
        usual = write_script(wanted, dice, streams=settings.streams, inline=settings.inline_outputs)
        script = steer(wanted.prompt, usual)
        if (told := state.scripts.take(call.tenant)) is not None:
            self._creating = True
            mark = deciding.set((state, threading.get_ident()))
            try:
                script, raised = follow(script, told, sent)
            finally:
                deciding.reset(mark)
                self._creating = False
            call.notes.extend([raised] if raised else [])
        return Record(
            id=new_id(dice),
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

    def _hook(self, call: Call) -> Hook | None:
        url = call.body.get("webhook")
        if not url:
            return None
        events = read_events(call.body.get("webhook_events_filter"), self._state.spec.enum("WebhookEvent"))
        return Hook(url, events, call.request.head.origin, call.prefix)

    def _held(self, call: Call, record: Record, prefer: str) -> Flow[Response]:
        """Answer once the prediction has ended or the time that the client is ready to wait is up."""
        clock = self._state.clock
        seconds = prefer.partition("=")[2]
        # The time of day may be set back meanwhile, and must not make the client wait longer.
        until = clock.monotonic() + (float(seconds) if seconds else self._state.spec.default_hold())
        while (left := min(until - clock.monotonic(), course(record).end - clock.time())) > 0:
            # Another request may end it earlier, so look again from time to time.
            yield Sleep(min(left, clock.glance))
            if self._state.store.prediction(record.id) is not record:
                return not_found()
        now = clock.time()
        ended = standing(record, now).ended is not None
        response = yield from self._answer(call, record, 201 if ended else 202, held=not ended)
        return replace(response, headers=(*response.headers, ("preference-applied", prefer)))

    def _answer(self, call: Call, record: Record, status: int, *, held: bool = False) -> Flow[Response]:
        body = yield from self._full_body(record, call, held=held)
        return self._state.dialect.created(status, body)

    def _get(self, call: Call) -> Response | Flow[Response]:
        record = self._state.store.prediction(call.arguments["prediction_id"], call.tenant)
        if record is None:
            return not_found()
        now = self._state.clock.time()
        if record.script.reads and len(record.reads) < record.script.reads and standing(record, now).ended is None:
            record.reads = (*record.reads, now)
            if record.hook is not None:
                self._state.courier.update(record)
        return self._read(record, call, now)

    def _cancel(self, call: Call) -> Response | Flow[Response]:
        record = self._state.store.prediction(call.arguments["prediction_id"], call.tenant)
        if record is None:
            return not_found()
        now = self._state.clock.time()
        if standing(record, now).ended is None:
            record.canceled = now
            if record.hook is not None:
                self._state.courier.update(record)
        return self._read(record, call, now)

    def _read(self, record: Record, call: Call, now: float) -> Response | Flow[Response]:
        if self._inline(record, now):
            return self._read_inline(record, call)
        addresses = self._state.addresses(call.request.head.origin, call.prefix)
        if kept := self._answers.find(record, now, addresses):
            return kept
        body = describe(record, now, addresses, model=self._state.spec.model)
        return self._answers.keep(json_response(200, body), record, now, addresses)

    def _read_inline(self, record: Record, call: Call) -> Flow[Response]:
        body = yield from self._full_body(record, call)
        return json_response(200, body)

    def _inline(self, record: Record, now: float) -> bool:
        return record.script.inline and record.script.output is None and standing(record, now).made > 0

    def _full_body(self, record: Record, call: Call, *, held: bool = False) -> Flow[dict[str, Any]]:
        """A prediction with its videos in it, if that is how it answers them."""
        now = self._state.clock.time()
        body = self._body(record, call, now, held=held)
        if self._inline(record, now) and not held:
            body["output"] = []
            for index in range(standing(record, now).made):
                video = yield Work(self._state.video(record, index))
                body["output"].append(inline(video))
        return body

    def _body(self, record: Record, call: Call, now: float, *, held: bool = False) -> dict[str, Any]:
        addresses = self._state.addresses(call.request.head.origin, call.prefix)
        return describe(record, now, addresses, model=self._state.spec.model, held=held)


def _seconds(duration: str | None) -> float | None:
    """The length of a duration such as `1h30m45s` or `90`, of which the document has checked the form."""
    if duration is None:
        return None
    found = _DURATION.fullmatch(duration)
    parts = found.groups("0") if found else ("0", "0", "0")
    if any(len(part.lstrip("0")) > _MOST_DIGITS for part in parts):
        return math.inf
    hours, minutes, seconds = (int(part[-_MOST_DIGITS:]) for part in parts)
    return float(hours * 3600 + minutes * 60 + seconds)
