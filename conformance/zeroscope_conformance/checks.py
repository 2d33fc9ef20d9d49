"""Answers against the document: the status, the content type, the body."""

from __future__ import annotations

from collections.abc import Mapping

from .document import Document
from .exchange import Exchange
from .lifecycle import Ledger, Source
from .results import Results

PROBLEM = "application/problem+json"

_SOURCES: dict[str | None, Source] = {
    "createPrediction": "create",
    "getPrediction": "get",
    "cancelPrediction": "cancel",
}


def judge(exchange: Exchange, document: Document, results: Results) -> None:
    """Hold one answer to the document, and see that it keeps the token to itself."""
    shown = exchange.token.encode() in exchange.content or exchange.token in str(exchange.answered)
    if exchange.token in exchange.headers.get("authorization", "").split():
        where = f"the token in the answer to {exchange.method} {exchange.url}"
        results.check("token-kept", not shown, "no token in the answer", where, exchange)
    operation = document.operations.get(exchange.operation or "")
    if operation is None:
        return
    seen = exchange.seen
    results.check("not-a-server-error", exchange.status < 500, "no 5xx", seen, exchange)
    described = document.answer(operation, exchange.status)
    known = ", ".join(operation.raw["responses"])
    if not results.check("status-code-conformance", described is not None, f"one of {known}", seen, exchange):
        return
    content: Mapping[str, Mapping[str, object]] = (described or {}).get("content", {})
    if not content:
        return
    kept = exchange.media_type in content
    if not results.check("content-type-conformance", kept, f"content type {' or '.join(content)}", seen, exchange):
        return
    schema = content[exchange.media_type].get("schema")
    if isinstance(schema, Mapping) and exchange.media_type.endswith("json"):
        value = exchange.json
        faults = ["the body is no JSON"] if value is None else document.faults(schema, value)
        said = f"{'; '.join(faults[:3])} in {seen}" if faults else seen
        results.check("response-schema-conformance", not faults, "a body that is valid by its schema", said, exchange)


def note(exchange: Exchange, ledger: Ledger) -> None:
    """Take the predictions of an answer into the ledger."""
    if exchange.operation in _SOURCES and exchange.prediction:
        ledger.observe(exchange.prediction, _SOURCES[exchange.operation], exchange)
    elif exchange.operation == "listPredictions" and exchange.status == 200:
        for entry in entries(exchange):
            ledger.observe(entry, "list", exchange)


def entries(exchange: Exchange) -> list[dict[str, object]]:
    """The predictions of a page; none if it is no page."""
    page = exchange.json
    found = page.get("results") if isinstance(page, dict) else None
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def link(page: Exchange, name: str) -> str | None:
    """The address of a neighbouring page, `next` or `previous`; None where there is none."""
    value = page.json
    link = value.get(name) if isinstance(value, dict) else None
    return link if isinstance(link, str) else None


def judge_refusal(exchange: Exchange, results: Results, rule: str, status: int, asked: str) -> bool:
    """Hold a refusal to the rule that wants it, and to the form of refusals.

    Args:
        exchange: the request that should have been refused.
        results: where it is counted.
        rule: the rule that wants the refusal.
        status: the status that it should bear.
        asked: what was asked for, in words.
    """
    kept = results.check(rule, exchange.status == status, f"{status} for {asked}", exchange.seen, exchange)
    if kept:
        problem = exchange.json if exchange.media_type == PROBLEM else None
        good = isinstance(problem, dict) and isinstance(problem.get("detail"), str) and bool(problem["detail"].strip())
        good = good and isinstance(problem, dict) and problem.get("status", status) == status
        expected = f"a problem document with a detail and the status {status}"
        results.check("refusals-are-problems", good, expected, exchange.seen, exchange)
    return kept


def names_field(exchange: Exchange, field: str) -> bool:
    """Whether a refusal names a field; of one that is missing or unknown, its parent with the name in the text."""
    problem = exchange.json
    found = problem.get("invalid_fields") if isinstance(problem, dict) else None
    parent, _, name = field.rpartition(".")
    for fault in found if isinstance(found, list) else []:
        if not isinstance(fault, dict):
            continue
        told = str(fault.get("description", ""))
        if fault.get("field") == field or (fault.get("field") == parent and name in told):
            return True
    return False
