"""The server that is looked at, over HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from zeroscope.clock import Clock

from .checks import judge, note
from .document import Document, Operation
from .exchange import Exchange
from .lifecycle import Ledger
from .results import Results

# What a client is told to wait for, it waits for, but not for ever.
_THROTTLED = 429
_MOST_THROTTLED = 20
_LONGEST_PAUSE = 60.0
_FIRST_PAUSE, _LAST_PAUSE = 0.5, 5.0


class AbandonedError(Exception):
    """The server did something after which a walk cannot go on; the rule that it broke is counted."""


class Target:
    """The server that is looked at. Every answer is judged, and taken into the ledger.

    Args:
        client: sends the requests.
        base_url: where the API begins, without a slash at the end.
        token: a valid token.
        document: what the server is held to.
        results: where the rules are counted.
        ledger: what is known of the predictions.
        clock: what is waited on.
        patience: how long a prediction is waited for, in seconds.
    """

    def __init__(
        self,
        client: httpx.Client,
        base_url: str,
        token: str,
        document: Document,
        results: Results,
        ledger: Ledger,
        clock: Clock,
        patience: float,
    ) -> None:
        self.base_url = base_url
        self.token = token
        self.document = document
        self.results = results
        self.ledger = ledger
        self.clock = clock
        self.patience = patience
        self._client = client

    def call(
        self,
        operation_id: str,
        *,
        id: str = "",
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        token: str | None = "",
    ) -> Exchange:
        """Send a request of the document.

        Args:
            operation_id: the operation.
            id: the prediction's id, where the path has one.
            json: the body.
            headers: more headers.
            query: the query.
            token: another token than the valid one; None for no token at all.

        Raises:
            AbandonedError: if there is no answer.
        """
        operation = self.document.operations[operation_id]
        url = self.base_url + operation.fill(id)
        url = str(httpx.URL(url, params=query)) if query else url
        return self._send(operation, operation.method, url, json, headers, token)

    def follow(self, url: str, method: str = "GET", *, with_token: bool = True, body: bool = True) -> Exchange:
        """Send a request to an address that was answered.

        Args:
            url: the address, also a relative one.
            method: the method.
            with_token: whether the token is sent along; it never is to another origin.
            body: whether the answer's body is read.

        Raises:
            AbandonedError: if there is no answer.
        """
        url = urljoin(f"{self.base_url}/", url)
        operation = self.document.operation_at(method, urlsplit(url).path)
        token = "" if with_token and self.same_origin(url) else None
        return self._send(operation, method, url, None, None, token, body=body)

    def same_origin(self, url: str) -> bool:
        """Whether an address is an absolute one on the API's own scheme, host and port."""
        there, here = urlsplit(url), urlsplit(self.base_url)
        return (there.scheme, there.netloc) == (here.scheme, here.netloc)

    def create(
        self, input: Any, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> tuple[dict[str, Any], Exchange]:
        """Create a prediction that the document allows.

        Returns:
            The prediction and the exchange.

        Raises:
            AbandonedError: if none was created.
        """
        exchange = self.call("createPrediction", json=self.document.body(input, **more), headers=headers)
        return self._prediction(exchange, "positive-data-acceptance", "a new prediction"), exchange

    def get(self, id: str) -> tuple[dict[str, Any], Exchange]:
        """Read a prediction that there is.

        Raises:
            AbandonedError: if it cannot be read.
        """
        exchange = self.call("getPrediction", id=id)
        return self._prediction(exchange, "created-readable", f"the prediction {id}", id), exchange

    def cancel(self, id: str) -> tuple[dict[str, Any], Exchange]:
        """Cancel a prediction that there is.

        Raises:
            AbandonedError: if the server does not.
        """
        exchange = self.call("cancelPrediction", id=id)
        return self._prediction(exchange, "cancel-repeatable", f"the prediction {id}", id), exchange

    def ended(self, id: str) -> tuple[dict[str, Any], Exchange]:
        """Read a prediction until it has ended.

        Raises:
            AbandonedError: if it has not within the patience there is.
        """
        limit = self.document.facts["run-limit-seconds"]
        began, pause = self.clock.monotonic(), _FIRST_PAUSE
        while True:
            prediction, exchange = self.get(id)
            spent = self.clock.monotonic() - began
            if prediction["status"] in self.document.final:
                self.results.check("prediction-ends", True, "", "")
                return prediction, exchange
            if spent > limit:
                expected, seen = f"{id} has ended after {limit} s", f"{prediction['status']} after {spent:.0f} s"
                self.results.check("prediction-ends", False, expected, seen, exchange)
            if spent > min(limit, self.patience):
                raise AbandonedError
            self.clock.sleep(pause)
            pause = min(pause * 1.2, _LAST_PAUSE)

    def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until something is so, at most so many seconds, and tell whether it is."""
        began, pause = self.clock.monotonic(), _FIRST_PAUSE
        while not condition():
            if self.clock.monotonic() - began > seconds:
                return False
            self.clock.sleep(pause)
            pause = min(pause * 1.2, _LAST_PAUSE)
        return True

    def _prediction(self, exchange: Exchange, rule: str, wanted: str, id: str | None = None) -> dict[str, Any]:
        prediction = exchange.prediction
        right = prediction is not None and id in {None, prediction["id"]}
        if not self.results.check(rule, right, wanted, exchange.seen, exchange) or prediction is None:
            raise AbandonedError
        return prediction

    def _send(
        self,
        operation: Operation | None,
        method: str,
        url: str,
        json: Any,
        headers: Mapping[str, str] | None,
        token: str | None,
        *,
        body: bool = True,
    ) -> Exchange:
        bearer = self.token if token == "" else token
        sent = {**({"authorization": f"Bearer {bearer}"} if bearer else {}), **(headers or {})}
        try:
            request = self._client.build_request(method, url, headers=sent, json=json)
            response = self._answer(request, body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            failed = Exchange(method, url, sent, b"", 0, {}, b"", operation.id if operation else None, self.token)
            seen = f"{type(error).__name__}: {error}"
            self.results.check("always-answered", False, f"an answer to {method} {url}", seen, failed)
            raise AbandonedError from error
        exchange = Exchange(
            method,
            url,
            {name.lower(): value for name, value in request.headers.items()},
            request.content,
            response.status_code,
            dict(response.headers),
            response.content if response.is_stream_consumed else b"",
            operation.id if operation else None,
            self.token,
        )
        self.results.check("always-answered", True, "", "")
        judge(exchange, self.document, self.results)
        note(exchange, self.ledger)
        return exchange

    def _answer(self, request: httpx.Request, body: bool) -> httpx.Response:
        """What a request is answered, once it is not turned away for being one too many."""
        tries = _MOST_THROTTLED
        while True:
            response, tries = self._client.send(request, stream=True), tries - 1
            throttled = response.status_code == _THROTTLED
            try:
                if body or throttled:
                    response.read()
            finally:
                response.close()
            if not throttled or not tries:
                return response
            self.clock.sleep(_pause(response))


def _pause(response: httpx.Response) -> float:
    """How long a 429 asks to wait, in seconds."""
    detail = re.search(r"(\d+) ?s", response.text)
    for told in (response.headers.get("retry-after"), detail and detail[1], response.headers.get("ratelimit-reset")):
        if told and re.fullmatch(r"\d+(\.\d+)?", told):
            return min(float(told) or 1.0, _LONGEST_PAUSE)
    return 1.0
