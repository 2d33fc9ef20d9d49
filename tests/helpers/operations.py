"""One call of the client for each operation of the document, and one exchange by it."""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import inspect
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

import httpx
from hypothesis import note

from helpers.client import BASE_URL, Harness, prediction_body
from zeroscope._service import spec as _spec

ID = "gm3q"
# Too large to stand in the input itself, so that it is uploaded.
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


def with_both(test: Callable[..., None]) -> Callable[..., None]:
    """Try each example that Hypothesis makes up with both kinds of client: making one takes longer than trying it.

    Args:
        test: A test whose first argument is the kind of client; it leaves the others as they were.
    """

    @functools.wraps(test)
    def tried(*args: Any, **kwargs: Any) -> None:
        for kind in KINDS:
            note(kind)
            test(kind, *args, **kwargs)

    signature = inspect.signature(test)
    others = [parameter for name, parameter in signature.parameters.items() if name != "kind"]
    tried.__signature__ = signature.replace(parameters=others)  # type: ignore[attr-defined]  # wraps() leaves it out
    return tried


NOW = 1_700_000_000
SECRET = "whsec_" + base64.b64encode(bytes(range(24))).decode()


def sign(body: bytes, timestamp: str = str(NOW)) -> dict[str, str]:
    """The headers of a webhook that was signed as it should be, by default just now."""
    signed = hmac.digest(bytes(range(24)), f"msg_1.{timestamp}.".encode() + body, hashlib.sha256)
    signature = f"v1,{base64.b64encode(signed).decode()}"
    return {"webhook-id": "msg_1", "webhook-timestamp": timestamp, "webhook-signature": signature}


class Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body as it comes over a connection, in pieces, for either kind of client."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


class Server:
    """Answers all requests in the same way, and keeps them.

    Args:
        status: The status.
        body: The body.
        headers: The headers.
    """

    def __init__(self, status: int, body: bytes, headers: Sequence[tuple[bytes, bytes]] = ()) -> None:
        self.status = status
        self._body = body
        self._headers = list(headers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        # What is created once a file was uploaded is another exchange.
        if request.url.path.endswith("/predictions") and self.requests[0].url.path.endswith("/files"):
            return httpx.Response(201, json=prediction_body())
        return httpx.Response(self.status, headers=self._headers, stream=Pieces(self._body))

    def again(self) -> Server:
        """One that answers alike, and was asked for nothing yet."""
        return Server(self.status, self._body, self._headers)

    @property
    def lines(self) -> list[str]:
        """Method and path below the base URL of each request so far."""
        base = httpx.URL(BASE_URL).path
        return [f"{request.method} {request.url.path.removeprefix(base)}" for request in self.requests]
