"""The operations under `/_mock/`, by a document of their own."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from ..dispatch import RoutedRequest, answer_head, prepare_call
from ..documents.bundled import control_document
from ..documents.invalid_field import InvalidField
from ..documents.operation import Operation
from ..documents.spec import Spec
from ..faults.expectations import FaultError
from ..faults.fault import Fault
from ..journal import ExchangeNotes
from ..lifecycle.script_values import ScriptError
from ..messages import Head, Request, Response, json_response
from ..operations.calls import Handler, OperationCall
from ..problems import invalid
from ..protocols import Flow
from ..state import State
from ..suggestions import did_you_mean
from .access import refusal
from .calls import NO_CONTENT, PREFIX, not_found, scope
from .changes import Changes
from .clock import ClockOperations
from .deliveries import DeliveryOperations
from .events import EventOperations
from .exchanges import ExchangeOperations
from .models import ModelOperations
from .runs import RunOperations
from .snapshot import SnapshotError, restore, take
from .ui import UI_PATH, ui_response
from .values import (
    fault_json,
    make_rates,
    mounted_document,
    queued_scripts,
    rates_json,
    summary,
    waiting_scripts,
)
from .verification import VerificationOperations

# They change nothing: those of the methods that only read, and one that sends what it looks for.
_READING_METHODS = frozenset({"GET", "HEAD"})
_READING_OPERATIONS = frozenset({"verifyCalls"})


class Control:
    """Answers the requests under `/_mock/`.

    They are not in the journal, and neither faults nor rate limits apply to them. None needs a token; a request with a
    token reads and changes only the data of its tenant, and the clock and the limits, which all tenants share.

    Args:
        state: The server's.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._changes = Changes()
        # Snapshots hold files, so they may be as large as uploads.
        self._settings = replace(state.settings, json_limit=max(state.settings.json_limit, state.settings.file_limit))
        self._handlers: dict[str, Handler] = {
            "addFault": self._add_fault,
            "addRecipe": self._add_recipe,
            "addScripts": self._add_scripts,
            "clearFaults": self._clear_faults,
            "clearScripts": self._clear_scripts,
            "getControlDocument": lambda call: json_response(200, mounted_document(call.request.head.mount)),
            "getFault": self._get_fault,
            "getLimits": self._limits,
            "getServiceDocument": self._service_document,
            "getSnapshot": self._snapshot,
            "getSummary": lambda call: json_response(200, summary(state, scope(call))),
            "listFaults": self._list_faults,
            "listScripts": self._list_scripts,
            "removeFault": self._remove_fault,
            "reset": self._reset,
            "restoreSnapshot": self._restore,
            "setLimits": self._set_limits,
            **ClockOperations(state).handlers,
            **DeliveryOperations(state).handlers,
            **EventOperations(state, self._changes).handlers,
            **ExchangeOperations(state).handlers,
            **ModelOperations(state).handlers,
            **RunOperations(state).handlers,
            **VerificationOperations(state).handlers,
        }

    def flow(self, request: Request) -> Flow[Response]:
        """Answer one request, whose path is `/_mock` or begins with `/_mock/`."""
        head = request.head
        page = head.path == UI_PATH or head.path.startswith(f"{UI_PATH}/")
        if refused := refusal(request, self._settings, page=page):
            return refused
        if page:
            return ui_response(head)
        if head.path == PREFIX:
            head = Head(head.method, f"{PREFIX}/", head.query, head.headers)
        routed = RoutedRequest.of(head, _spec(), self._state.schemes)
        if routed.match is None:
            return not_found(f"operation {head.path}", "/openapi.json")
        if routed.operation is not None and (unknown := _unknown_parameters(routed.operation, head)):
            return invalid(unknown)
        if answered := answer_head(routed, head, self._settings):
            return answered
        prepared = prepare_call(routed, request, self._handlers, self._settings, ExchangeNotes())
        if isinstance(prepared, Response):
            return prepared
        call, handler = prepared
        with self._state.lock:
            result = handler(call)
        response = result if isinstance(result, Response) else (yield from result)
        if response.status < 400 and routed.operation is not None and (tag := _changed_by(head, routed.operation)):
            self._changes.add(tag)
        return response

    def _service_document(self, call: OperationCall) -> Response:
        # A document that was read from YAML may hold dates.
        text = json.dumps(self._state.spec.document, default=str, ensure_ascii=False)
        return Response(200, (("content-type", "application/json"),), text.encode("utf-8", "replace"))

    def _reset(self, call: OperationCall) -> Response:
        self._state.reset(scope(call))
        return NO_CONTENT

    def _list_faults(self, call: OperationCall) -> Response:
        return json_response(200, {"faults": [fault_json(fault) for fault in self._faults(call)]})

    def _add_fault(self, call: OperationCall) -> Response:
        try:
            fault = self._state.faults.add_all([_with_token(call)])[0]
        except FaultError as error:
            return _refused(error)
        return json_response(201, fault_json(fault))

    def _add_recipe(self, call: OperationCall) -> Response:
        try:
            faults = self._state.faults.recipe(call.arguments["recipe"], _with_token(call))
        except FaultError as error:
            return _refused(error)
        return json_response(201, {"faults": [fault_json(fault) for fault in faults]})

    def _clear_faults(self, call: OperationCall) -> Response:
        self._state.faults.clear(scope(call))
        return NO_CONTENT

    def _get_fault(self, call: OperationCall) -> Response:
        fault = self._fault(call)
        return json_response(200, fault_json(fault)) if fault else _unknown_fault(call)

    def _remove_fault(self, call: OperationCall) -> Response:
        fault = self._fault(call)
        if fault is None:
            return _unknown_fault(call)
        fault.remove()
        return NO_CONTENT

    def _faults(self, call: OperationCall) -> list[Fault]:
        return [fault for fault in self._state.faults if scope(call) in (None, fault.rule.tenant)]

    def _fault(self, call: OperationCall) -> Fault | None:
        return next((fault for fault in self._faults(call) if fault.id == call.arguments["fault_id"]), None)

    def _list_scripts(self, call: OperationCall) -> Response:
        return json_response(200, {"scripts": queued_scripts(self._state, scope(call))})

    def _add_scripts(self, call: OperationCall) -> Response:
        script, times = call.body["script"], call.body.get("times", 1)
        try:
            self._state.scripts.add(script, token=call.token, times=None if times is None else int(times))
        except ScriptError as error:
            return invalid([InvalidField("invalid_script", "script", str(error))])
        return json_response(201, {"waiting": waiting_scripts(self._state, scope(call))})

    def _clear_scripts(self, call: OperationCall) -> Response:
        self._state.scripts.clear(scope(call))
        return NO_CONTENT

    def _limits(self, call: OperationCall) -> Response:
        limits = self._state.limits
        return json_response(200, {"rates": rates_json(limits.rates), "out_of_credit": limits.out_of_credit})

    def _set_limits(self, call: OperationCall) -> Response:
        limits, rates = self._state.limits, call.body.get("rates")
        limits.use(rates if isinstance(rates, str) else make_rates(rates))
        limits.out_of_credit = call.body.get("out_of_credit", False)
        return self._limits(call)

    def _snapshot(self, call: OperationCall) -> Response:
        return _whole_server_only() if call.tenant else json_response(200, take(self._state))

    def _restore(self, call: OperationCall) -> Response:
        if call.tenant:
            return _whole_server_only()
        try:
            restore(self._state, call.body)
        except SnapshotError as error:
            return invalid(error.invalid_fields)
        return NO_CONTENT


