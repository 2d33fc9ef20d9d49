"""The core, which turns one request into one response without I/O."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any

from .cog import ModelSchema
from .compression import compress
from .control.calls import PREFIX
from .control.ui import UI_PATH, redirect, wants_page
from .cross_origin import normal_form, share
from .dispatch import RoutedRequest, answer_head, note_refusal, prepare_call
from .documents.spec import Spec
from .journal import ExchangeNotes, Journal
from .lifecycle.timeline import state_at
from .messages import Head, Headers, Request, Response
from .operations.accounts import Accounts
from .operations.calls import Handler
from .operations.collections import Collections
from .operations.deployments import Deployments
from .operations.files import Files
from .operations.input_schemas import find_input_schema, find_secret_fields
from .operations.models import Models
from .operations.outputs import Outputs
from .operations.predictions import Predictions
from .operations.streams import EventStreams
from .operations.trainings import Trainings
from .operations.versions import Versions
from .operations.webhooks import WebhookSecrets
from .problems import problem
from .protocols import Clock, Flow
from .settings import Settings
from .state import State
from .steps import ConnectionCutError, drive

if TYPE_CHECKING:
    from .control.operations import Control

_log = logging.getLogger("zeroscope_mock")
_CONTROL = f"{PREFIX}/"
_OPERATIONS = (
    Predictions,
    Files,
    WebhookSecrets,
    Outputs,
    EventStreams,
    Accounts,
    Collections,
    Models,
    Versions,
    Trainings,
    Deployments,
)


class Core:
    """Answers requests by the document, on a clock, without I/O. Threads may share it.

    A request that the document does not allow is refused as the service refuses it. An operation of the document that
    has no handler is answered with a sample of the response that the document describes.

    Args:
        spec: The document.
        clock: The clock.
        settings: The server's settings.
    """

    def __init__(self, spec: Spec, clock: Clock, settings: Settings) -> None:
        self.body_limit = max(settings.json_limit, settings.file_limit)
        self.clock = clock
        self.state = State(spec, clock, settings)
        self._origins = frozenset(map(normal_form, settings.cors))
        self._control: Control | None = None
        self.handlers: dict[str, Handler] = {}
        for operations in _OPERATIONS:
            self.handlers |= operations(self.state).handlers

    @property
    def journal(self) -> Journal:
        """The request journal."""
        return self.state.journal

    @property
    def document(self) -> Mapping[str, Any]:
        """The OpenAPI document that the server follows."""
        return self.state.spec.document

    def handle(self, request: Request) -> Response:
        """Answer one request in this thread.

        Raises:
            ConnectionCutError: If a fault cuts the connection.
        """
        response = drive(self.flow(request), self.clock)
        self.clock.run_due()
        return response

    def flow(self, request: Request) -> Flow[Response]:
        """Answer one request, record the exchange in the journal, and save what has changed if there is a state file.

        Raises:
            ConnectionCutError: If a fault cuts the connection.
        """
        saving, notes = self.state.saving, ExchangeNotes()
        flow = self._flow(request, notes)
        return flow if saving is None else saving(flow, request.head, notes)

    def record_refusal(self, head: Head, response: Response) -> None:
        """Record a request that the HTTP server has refused by itself, as an exchange without an operation.

        Args:
            head: What is known of its head.
            response: The refusal.
        """
        state = self.state
        state.journal.record(
            Request(head),
            response,
            time=self.clock.time(),
            duration=0.0,
            operation=None,
            tenant=RoutedRequest.of(head, state.spec, state.schemes).tenant,
            fault=None,
            notes=ExchangeNotes(),
        )

    def _flow(self, request: Request, notes: ExchangeNotes) -> Flow[Response]:
        state = self.state
        if state.reloader is not None:
            state.reloader.reload_if_changed()
        head = request.head
        if state.settings.control:
            if head.path.startswith(_CONTROL) or head.path == PREFIX:
                return (yield from self._control_operations().flow(request))
            if head.path == "/" and wants_page(head) and state.spec.match("/") is None:
                return redirect(UI_PATH[1:])
        routed = RoutedRequest.of(head, state.spec, state.schemes)
        operation = routed.operation.id if routed.operation else None
        clock = self.clock
        time, started = clock.time(), clock.monotonic()
        fault = state.faults.take(operation=operation, method=head.method, path=head.path, tenant=routed.tenant)
        flow = self._answer(routed, request, notes, None if fault else time)
        response = None
        try:
            response = yield from fault.apply(flow) if fault else flow
            if self._origins:
                response = share(response, head, self._origins)
            # The journal keeps the body as it was.
            return compress(response, head)
        except GeneratorExit:
            notes.append("the client disconnected before the response")
            raise
        except ConnectionCutError:
            raise
        except Exception as error:
            # An error of the server itself must be visible to the client, in the log and in the journal.
            _log.exception("%s %s could not be answered", head.method, head.path)
            notes.append(traceback.format_exc())
            response = problem(500, f"The mock server failed: {type(error).__name__}: {error}. Its journal says where.")
            return response
        finally:
            if fault is not None or response is None:
                self._note_run(routed, notes)
            if request.body and not notes.secrets and (response is None or response.status >= 400):
                self._note_secrets(routed, request, notes)
            if notes.refusals:
                # Imported here because only errors need it.
                from .refusals import shorten

                notes.refusals = shorten(notes.refusals, request, notes.secrets)
            notes.number = state.journal.record(
                request,
                response,
                time=time,
                duration=clock.monotonic() - started,
                operation=operation,
                tenant=routed.tenant,
                fault=str(fault) if fault else None,
                notes=notes,
            )

    def _control_operations(self) -> Control:
        # Imported here because the first request of a program does not need to wait for it.
        from .control.operations import Control

        with self.state.lock:
            if self._control is None:
                self._control = Control(self.state)
            return self._control

    def _note_run(self, routed: RoutedRequest, notes: ExchangeNotes) -> None:
        """Note which prediction or training a request concerns, and its status, where the response may not say so."""
        state, operation = self.state, routed.operation
        run = notes.run or routed.arguments.get("prediction_id") or routed.arguments.get("training_id")
        if run is None or operation is None:
            return
        tenant = (routed.tenant or "") if operation.protected else None
        # Without the lock, since a flow that was abandoned may end in any thread.
        if (record := state.store.prediction(run, tenant)) is not None:
            notes.run, notes.status = record.id, state_at(record, state.clock.time()).status

    def _note_secrets(self, routed: RoutedRequest, request: Request, notes: ExchangeNotes) -> None:
        """Note the secret fields of a call that started no run, which the journal must not show either."""
        operation = None if routed.operation is None else routed.operation.id
        found = find_secret_fields(self.state, operation, routed.tenant or "", routed.arguments, request.body)
        notes.secrets = tuple(found)

    def _answer(
        self, routed: RoutedRequest, request: Request, notes: ExchangeNotes, time: float | None
    ) -> Flow[Response]:
        """Answer a request, at a moment that is known unless a fault may take time before."""
        state = self.state
        state.refuse_nested_request()
        if answered := answer_head(routed, request.head, state.settings):
            return note_refusal(routed, answered, notes)
        headers: Headers = ()
        if routed.operation and routed.operation.protected:
            now = state.clock.time() if time is None else time
            with state.lock:
                refusal, headers = state.limits.take(routed.operation.id, routed.tenant or "", now)
            if refusal is not None:
                return note_refusal(routed, refusal, notes)
        prepared = prepare_call(routed, request, self.handlers, state.settings, notes, self._input_schema)
        if isinstance(prepared, Response):
            response = prepared
        else:
            call, handler = prepared
            with state.lock:
                result = handler(call)
            response = (yield from self._locked(result)) if isinstance(result, Generator) else result
        if response.status >= 400:
            note_refusal(routed, response, notes)
        return Response(response.status, (*response.headers, *headers), response.body) if headers else response

    def _input_schema(self, routed: RoutedRequest, body: Any, notes: ExchangeNotes) -> tuple[str, ModelSchema] | None:
        state, operation, tenant = self.state, routed.operation, routed.tenant or ""
        if operation is None or not state.registry.has_schemas:
            return None
        with state.lock:
            return find_input_schema(state, operation.id, tenant, routed.arguments, body, notes)

    def _locked(self, flow: Flow[Response]) -> Flow[Response]:
        """Run a handler's flow under the lock, which is released during each step."""
        result: Any = None
        while True:
            with self.state.lock:
                try:
                    step = flow.send(result)
                except StopIteration as end:
                    response: Response = end.value
                    return response
            result = yield step
