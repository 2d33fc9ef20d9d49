"""Starts, reads and cancels runs: predictions and trainings."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

from ..cog.secret_fields import likely_secrets, secret_texts, without_secrets
from ..documents.links import Links
from ..lifecycle.blocking import blocking_state
from ..lifecycle.record import RETENTION, Hook, Record, RunKind
from ..lifecycle.script import Script
from ..lifecycle.timeline import state_at, state_until, timeline_of
from ..messages import Headers, Response, json_response
from ..problems import not_found
from ..protocols import Flow
from ..randomness import new_id
from ..state import NESTED_CREATE, State
from ..steps import WaitForChange
from ..webhooks.events import parse_events_filter
from .calls import OperationCall
from .response_cache import ResponseCache
from .run_bodies import RunBodies
from .run_scripts import decide_script, without_texts
from .standstill import StandstillDetector, with_notice
from .version_references import VersionReference

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")
_MAX_DIGITS = 12


class Runs:
    """Starts, reads and cancels runs.

    Args:
        state: The server's.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._bodies = RunBodies(state)
        self._responses = ResponseCache()
        self._standstill = StandstillDetector(state.clock)

    def start(
        self,
        call: OperationCall,
        version: VersionReference,
        *,
        kind: RunKind = "prediction",
        deployment: str | None = None,
        output: Callable[[str], Any] | None = None,
        register: Callable[[Record], Response | None] | None = None,
    ) -> Response | Flow[Response]:
        """Start a run, and answer the call that creates it.

        Args:
            call: The call, with `input` and perhaps a webhook in its body.
            version: The version that runs.
            kind: What is started.
            deployment: The owner and name of the deployment that runs it.
            output: Makes the output of a success from the run's id; by default the model makes it.
            register: Called with the record of the run before that is stored; may return a response that refuses it.
        """
        if version.guessed:
            call.notes.append(
                f"this server does not know the model {version.model}: the input was not checked, and the output is a "
                "guess"
            )
        holds = self._state.dialect.holds
        lifetime = _seconds(call.arguments.get("Cancel-After")) if holds else None
        record = self._record(call, version, kind, deployment, lifetime, output)
        if register is not None and (refused := register(record)):
            return refused
        call.notes.run = record.id
        dropped = self._state.store.add(record)
        if dropped is not None:
            self._state.registry.drop_training(dropped.id)
            self._state.changes.notify(dropped.id)
            if dropped.hook is not None:
                self._state.webhooks.forget(dropped.id)
        if record.hook is not None:
            self._state.webhooks.add(record)
        if holds and (prefer := call.arguments.get("Prefer")):
            return self._held(call, record, prefer)
        if self._bodies.inline(record, record.created):
            return self._inline_create(call, record)
        return self._state.dialect.created(201, self._bodies.brief(record, call, record.created))

    def read(self, call: OperationCall, record: Record) -> Response | Flow[Response]:
        """Answer a call that reads a run, which may move it on."""
        call.notes.run, now = record.id, self._state.clock.time()
        if record.script.reads and len(record.reads) < record.script.reads and state_at(record, now).ended is None:
            record.reads = (*record.reads, now)
            self._changed(record)
        return _noted(call, self._response(call, record, now), self._standstill.notice(record))

    def items(self, call: OperationCall, records: Sequence[Record], now: float) -> list[bytes]:
        """The JSON of runs at a moment, as reads of them show it, for the response to a call that lists them."""
        links = self._bodies.links(call)
        cached = self._responses.get(records, now, links)
        bodies = [
            (response or self._item(call, record, now, links)).body
            for response, record in zip(cached, records, strict=True)
        ]
        # None of them is a stream.
        return cast("list[bytes]", bodies)

    def listed(
        self, call: OperationCall, kind: RunKind, records: Sequence[Record], response: Response
    ) -> Response | Flow[Response]:
        """Return the response to a call that lists runs, with a notice if the client polls in vain."""
        cursor = call.arguments.get("cursor") or ""
        return _noted(call, response, self._standstill.notice_of_list(call.tenant, cursor, kind, records))

    def cancel(self, call: OperationCall, record: Record) -> Response | Flow[Response]:
        """End a run unless it has ended, and answer the call that cancels it."""
        call.notes.run, now = record.id, self._state.clock.time()
        if state_at(record, now).ended is None:
            record.canceled = now
            self._changed(record)
        return self._response(call, record, now)

    def _changed(self, record: Record) -> None:
        """Tell those who wait that a request has changed a run."""
        self._state.store.touch(record)
        if record.hook is not None:
            self._state.webhooks.update(record)
        self._state.changes.notify(record.id)

    def _response(self, call: OperationCall, record: Record, now: float) -> Response | Flow[Response]:
        if self._bodies.inline(record, now):
            return self._inline_response(call, record)
        links = self._bodies.links(call)
        (cached,) = self._responses.get((record,), now, links)
        return cached or self._put(call, record, now, links)

    def _put(self, call: OperationCall, record: Record, now: float, links: Links) -> Response:
        state, until = state_until(record, now)
        response = json_response(200, self._bodies.brief(record, call, now, state, links))
        return self._responses.put(response, record, now, until, links)

    def _item(self, call: OperationCall, record: Record, now: float, links: Links) -> Response:
        if self._bodies.inline(record, now):
            # A list of inline files would be too long, so the items lack them.
            return json_response(200, {**self._bodies.brief(record, call, now), "output": None})
        return self._put(call, record, now, links)

    def _inline_response(self, call: OperationCall, record: Record) -> Flow[Response]:
        body = yield from self._bodies.complete(record, call, self._state.clock.time())
        return json_response(200, body)

    def _inline_create(self, call: OperationCall, record: Record) -> Flow[Response]:
        body = yield from self._bodies.complete(record, call, record.created)
        return self._state.dialect.created(201, body)

    def _record(
        self,
        call: OperationCall,
        version: VersionReference,
        kind: RunKind,
        deployment: str | None,
        lifetime: float | None,
        output: Callable[[str], Any] | None,
    ) -> Record:
        state, sent = self._state, call.body.get("input", {})
        if state.deciding:
            raise RuntimeError(NESTED_CREATE)
        number = state.store.next_number(call.tenant, kind)
        random = state.random_bytes(kind, call.tenant, number)
        id = new_id(random)
        script = decide_script(state, call, version, kind, random, None if output is None else output(id))
        secrets = likely_secrets(sent) if version.guessed else state.secret_fields(version.schema, kind)
        if secrets:
            call.notes.secrets = tuple(secrets)
            script = without_texts(script, secret_texts(sent, secrets))
            sent = without_secrets(sent, secrets)
        return Record(
            id=id,
            tenant=call.tenant,
            number=number,
            created=state.clock.time(),
            version=version.id,
            input=sent,
            script=script,
            hook=self._hook(call, script),
            stream=call.body.get("stream", False),
            lifetime=lifetime,
            model=version.model,
            deployment=deployment,
            kind=kind,
            speed=state.speed,
            schema=version.schema,
            retention=RETENTION if state.spec.retention is None else state.spec.retention,
        )

    def _hook(self, call: OperationCall, script: Script) -> Hook | None:
        url = call.body.get("webhook")
        if not url:
            return None
        spec, filter = self._state.spec, call.body.get("webhook_events_filter")
        default = next(
            events
            for events in (script.webhook_events, self._state.settings.webhook_events, spec.default_events)
            if events is not None
        )
        events = parse_events_filter(default if filter is None else filter, spec.enum("WebhookEvent"))
        repeated = filter if self._state.dialect.current else None
        return Hook(url, events, self._state.base_url(call.request.head), call.prefix, repeated)

    def _held(self, call: OperationCall, record: Record, prefer: str) -> Flow[Response]:
        """Answer once the run has ended, or after the time that the client will wait."""
        clock, condition = self._state.clock, self._state.changes.of(record.id)
        seconds = prefer.partition("=")[2]
        # The time of day may be set back meanwhile, and must not make the client wait longer.
        until = clock.monotonic() + (float(seconds) if seconds else self._state.spec.default_hold)
        while (left := min(until - clock.monotonic(), timeline_of(record).end - clock.time())) > 0:
            # Another request may end it earlier.
            yield WaitForChange(clock.monotonic() + left, condition, condition.version)
            if self._state.store.prediction(record.id) is not record:
                return not_found(f"prediction {record.id!r}")
        now = clock.time()
        ended = state_at(record, now).ended is not None
        body = yield from self._bodies.complete(record, call, now, blocking_state(record, now))
        response = self._state.dialect.created(201 if ended else 202, body)
        headers: Headers = (("preference-applied", prefer),)
        if not ended:
            headers = (*headers, ("location", self._bodies.links(call).prediction(record.id)))
        return replace(response, headers=(*response.headers, *headers))


def _noted(call: OperationCall, answer: Response | Flow[Response], notice: str | None) -> Response | Flow[Response]:
    """A response with a notice, if there is one, in its header and in the journal."""
    if notice is None:
        return answer
    call.notes.append(notice)
    return with_notice(answer, notice)


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
