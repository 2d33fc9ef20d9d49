"""The checks of one response against the document: status, content type, body."""

from __future__ import annotations

from collections.abc import Mapping

from .document import PROBLEM_JSON, Document
from .exchange import Exchange
from .lifecycle import LifecycleTracker, Source
from .results import Results

_SOURCES: dict[str | None, Source] = {
    "createPrediction": "create",
    "getPrediction": "get",
    "cancelPrediction": "cancel",
}


def check_response(
    exchange: Exchange, document: Document, results: Results, *, may_fail: bool = False, has_body: bool = True
) -> None:
    """Check a response against the document, and that it does not contain the token.

    Args:
        exchange: The exchange.
        document: The document.
        results: The results that count the checks.
        may_fail: Whether a 5xx says nothing of the server, as it was made to fail.
        has_body: Whether the body is known, as recordings may leave it out.
    """
    _check_token(exchange, results)
    operation = document.operations.get(exchange.operation or "")
    if operation is None:
        return
    seen = exchange.summary
    if not may_fail:
        results.check("not-a-server-error", exchange.status < 500, "no 5xx", seen, exchange)
    described = document.response(operation, exchange.status)
    expected = f"one of {', '.join(operation.raw['responses'])}"
    if not results.check("status-code-conformance", described is not None, expected, seen, exchange):
        return
    content: Mapping[str, Mapping[str, object]] = (described or {}).get("content", {})
    if not content:
        return
    passed = exchange.media_type in content
    expected = f"content type {' or '.join(content)}"
    if not results.check("content-type-conformance", passed, expected, seen, exchange):
        return
    schema = content[exchange.media_type].get("schema")
    if has_body and isinstance(schema, Mapping) and exchange.media_type.endswith("json"):
        value = exchange.json
        errors = ["the body is not JSON"] if value is None else document.schema_errors(schema, value)
        seen = f"{'; '.join(errors[:3])} in {seen}" if errors else seen
        expected = "a body that is valid against its schema"
        results.check("response-schema-conformance", not errors, expected, seen, exchange)


def _check_token(exchange: Exchange, results: Results) -> None:
    if exchange.token not in exchange.request_headers.get("authorization", "").split():
        return
    leaked = exchange.token.encode() in exchange.response_body or exchange.token in str(exchange.response_headers)
    seen = f"the token in the response to {exchange.method} {exchange.url}"
    results.check("token-kept", not leaked, "no token in the response", seen, exchange)


def track_predictions(exchange: Exchange, tracker: LifecycleTracker) -> None:
    """Check the predictions in a response against their lifecycles."""
    if exchange.operation in _SOURCES and exchange.prediction:
        tracker.observe(exchange.prediction, _SOURCES[exchange.operation], exchange)
    elif exchange.operation == "listPredictions" and exchange.status == 200:
        for entry in exchange.page_entries:
            tracker.observe(entry, "list", exchange)


def check_refusal(exchange: Exchange, results: Results, rule: str, status: int, request: str) -> bool:
    """Check that a request was refused, and with a problem document.

    Args:
        results: The results that count the checks.
        rule: The rule that demands the refusal.
        status: The expected status code.
        request: The request, in words.

    Returns:
        Whether it was refused with the expected status code.
    """
    summary = exchange.summary
    refused = results.check(rule, exchange.status == status, f"{status} for {request}", summary, exchange)
    if refused:
        check_problem(exchange, results)
    return refused


def check_problem(exchange: Exchange, results: Results) -> None:
    """Check that a refusal is a problem document."""
    status = exchange.status
    problem = exchange.json if exchange.media_type == PROBLEM_JSON else None
    detail = problem.get("detail") if isinstance(problem, dict) else None
    passed = isinstance(detail, str) and bool(detail.strip())
    passed = passed and isinstance(problem, dict) and problem.get("status", status) == status
    expected = f"a problem document with a detail and the status {status}"
    results.check("refusals-are-problems", passed, expected, exchange.summary, exchange)


def names_field(exchange: Exchange, field: str) -> bool:
    """Return whether a refusal names a field in `invalid_fields`.

    For a missing or an unknown property, the service names the parent, and the property in the description.
    """
    problem = exchange.json
    invalid_fields = problem.get("invalid_fields") if isinstance(problem, dict) else None
    parent, _, name = field.rpartition(".")
    for invalid in invalid_fields if isinstance(invalid_fields, list) else []:
        if not isinstance(invalid, dict):
            continue
        description = str(invalid.get("description", ""))
        if invalid.get("field") == field or (invalid.get("field") == parent and name in description):
            return True
    return False
