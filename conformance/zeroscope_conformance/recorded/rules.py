"""The rules that recorded responses tell of, alone or in their order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

from ..checks import check_problem, check_response, track_predictions
from ..coverage.requests import parse_text
from ..document import Document
from ..echo import is_echo
from ..exchange import Exchange, excerpt, parse_json
from ..lifecycle import LifecycleTracker
from ..results import Results
from ..timestamps import parse_timestamp
from .recorded import Recorded
from .verdicts import names_own_model


class RecordedRules:
    """Holds the exchanges of one recording to the rules, in their order.

    Args:
        document: The document.
        results: The results that count the checks.
    """

    def __init__(self, document: Document, results: Results) -> None:
        self._document = document
        self._results = results
        self._tracker = LifecycleTracker(document, results)
        self._created: set[str] = set()
        self._ends: dict[str, float] = {}

    def check(self, recorded: Recorded) -> None:
        """Check an exchange of an operation of the document."""
        exchange, results = recorded.exchange, self._results
        results.check("always-answered", True, "", "")
        check_response(exchange, self._document, results, may_fail=True, has_body=recorded.has_response_body)
        self._check_headers(exchange)
        if not recorded.has_response_body:
            return
        if 400 <= exchange.status < 500:
            check_problem(exchange, results)
        for prediction in self._predictions(exchange):
            self._check_urls(prediction, exchange)
        self._check_create(exchange, has_request_body=recorded.has_request_body)
        self._check_read(exchange)
        self._check_page(exchange)
        self._track(exchange)

    def check_delivery(self, exchange: Exchange) -> None:
        """Check the prediction in a webhook against earlier responses."""
        value = parse_json(exchange.request_body)
        if isinstance(value, dict):
            self._tracker.observe(value, "webhook", exchange)

    def _predictions(self, exchange: Exchange) -> Iterator[dict[str, Any]]:
        if exchange.prediction:
            yield exchange.prediction
        if 200 <= exchange.status < 300:
            yield from exchange.page_entries

    def _check_headers(self, exchange: Exchange) -> None:
        """Check the headers of a response that the document describes."""
        operation = self._document.operations[exchange.operation or ""]
        response = self._document.response(operation, exchange.status) or {}
        for name, header in response.get("headers", {}).items():
            text = exchange.response_headers.get(name.lower())
            if text is None:
                continue
            schema = self._document.deref(self._document.deref(header).get("schema", {}))
            errors = self._document.schema_errors(schema, parse_text(schema, text))
            expected = f"{name} as the document describes it"
            self._results.check("response-headers-conformance", not errors, expected, f"{name}: {text}", exchange)

    def _check_urls(self, prediction: dict[str, Any], exchange: Exchange) -> None:
        urls = prediction.get("urls")
        urls = urls if isinstance(urls, dict) else {}
        created_at = str(prediction.get("created_at") or "")
        # An old recording need not have what predictions have today.
        names = [name for name, since in self._document.constant_urls.items() if created_at >= since]
        missing = [name for name in names if urls.get(name) is None]
        expected = f"urls with {', '.join(names)}"
        seen = f"no {', no '.join(missing)} in {exchange.summary}"
        if names:
            self._results.check("urls-present", not missing, expected, seen, exchange)
        for name, url in urls.items():
            if url is not None:
                passed = isinstance(url, str) and _is_absolute(url)
                self._results.check("urls-absolute", passed, f"urls.{name} is an absolute URL", repr(url), exchange)

    def _check_create(self, exchange: Exchange, *, has_request_body: bool) -> None:
        if exchange.operation != "createPrediction" or exchange.prediction is None:
            return
        prediction, results = exchange.prediction, self._results
        self._created.add(prediction["id"])
        sent = parse_json(exchange.request_body) if has_request_body else None
        if isinstance(sent, dict) and "input" in sent:
            shown = prediction.get("input")
            expected, seen = f"the input {excerpt(json.dumps(sent['input']))}", excerpt(json.dumps(shown))
            own = names_own_model(sent, self._document)
            passed = is_echo(self._document, shown, sent["input"], own_model=own)
            results.check("input-echoed", passed, expected, seen, exchange)
        prefer = exchange.request_headers.get("prefer")
        applied = exchange.response_headers.get("preference-applied")
        if prefer is not None and applied is not None:
            results.check("prefer-confirmed", applied == prefer, prefer, applied, exchange)
        if prefer is not None and exchange.status == 202:
            location = exchange.response_headers.get("location", "")
            passed = prediction["id"] in location
            results.check("prefer-runs-out", passed, "the URL to poll in Location", location or "none", exchange)

    def _check_read(self, exchange: Exchange) -> None:
        if exchange.operation == "getPrediction":
            id = urlsplit(exchange.url).path.rstrip("/").rpartition("/")[2]
            if id in self._created and (exchange.prediction or exchange.status == 404):
                expected = f"the prediction {id}"
                self._results.check("created-readable", bool(exchange.prediction), expected, exchange.summary, exchange)
        elif exchange.operation == "cancelPrediction" and exchange.prediction:
            passed = exchange.prediction["status"] in self._document.final
            self._results.check("cancel-ends", passed, "a prediction that has ended", exchange.summary, exchange)

    def _check_page(self, exchange: Exchange) -> None:
        if exchange.operation != "listPredictions" or exchange.status != 200:
            return
        for name in ("next", "previous"):
            url = exchange.page_link(name)
            if url is not None:
                passed = _is_absolute(url) and urljoin(url, "/") == urljoin(exchange.url, "/")
                expected = f"{name} is an absolute URL on the origin of {exchange.url}"
                self._results.check("list-links", passed, expected, f"{name} is {url}", exchange)
        times = [parse_timestamp(entry.get("created_at")) for entry in exchange.page_entries]
        valid = [time for time in times if time is not None]
        if len(valid) > 1:
            passed = valid == sorted(valid, reverse=True)
            seen = f"created_at {', '.join(str(entry.get('created_at')) for entry in exchange.page_entries[:5])}"
            self._results.check("list-newest-first", passed, "created_at falls from entry to entry", seen, exchange)

    def _track(self, exchange: Exchange) -> None:
        """Compare predictions with earlier responses, unless the requests for them ran at the same time."""
        ids = [str(prediction["id"]) for prediction in self._predictions(exchange) if "id" in prediction]
        if all(exchange.started_at >= self._ends.get(id, 0.0) for id in ids):
            track_predictions(exchange, self._tracker)
        ended_at = exchange.started_at + exchange.seconds
        self._ends |= {id: max(ended_at, self._ends.get(id, 0.0)) for id in ids}


def _is_absolute(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)
