"""Made-up exchanges with a faulty server, and reports of their failures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from zeroscope_conformance import Document, Report
from zeroscope_conformance.exchange import Exchange
from zeroscope_conformance.results import Results
from zeroscope_conformance.rules import DialectName, rules_for

TOKEN = "a-token-of-a-test"
DOCUMENT = Document.load()
HOSTILE = '</script><script>__pwn("body")</script><img src=x onerror=__pwn()>\x1b[31m\x07\u202e'
"""What a page, a terminal or a log must show as a text."""
PREDICTION: Mapping[str, Any] = {
    "id": "po2g7p53azaep4nnnum54pimzo",
    "status": "starting",
    "input": {"prompt": "A lighthouse in a storm"},
    "created_at": "2026-01-02T03:04:05.678Z",
    "urls": {},
}
_PATHS = {"listPredictions": "/predictions", "createPrediction": "/predictions"}


def exchange(
    operation: str | None = "getPrediction",
    status: int = 200,
    body: Any = PREDICTION,
    *,
    sent: Any = None,
    token: str = TOKEN,
    media_type: str = "application/json",
    path: str | None = None,
    method: str | None = None,
) -> Exchange:
    """Return an exchange.

    Args:
        operation: The `operationId`; None for one that the document does not describe.
        status: The status of the response; 0 for none.
        body: The body of the response, as JSON values or as bytes.
        sent: The body of the request, as JSON values; None for none.
        token: The token sent; empty for none.
        media_type: The content type of the response.
        path: The path, below the base URL.
        method: The method; by default, that of the operation.
    """
    headers = {"accept": "*/*", **({"authorization": f"Bearer {token}"} if token else {})}
    if sent is not None:
        headers["content-type"] = "application/json"
    if path is None:
        path = _PATHS.get(operation or "", f"/predictions/{PREDICTION['id']}")
    return Exchange(
        method=method or (DOCUMENT.operations[operation].method if operation else "GET"),
        url=f"http://127.0.0.1:8000/v1{path}",
        request_headers=headers,
        request_body=b"" if sent is None else json.dumps(sent).encode(),
        status=status,
        response_headers={"content-type": media_type},
        response_body=body if isinstance(body, bytes) else json.dumps(body).encode(),
        operation=operation,
        token=TOKEN,
        started_at=1_790_000_000.25,
        seconds=0.125,
    )


def make_results() -> Results:
    """Return the results of a run without a check."""
    return Results(rules_for(DOCUMENT, "live"), TOKEN, document=DOCUMENT)


def report_of(results: Results, exchanges: Sequence[Exchange] = (), *, dialect: DialectName = "live") -> Report:
    """Return the report of a run with these results."""
    return Report("http://127.0.0.1:8000/v1", dialect, results.all(), [], 1.5, exchanges=exchanges)


def faulty_report(*, dialect: DialectName = "live") -> Report:
    """Return a report with failures of several rules, some of the same cause, and hostile texts."""
    results = make_results()
    results.step = "refusals"
    without_id = exchange("createPrediction", 201, {"status": "starting"}, sent=DOCUMENT.body({"prompt": "A cat"}))
    results.check("response-schema-conformance", False, "a body that is valid", without_id.summary, without_id)
    results.check("created-readable", False, "a prediction", without_id.summary, without_id)
    for width in (1, 2):
        accepted = exchange("createPrediction", 201, sent=DOCUMENT.body({"width": width}))
        results.check("bounds-enforced", False, f"422 for input.width = {width}", accepted.summary, accepted)
    hostile = exchange(body={**PREDICTION, "error": HOSTILE})
    results.check("final-is-final", False, f"{HOSTILE} stays", f"{HOSTILE} in {hostile.summary}", hostile)
    results.check("cancel-ends", True, "", "")
    return report_of(results, [without_id, accepted, hostile], dialect=dialect)
