"""One call of the client for each operation of the document, and responses to it."""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import httpx
from hypothesis import note

from helpers.client import BASE_URL, Harness, prediction_body
from helpers.downloads import ChunkedBody
from zeroscope._service import spec as _spec

ID = "gm3q"
# Too large for a data: URI, so that it is uploaded.
LARGE = bytes(_spec.spec()["info"]["x-replicate"]["data-uri-bytes"] + 1)

CALLS: dict[str, Callable[[Harness, Any], Any]] = {
    "listPredictions": lambda harness, client: harness.all(client.predictions.list),
    "createPrediction": lambda harness, client: harness.do(client.predictions.create, {}),
    "getPrediction": lambda harness, client: harness.do(client.predictions.get, ID),
    "cancelPrediction": lambda harness, client: harness.do(client.predictions.cancel, ID),
    "createFile": lambda harness, client: harness.do(client.predictions.create, {"init_video": LARGE}),
    "getDefaultWebhookSecret": lambda harness, client: harness.do(client.webhook_secret),
}
"""By operationId; the operation is that of the first request."""

KINDS = ("sync", "async")


def for_both_clients(test: Callable[..., None]) -> Callable[..., None]:
    """Run a test, whose first argument is the kind of client, with both kinds for each example of Hypothesis.

    Generating an example takes longer than testing it.
    """

    @functools.wraps(test)
    def run_both(*args: Any, **kwargs: Any) -> None:
        for kind in KINDS:
            note(kind)
            test(kind, *args, **kwargs)

    signature = inspect.signature(test)
    others = [parameter for name, parameter in signature.parameters.items() if name != "kind"]
    run_both.__signature__ = signature.replace(parameters=others)  # type: ignore[attr-defined]  # wraps() leaves it out
    return run_both


NOW = 1_700_000_000
SECRET = "whsec_" + base64.b64encode(bytes(range(24))).decode()


def signed_headers(body: bytes, timestamp: str = str(NOW)) -> dict[str, str]:
    """Return the headers of a webhook with a valid signature."""
    signed = hmac.digest(bytes(range(24)), f"msg_1.{timestamp}.".encode() + body, hashlib.sha256)
    signature = f"v1,{base64.b64encode(signed).decode()}"
    return {"webhook-id": "msg_1", "webhook-timestamp": timestamp, "webhook-signature": signature}


class FixedResponse:
    """Answers every request with the same response, and records the requests."""

    def __init__(self, status: int, body: bytes, headers: Sequence[tuple[bytes, bytes]] = ()) -> None:
        self.status = status
        self._body = body
        self._headers = list(headers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        # The create that follows an upload is another exchange.
        if request.url.path.endswith("/predictions") and self.requests[0].url.path.endswith("/files"):
            return httpx.Response(201, json=prediction_body())
        return httpx.Response(self.status, headers=self._headers, stream=ChunkedBody(self._body))

    def copy(self) -> FixedResponse:
        """Return one with the same response and no requests."""
        return FixedResponse(self.status, self._body, self._headers)

    @property
    def lines(self) -> list[str]:
        """Method and path below the base URL of each request so far."""
        base = httpx.URL(BASE_URL).path
        return [f"{request.method} {request.url.path.removeprefix(base)}" for request in self.requests]
