"""Requests that the server has to refuse: by their token, their id or their body."""

from __future__ import annotations

import json

from ..boundaries import InvalidRequest, invalid_requests
from ..checks import check_refusal, names_field
from ..detect import UNKNOWN_ID, WRONG_TOKEN
from ..exchange import Exchange
from ..new_predictions import check_made
from ..target import Target


def send_invalid_requests(target: Target) -> None:
    """Send requests that the server has to refuse, and check the refusals."""
    document = target.document
    before, accepted = target.call("listPredictions"), list[str]()
    for operation in document.operations.values():
        if not operation.protected:
            continue
        body = document.body(document.required_input) if operation.id == "createPrediction" else None
        for rule, token, words in (
            ("no-token-401", None, "without a token"),
            ("wrong-token-401", WRONG_TOKEN, "with an unknown token"),
        ):
            exchange = target.call(operation.id, id=UNKNOWN_ID, json=body, token=token)
            check_refusal(exchange, target.results, rule, 401, f"{operation.method} {operation.path} {words}")
            accepted += _created_ids(exchange)
    for operation_id in ("getPrediction", "cancelPrediction"):
        exchange = target.call(operation_id, id=UNKNOWN_ID)
        check_refusal(exchange, target.results, "unknown-id-404", 404, f"the id {UNKNOWN_ID}, which does not exist")
    for request in invalid_requests(document):
        exchange = target.call("createPrediction", json=request.body)
        accepted += _created_ids(exchange)
        if check_refusal(exchange, target.results, request.rule, 422, _format_request(request)):
            passed = names_field(exchange, request.field)
            expected = f"{request.field} in invalid_fields"
            target.results.check("refusal-names-field", passed, expected, exchange.summary, exchange)
    check_made(target, before, accepted)


def _created_ids(exchange: Exchange) -> list[str]:
    is_create = exchange.operation == "createPrediction"
    return [exchange.prediction["id"]] if is_create and exchange.prediction else []


def _format_request(request: InvalidRequest) -> str:
    name = request.field.removeprefix("input.")
    sent = request.body.get("input", {}) if request.field.startswith("input.") else request.body
    if name in sent:
        return f"{request.field} = {json.dumps(sent[name])}, where the document says {request.constraint}"
    return f"a request where {request.constraint}"
