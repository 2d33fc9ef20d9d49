"""What is to be refused: tokens, ids, and values just beyond what the document allows."""

from __future__ import annotations

import json
from typing import Any

from ..checks import judge_refusal, names_field
from ..target import Target

# Of the form of an id, and nobody's.
UNKNOWN = "zeroscope0conformance0unknown"
WRONG_TOKEN = "a-token-that-nobody-was-given"


def walk(target: Target) -> None:
    """Ask for what is to be refused, and look at the refusal."""
    document = target.document
    for operation in document.operations.values():
        if not operation.protected:
            continue
        body = document.body(document.required_input) if operation.id == "createPrediction" else None
        for rule, token, said in (
            ("no-token-401", None, "without a token"),
            ("wrong-token-401", WRONG_TOKEN, "with a wrong token"),
        ):
            exchange = target.call(operation.id, id=UNKNOWN, json=body, token=token)
            judge_refusal(exchange, target.results, rule, 401, f"{operation.method} {operation.path} {said}")
    for operation_id in ("getPrediction", "cancelPrediction"):
        exchange = target.call(operation_id, id=UNKNOWN)
        judge_refusal(exchange, target.results, "unknown-id-404", 404, f"the id {UNKNOWN}, which nobody has")
    for edge in document.edges_beyond():
        exchange = target.call("createPrediction", json=edge.body)
        if judge_refusal(exchange, target.results, edge.rule, 422, _words(edge.says, edge.body, edge.field)):
            named = names_field(exchange, edge.field)
            expected = f"{edge.field} in invalid_fields"
            target.results.check("refusal-names-field", named, expected, exchange.seen, exchange)


def _words(says: str, body: Any, field: str) -> str:
    name = field.removeprefix("input.")
    sent = body.get("input", {}) if field.startswith("input.") else body
    return (
        f"{field} = {json.dumps(sent[name])}, where the document says {says}"
        if name in sent
        else f"a request where {says}"
    )
