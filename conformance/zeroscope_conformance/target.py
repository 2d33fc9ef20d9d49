"""The server under test, over HTTP: every response is checked."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import httpx

from zeroscope.clock import Clock

from .checks import check_response, track_predictions
from .document import Document
from .exchange import Exchange
from .lifecycle import LifecycleTracker
from .operation import Operation
from .results import Results

# A rate limit is respected, but not forever.
_MAX_THROTTLED = 20
_MAX_THROTTLE_PAUSE = 60.0
# By default, the boundary is random, and each run would send another request.
_FORM = {"content-type": "multipart/form-data; boundary=zeroscope-conformance"}
_MIN_POLL_PAUSE, _MAX_POLL_PAUSE, _POLL_GROWTH = 0.5, 5.0, 1.2


def authorities() -> str | None:
    """The file or folder of certificates that the environment names in place of the usual ones, as httpx finds it."""
    return os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR") or None


class ScenarioAbandonedError(Exception):
    """The server broke a rule, which is counted, so that a scenario cannot continue."""


class Target:
    """The server under test. Every response is checked against the document and against earlier responses.

    Args:
        client: The client that sends the requests.
        base_url: The base URL of the API, without a slash at the end.
        token: A valid token.
        document: The document that describes the API.
        results: The results that count the checks.
        tracker: The tracker of the predictions.
        clock: The clock to wait on.
        patience: The longest wait for a prediction, in seconds.

    Attributes:
        exchanges: All exchanges so far, in their order.
    """

    def __init__(
        self,
        client: httpx.Client,
        base_url: str,
        token: str,
        document: Document,
        results: Results,
        tracker: LifecycleTracker,
        clock: Clock,
        patience: float,
    ) -> None:
        self.base_url = base_url
        self.token = token
        self.document = document
        self.results = results
        self.tracker = tracker
        self.clock = clock
        self.patience = patience
        self.exchanges: list[Exchange] = []
        self._client = client

    def record(self, exchange: Exchange) -> None:
        """Add an exchange to those of the run."""
        # A copy, which does not keep the parsed body of each response in memory.
        self.exchanges.append(replace(exchange, secrets=self.results.tokens))

    def call(
        self,
        operation_id: str,
        *,
        id: str = "",
        json: Any = None,
        file: bytes | None = None,
        content: bytes | None = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        token: str | None = "",
        scheme: str | None = None,
        provoked: bool = False,
    ) -> Exchange:
        """Call an operation of the document.

        Args:
            operation_id: The `operationId`.
            id: The id of the prediction, if the path has one.
            json: The request body.
            file: The content of a file to upload in place of a JSON body.
            content: The request body as it is sent, in place of both.
            query: The query parameters.
            headers: More headers.
            token: Another token than the valid one; None for no token.
            scheme: The scheme of the token; by default, the first one of the document.
            provoked: Whether the server was made to fail.

        Raises:
            ScenarioAbandonedError: If there is no response.
        """
        operation = self.document.operations[operation_id]
        url = self.base_url + operation.path_for(id) + (f"?{urlencode(query)}" if query else "")
        body: dict[str, Any] = {"json": json}
        if file is not None:
            body, headers = {"files": {"content": file}}, {**_FORM, **(headers or {})}
        if content is not None:
            body = {"content": content}
        return self._send(operation, operation.method, url, headers, token, scheme, provoked=provoked, **body)

    def follow(
        self, url: str, method: str = "GET", *, with_token: bool = True, until: re.Pattern[bytes] | None = None
    ) -> Exchange:
        """Send a request to a URL from a response.

        Args:
            url: The URL, which may be relative.
            with_token: Whether to send the token, which is never sent to another origin.
            until: What the body is read up to, as a stream may not end by itself; by default, its end.

        Raises:
            ScenarioAbandonedError: If there is no response.
        """
        url = urljoin(f"{self.base_url}/", url)
        operation = self.document.operation_at(method, urlsplit(url).path)
        token = "" if with_token and self.is_same_origin(url) else None
        return self._send(operation, method, url, None, token, until=until)

    def is_same_origin(self, url: str) -> bool:
        """Return whether a URL is absolute and has the scheme, host and port of the API."""
        other, own = urlsplit(url), urlsplit(self.base_url)
        return (other.scheme, other.netloc) == (own.scheme, own.netloc)

    def create(
        self, input: Any, *, headers: Mapping[str, str] | None = None, **properties: Any
    ) -> tuple[dict[str, Any], Exchange]:
        """Create a prediction.

        Args:
            input: A valid input.
            headers: More headers.
            **properties: Other properties of the request body.

        Returns:
            The prediction and the exchange.

        Raises:
            ScenarioAbandonedError: If none was created.
        """
        exchange = self.call("createPrediction", json=self.document.body(input, **properties), headers=headers)
        return self._require_prediction(exchange, "positive-data-acceptance", "a new prediction"), exchange

    def get(self, id: str) -> tuple[dict[str, Any], Exchange]:
        """Read an existing prediction.

        Returns:
            The prediction and the exchange.

        Raises:
            ScenarioAbandonedError: If it cannot be read.
        """
        exchange = self.call("getPrediction", id=id)
        return self._require_prediction(exchange, "created-readable", f"the prediction {id}", id), exchange

    def cancel(self, id: str) -> tuple[dict[str, Any], Exchange]:
        """Cancel an existing prediction.

        Returns:
            The prediction and the exchange.

        Raises:
            ScenarioAbandonedError: If it cannot be canceled.
        """
        exchange = self.call("cancelPrediction", id=id)
        return self._require_prediction(exchange, "cancel-repeatable", f"the prediction {id}", id), exchange

    def wait(self, id: str) -> tuple[dict[str, Any], Exchange]:
        """Poll a prediction until it has ended.

        Returns:
            The prediction and the exchange that showed its end.

        Raises:
            ScenarioAbandonedError: If it has not ended after `patience` or the service's limit of a run.
        """
        limit = self.document.metadata["run-limit-seconds"]
        start, pause = self.clock.monotonic(), _MIN_POLL_PAUSE
        while True:
            prediction, exchange = self.get(id)
            elapsed = self.clock.monotonic() - start
            if prediction["status"] in self.document.final:
                self.results.check("prediction-ends", True, "", "")
                return prediction, exchange
            if elapsed > limit:
                expected, seen = f"{id} has ended after {limit} s", f"{prediction['status']} after {elapsed:.0f} s"
                self.results.check("prediction-ends", False, expected, seen, exchange)
            if elapsed > min(limit, self.patience):
                raise ScenarioAbandonedError
            self.clock.sleep(pause)
            pause = min(pause * _POLL_GROWTH, _MAX_POLL_PAUSE)

    def wait_until(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Poll a condition until it holds.

        Args:
            timeout: The longest wait, in seconds.

        Returns:
            Whether the condition holds.
        """
        start, pause = self.clock.monotonic(), _MIN_POLL_PAUSE
        while not condition():
            if self.clock.monotonic() - start > timeout:
                return False
            self.clock.sleep(pause)
            pause = min(pause * _POLL_GROWTH, _MAX_POLL_PAUSE)
        return True

    def _require_prediction(
        self, exchange: Exchange, rule: str, expected: str, id: str | None = None
    ) -> dict[str, Any]:
        prediction = exchange.prediction
        passed = prediction is not None and id in {None, prediction["id"]}
        if not self.results.check(rule, passed, expected, exchange.summary, exchange) or prediction is None:
            raise ScenarioAbandonedError
        return prediction

    def _send(
        self,
        operation: Operation | None,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        token: str | None,
        scheme: str | None = None,
        *,
        until: re.Pattern[bytes] | None = None,
        provoked: bool = False,
        **body: Any,
    ) -> Exchange:
        token = self.token if token == "" else token
        credentials = {"authorization": f"{scheme or self.document.auth_schemes[0]} {token}"} if token else {}
        sent = {**credentials, **(headers or {})}
        operation_id = operation.id if operation else None
        sample = Exchange(method, url, sent, b"", 0, {}, b"", operation_id, self.token, secrets=self.results.tokens)
        try:
            request = self._client.build_request(method, url, headers=sent, **body)
            exchange = self._send_unthrottled(request, sample, until, provoked=provoked)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            self.record(sample)
            seen = f"{type(error).__name__}: {error}"
            self.results.check("always-answered", False, f"a response to {method} {url}", seen, sample)
            raise ScenarioAbandonedError from error
        self.results.check("always-answered", True, "", "")
        track_predictions(exchange, self.tracker)
        return exchange

    def _send_unthrottled(
        self, request: httpx.Request, sample: Exchange, until: re.Pattern[bytes] | None, *, provoked: bool
    ) -> Exchange:
        """Send a request, again after each 429, and return the exchange with the first other response."""
        attempts = _MAX_THROTTLED
        while True:
            started_at, start = time.time(), time.monotonic()
            response, attempts = self._client.send(request, stream=True), attempts - 1
            throttled = response.status_code == httpx.codes.TOO_MANY_REQUESTS
            try:
                content = response.read() if until is None or throttled else self._read_until(response, until)
            finally:
                response.close()
            exchange = replace(
                sample,
                request_headers={name.lower(): value for name, value in request.headers.items()},
                request_body=request.read(),
                status=response.status_code,
                response_headers=dict(response.headers),
                response_body=content,
                started_at=started_at,
                seconds=time.monotonic() - start,
            )
            self.record(exchange)
            check_response(exchange, self.document, self.results, may_fail=provoked)
            if not throttled or not attempts:
                return exchange
            self.clock.sleep(_throttle_pause(response))

    def _read_until(self, response: httpx.Response, end: re.Pattern[bytes]) -> bytes:
        """Return the body of a response up to a pattern, or as far as it has come when the patience is over."""
        start, content = self.clock.monotonic(), b""
        try:
            for chunk in response.iter_bytes():
                content += chunk
                if end.search(content) or self.clock.monotonic() - start > self.patience:
                    break
        except httpx.ReadTimeout:
            # A server that sends nothing for so long has responded nevertheless.
            pass
        return content


def _throttle_pause(response: httpx.Response) -> float:
    """Return the pause that a 429 demands, in seconds."""
    detail = re.search(r"(\d+) ?s", response.text)
    for value in (response.headers.get("retry-after"), detail and detail[1], response.headers.get("ratelimit-reset")):
        if value and re.fullmatch(r"\d+(\.\d+)?", value):
            return min(float(value) or 1.0, _MAX_THROTTLE_PAUSE)
    return 1.0