@cache
def _spec() -> Spec:
    """The control document, compiled when first needed, for all servers."""
    # Every operation takes a token, and none needs it.
    return Spec({**control_document(), "security": []})


def _changed_by(head: Head, operation: Operation) -> str | None:
    """What an operation has changed; None if it only reads."""
    if head.method in _READING_METHODS or operation.id in _READING_OPERATIONS:
        return None
    return _tags()[operation.id]


@cache
def _tags() -> dict[str, str]:
    """What each operation is about, by its id."""
    items = control_document()["paths"].values()
    return {one["operationId"]: one["tags"][0] for item in items for name, one in item.items() if name != "parameters"}


def _with_token(call: OperationCall) -> Any:
    """The settings in a call's body, with the call's own token if it has one.

    Raises:
        FaultError: For settings with another token.
    """
    settings, token = call.body or {}, call.token
    if token is None:
        return settings
    if settings.get("token") not in (None, token):
        raise FaultError("token", "token must be the token of the request itself, or be left out")
    return {**settings, "token": token}


def _unknown_parameters(operation: Operation, head: Head) -> list[InvalidField]:
    """The parameters in a query that the operation does not take."""
    known = [parameter.name for parameter in operation.parameters if parameter.place == "query"]
    sent = dict(parse_qsl(head.query, keep_blank_values=True, errors="replace"))
    return [
        InvalidField(
            "unknown_parameter",
            name,
            f"there is no parameter {name!r}{did_you_mean(name, known) if known else '; this operation takes none'}",
        )
        for name in sent
        if name not in known
    ]


def _unknown_fault(call: OperationCall) -> Response:
    return not_found(f"fault {call.arguments['fault_id']!r}", "/faults")


def _refused(error: FaultError) -> Response:
    return invalid([InvalidField("invalid_fault", error.field, str(error))])


def _whole_server_only() -> Response:
    return invalid(
        [InvalidField("not_allowed", "Authorization", "A snapshot holds the data of all tenants; leave the token out")]
    )
