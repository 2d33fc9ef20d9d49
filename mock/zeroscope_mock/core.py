"""One request in, one response out: the server without a door."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import Any

from .control.operations import PREFIX, Control
from .dispatch import Envelope, open_envelope
from .documents.spec import Spec
from .journal import Journal
from .messages import Headers, Request, Response
from .operations.calls import Handler
from .operations.catalog import Catalog
from .operations.files import Files
from .operations.predictions import Predictions
from .operations.streams import Delivery
from .operations.webhooks import Webhooks
from .problems import problem
from .protocols import Clock
from .settings import Settings
from .state import State
from .steps import ConnectionCutError, Flow, drive

_log = logging.getLogger("zeroscope_mock")
_CONTROL = f"{PREFIX}/"


class Core:
    """Answers requests by the document, on a clock, without any I/O. Threads may share it.

    A request that the document forbids is refused as the service refuses it. An operation of the document that the
    server has no handler for is answered with a sample of what the document describes.

    Args:
        spec: the document.
        clock: tells the time.
        settings: what the server was told.
    """

    def __init__(self, spec: Spec, clock: Clock, settings: Settings) -> None:
        self.body_limit = max(settings.json_limit, settings.file_limit)
        self.clock = clock
        self.state = State(spec, clock, settings)
        self._control = Control(self.state) if settings.control else None
        self._handlers: dict[str, Handler] = {}
        for operations in (Predictions, Files, Webhooks, Delivery, Catalog):
            self._handlers |= operations(self.state).handlers

    @property
    def journal(self) -> Journal:
        """What was asked and answered."""
        return self.state.journal

    @property
    def document(self) -> Mapping[str, Any]:
        """The OpenAPI document that is followed."""
        return self.state.spec.document

    def handle(self, request: Request) -> Response:
        """Answer one request in this thread.

        Raises:
            ConnectionCutError: if a fault cuts the connection.
        """
        response = drive(self.flow(request), self.clock)
        self.clock.settle()
        return response

    def flow(self, request: Request) -> Flow[Response]:
        """Answer one request and write both down.

        Raises:
            ConnectionCutError: if a fault cuts the connection.
        """
        state = self.state
        if state.reload is not None:
            state.reload.check()
        head = request.head
        if self._control is not None and (head.path.startswith(_CONTROL) or head.path == PREFIX):
            return (yield from self._control.flow(request))
        envelope = Envelope.of(head, state.spec)
        operation = envelope.operation.id if envelope.operation else None
        time, notes = state.clock.time(), list[str]()
        fault = state.faults.take(operation=operation, method=head.method, path=head.path, tenant=envelope.tenant)
        answer = self._answer(envelope, request, notes)
        response = None
        try:
            response = yield from fault.around(answer) if fault else answer
            return response
        except GeneratorExit:
            notes.append("the client went away before it was answered")
            raise
        except ConnectionCutError:
            raise
        except Exception as error:
            # Not to be seen anywhere would be the worst that a mistake of the server could do.
            _log.exception("%s %s could not be answered", head.method, head.path)
            notes.append(traceback.format_exc())
            response = problem(500, f"The mock server failed: {type(error).__name__}: {error}. Its journal says where.")
            return response
        finally:
            state.journal.record(
                request,
                response,
                time=time,
                operation=operation,
                tenant=envelope.tenant,
                token=envelope.token,
                fault=str(fault) if fault else None,
                note="\n".join(notes) or None,
            )

    def _answer(self, envelope: Envelope, request: Request, notes: list[str]) -> Flow[Response]:
        state = self.state
        state.check_script()
        opened = open_envelope(envelope, request, self._handlers, state.settings, notes)
        if isinstance(opened, Response):
            return opened
        call, handler = opened
        headers: Headers = ()
        if state.limits.in_force and envelope.operation and envelope.operation.protected:
            with state.lock:
                refusal, headers = state.limits.take(envelope.operation.id, call.tenant, state.clock.time())
            if refusal is not None:
                return refusal
        with state.lock:
            result = handler(call)
        response = (yield from self._alone(result)) if isinstance(result, Generator) else result
        return replace(response, headers=(*response.headers, *headers)) if headers else response

    def _alone(self, result: Flow[Response]) -> Flow[Response]:
        """Let a handler think alone, and let others think while it waits."""
        answer: Any = None
        while True:
            with self.state.lock:
                try:
                    step = result.send(answer)
                except StopIteration as end:
                    response: Response = end.value
                    return response
            answer = yield step
