"""The mock server in process, with so many predictions held, asked through its ASGI application.

Usage: python -m benchmarks.workers.growth PREDICTIONS
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from zeroscope_mock import MockServer
from zeroscope_mock.messages import Head, Request

from .canned import BASE_URL, INPUT, PREDICTIONS, VERSION
from .protocol import WARM_UP, answer

BODY = json.dumps({"version": VERSION, "input": INPUT}).encode()
HEADERS = (("host", "127.0.0.1"), ("authorization", "Bearer a-token"), ("content-type", "application/json"))
PATH = f"{urlsplit(BASE_URL).path}{PREDICTIONS}"

MORE = 1_000_000
"""How many predictions may come on top."""

AFTER = 600.0
"""When all of them have ended, in seconds."""

Message = MutableMapping[str, Any]


class Asker:
    """Makes requests of the application, without a socket.

    Args:
        server: The mock server.
    """

    def __init__(self, server: MockServer) -> None:
        self._app = server.app
        self._runner = asyncio.Runner()
        self.status = 0
        self.body = b""

    async def ask(self, method: str, path: str) -> None:
        """Make one request."""
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
            "query_string": b"",
            "headers": headers,
        }

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            self.status = message.get("status", self.status)
            self.body = message.get("body", b"")

        await self._app(scope, receive, send)

    def once(self, method: str, path: str) -> Any:
        """The answer to one request."""
        self._runner.run(self.ask(method, path))
        if not 200 <= self.status < 300:
            raise RuntimeError(f"{method} {path} was answered with {self.status}: {self.body.decode()}")
        return json.loads(self.body)

    def timed(self, method: str, path: Callable[[], str]) -> Callable[[int], float]:
        """Answers how much processor time a request takes, in microseconds, as the mean of so many."""

        async def many(times: int) -> float:
            where = path()
            begun = time.process_time_ns()
            for _ in range(times):
                await self.ask(method, where)
            return (time.process_time_ns() - begun) / times / 1000

        self._runner.run(many(WARM_UP))
        return lambda times: self._runner.run(many(times))


def main(held: int) -> None:
    """Fill a server, then answer how long each kind of request takes.

    Args:
        held: How many predictions it is to hold.
    """
    server = MockServer(prediction_limit=held + MORE)
    asker = Asker(server)
    for _ in range(held):
        server.core.handle(Request(Head("POST", PATH, headers=HEADERS), BODY))
    server.clock.advance(AFTER)
    # The one that is asked for is the newest of all, as it is for whoever waits.
    newest = f"{PATH}/{asker.once('POST', PATH)['id']}"
    server.clock.advance(AFTER)
    assert asker.once("GET", newest)["status"] == "succeeded"
    answer(
        {
            "list": asker.timed("GET", lambda: PATH),
            "get": asker.timed("GET", lambda: newest),
            "create": asker.timed("POST", lambda: PATH),
        }
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
