"""The mock server in process with many predictions, called through ASGI.

Usage: python -m benchmarks.workers.growth PREDICTIONS
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable, MutableMapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson

from zeroscope_mock import MockServer
from zeroscope_mock.messages import Head, Request
from zeroscope_mock.store import PAGE_SIZE

from .canned import BASE_URL, INPUT, PREDICTIONS, VERSION
from .protocol import WARM_UP, serve

BODY = json.dumps({"version": VERSION, "input": INPUT}).encode()
HEADERS = (
    ("host", "127.0.0.1"),
    ("authorization", "Bearer a-token-of-the-benchmarks"),
    ("content-type", "application/json"),
)
PATH = f"{urlsplit(BASE_URL).path}{PREDICTIONS}"

FILTER = {"created_after": "2020-01-01T00:00:00Z"}
"""A filter of the list that all predictions pass."""

SPARE = 1_000_000
"""The number of predictions that may be added."""

RUN_TIME = 600.0
"""The time after which a prediction has ended, in seconds."""

JOURNAL_LIMIT = 1000
"""The number of exchanges that the journal keeps."""

Message = MutableMapping[str, Any]


class AsgiClient:
    """A client that calls the ASGI application, without a socket.

    Args:
        server: The mock server.
    """

    def __init__(self, server: MockServer) -> None:
        self._app = server.app
        self._runner = asyncio.Runner()
        self.status = 0
        self.body = b""

    async def send(self, method: str, target: str) -> None:
        """Send one request."""
        path, _, query = target.partition("?")
        body = BODY if method == "POST" else b""
        headers = [(name.encode(), value.encode()) for name, value in HEADERS]
        if body:
            headers.append((b"content-length", str(len(body)).encode()))
        scope = {
            "type": "http",
            "http_version": "1.1",
            "scheme": "http",
            "server": ("127.0.0.1", 80),
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": headers,
        }

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def receive_response(message: Message) -> None:
            self.status = message.get("status", self.status)
            self.body = message.get("body", b"")

        await self._app(scope, receive, receive_response)

    def call(self, method: str, path: str) -> Any:
        """Send one request, and return the body of the response."""
        self._runner.run(self.send(method, path))
        if not 200 <= self.status < 300:
            raise RuntimeError(f"{method} {path} returned {self.status}: {self.body.decode()}")
        return json.loads(self.body)

    def timer(self, method: str, path: Callable[[], str]) -> Callable[[int], float]:
        """Return a function that measures the mean processor time of a number of requests, in microseconds."""

        async def repeat(times: int) -> float:
            target = path()
            start = time.process_time_ns()
            for _ in range(times):
                await self.send(method, target)
            return (time.process_time_ns() - start) / times / 1000

        self._runner.run(repeat(WARM_UP))
        return lambda times: self._runner.run(repeat(times))


def dumps_timer(page: Any) -> Callable[[int], float]:
    """Return a function that measures how long the predictions of a page take to encode, in microseconds."""
    predictions = page["results"]

    def measure(times: int) -> float:
        start = time.process_time_ns()
        for _ in range(times):
            orjson.dumps(predictions)
        return (time.process_time_ns() - start) / times / 1000

    return measure


def main(held: int) -> None:
    """Fill a server, then measure each kind of request.

    Args:
        held: The number of predictions on the server.
    """
    server = MockServer(prediction_limit=held + SPARE, journal_limit=JOURNAL_LIMIT)
    client = AsgiClient(server)
    for _ in range(held):
        server.core.handle(Request(Head("POST", PATH, headers=HEADERS), BODY))
    server.clock.advance(RUN_TIME)
    # The newest prediction is read, as by a client that waits for it.
    newest = f"{PATH}/{client.call('POST', PATH)['id']}"
    server.clock.advance(RUN_TIME)
    assert client.call("GET", newest)["status"] == "succeeded"
    commands = {
        "list": client.timer("GET", lambda: PATH),
        "get": client.timer("GET", lambda: newest),
        "create": client.timer("POST", lambda: PATH),
    }
    server.clock.advance(RUN_TIME)
    page = client.call("GET", f"{PATH}?{urlencode(FILTER)}")
    following = urlsplit(page["next"] or PATH)
    commands["filtered list"] = client.timer("GET", lambda: f"{following.path}?{following.query}")

    def prepare(operation: str) -> None:
        """Bring every server to the same state, except for the number of its predictions.

        The predictions on the first page have ended, and the journal is full of such requests.
        """
        for _ in range(PAGE_SIZE):
            client.call("POST", PATH)
        server.clock.advance(RUN_TIME)
        commands[operation](JOURNAL_LIMIT)

    serve({**commands, "dumps": dumps_timer(page), "prepare": prepare})


if __name__ == "__main__":
    main(int(sys.argv[1]))
