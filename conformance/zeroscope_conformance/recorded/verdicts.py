"""Verdicts on recorded requests: what the document and the service think of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ..coverage import Measurement
from ..document import Document
from ..results import Results
from .drift import DriftCollector
from .recorded import Recorded

# Statuses by which the service refuses the content of a request, not its sender.
_REFUSALS = frozenset({400, 422})


def compare_verdicts(
    recorded: Recorded, document: Document, measurement: Measurement, results: Results, drift: DriftCollector
) -> None:
    """Compare what the service did with a request with what the document says of it.

    Args:
        recorded: The exchange.
        document: The document.
        measurement: The points of the document, which know whether a request keeps its keywords.
        results: The results that count the checks.
        drift: Collects what differs.
    """
    exchange = recorded.exchange
    points = measurement.operations[exchange.operation or ""]
    if not recorded.has_request_body:
        return
    request = points.decode(exchange)
    reached = points.evaluate(request)
    broken = [
        point for place, found in reached.broken.items() if _concerns(place, request.body, document) for point in found
    ]
    accepted = 200 <= exchange.status < 300
    if accepted:
        _report_unknown_parameters(recorded, points.operation.id, measurement, drift)
    if broken and (accepted or exchange.status in _REFUSALS):
        words = "; ".join(sorted(point.label for point in broken))
        expected = f"a refusal, as the request breaks {words}"
        results.check("negative-data-rejection", not accepted, expected, exchange.summary, exchange)
        for point in broken if accepted else []:
            drift.add("accepted", point.operation, point.pointer, point.label, _sent(recorded), recorded.place)
    elif not broken and accepted:
        results.check("positive-data-acceptance", True, "", "")
    elif not broken and exchange.status in _REFUSALS:
        problem = exchange.json if isinstance(exchange.json, dict) else {}
        if _refuses_input(problem) and _is_certainly_allowed(recorded, request.body, document):
            expected = "a new prediction, as the document allows the request"
            results.check("positive-data-acceptance", False, expected, exchange.summary, exchange)
        what = f"{exchange.status} {problem.get('detail') or problem.get('title') or ''}".strip()
        drift.add("refused", points.operation.id, points.called.pointer, what, _sent(recorded), recorded.place)


def _refuses_input(problem: Mapping[str, Any]) -> bool:
    """Return whether a refusal names a field of the input: other reasons, such as a stale cursor, no schema tells."""
    fields = problem.get("invalid_fields")
    names = [str(one.get("field")) for one in fields if isinstance(one, Mapping)] if isinstance(fields, list) else []
    return any(name.partition(".")[0] == "input" for name in names)


def _is_certainly_allowed(recorded: Recorded, body: Any, document: Document) -> bool:
    """Return whether a request is a create that the document allows, of the model whose inputs it describes."""
    is_create = recorded.exchange.operation == "createPrediction"
    schema = document.create_body
    return is_create and names_own_model(body, document) and not document.schema_errors(schema, body, formats=True)


def names_own_model(body: Any, document: Document) -> bool:
    """Return whether the body of a create names the version that the document describes."""
    version = body.get("version") if isinstance(body, Mapping) else None
    return isinstance(version, str) and (version in document.version_forms or document.metadata["version"] in version)


def _concerns(place: str, body: Any, document: Document) -> bool:
    """Return whether a place in a request is described by the document: the inputs of other models are not."""
    has_version = isinstance(body, Mapping) and isinstance(body.get("version"), str)
    return not place.startswith("/input/") or not has_version or names_own_model(body, document)


def _report_unknown_parameters(
    recorded: Recorded, operation: str, measurement: Measurement, drift: DriftCollector
) -> None:
    points = measurement.operations[operation]
    known = {parameter["name"] for _, parameter in points.parameters if parameter["in"] == "query"}
    for name, value in parse_qsl(urlsplit(recorded.exchange.url).query, keep_blank_values=True):
        if name not in known:
            drift.add("parameter", operation, points.called.pointer, f"{name} in query", value, recorded.place)


def _sent(recorded: Recorded) -> str:
    exchange = recorded.exchange
    return exchange.request_body.decode("utf-8", "replace") or f"{exchange.method} {exchange.url}"
