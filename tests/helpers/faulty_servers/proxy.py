"""A proxy in front of the mock server that lets a mutant handle the requests."""

from __future__ import annotations

import functools
import itertools
import json
import threading
from dataclasses import dataclass, field
from typing import Any

import httpx

from helpers.faulty_servers.mutants import CutError, Handler, Request, Response
from zeroscope_conformance import Document
from zeroscope_mock import MockServer, RealClock, messages
from zeroscope_mock.doors.listening import Listening
from zeroscope_mock.protocols import Clock, Flow
from zeroscope_mock.steps import ConnectionCutError, RunBlocking

DOCUMENT = Document.load()
JSON = "application/json"


_NUMBERS = itertools.count()
_THREAD = threading.local()


def connection_number() -> int:
    """Return the number of this thread, which, unlike its `ident`, no later thread gets."""
    if not hasattr(_THREAD, "number"):
        _THREAD.number = next(_NUMBERS)
    return int(_THREAD.number)


@dataclass
class Proxy(httpx.BaseTransport):
    """A proxy in front of the mock server: an httpx transport, and what a socket serves.

    Args:
        server: The mock server.
        handle: The handler of the mutant.
        memory: What the mutant remembers from request to request.
    """

    server: MockServer
    handle: Handler
    memory: dict[str, Any] = field(default_factory=dict)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Handle a request of `httpx.Client`."""
        path = request.url.raw_path.decode("latin-1")
        try:
            response, content = self._respond(request.method, path, dict(request.headers), request.read())
        except CutError as error:
            raise httpx.ReadError("the connection was cut", request=request) from error
        return httpx.Response(response.status, headers=response.headers, stream=httpx.ByteStream(content))

    def flow(self, request: messages.Request) -> Flow[messages.Response]:
        """Handle a request from a socket."""
        head = request.head
        arguments = head.method, head.target, dict(head.headers), request.body
        try:
            response, content = yield RunBlocking(lambda: self._respond(*arguments))
        except CutError as error:
            raise ConnectionCutError from error
        return messages.Response(response.status, tuple(response.headers.items()), content)

    def _respond(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[Response, bytes]:
        sent: Any = body
        if headers.get("content-type") == JSON:
            try:
                sent = json.loads(body)
            except ValueError:
                sent = body
        operation = DOCUMENT.operation_at(method, path.partition("?")[0])
        request = Request(
            method=method,
            path=path,
            headers=headers,
            body=sent,
            operation=operation.id if operation else "",
            memory=self.memory,
            server=self.server,
            connection=connection_number(),
        )
        response = self.handle(request)
        # They describe the body as the mock server sent it, compressed perhaps.
        for name in ("content-length", "content-encoding", "transfer-encoding"):
            response.headers.pop(name, None)
        return response, response.body if isinstance(response.body, bytes) else json.dumps(response.body).encode()


class Listener:
    """A socket that all proxies of this process share, one after another: opening and closing one takes long.

    Attributes:
        app: The proxy that handles the requests at present.
        url: The URL of the socket.
    """

    def __init__(self) -> None:
        self.app: Proxy | None = None
        self.body_limit = 2**24
        self.clock: Clock = RealClock()
        self.url = Listening(self, "127.0.0.1", 0).url

    def flow(self, request: messages.Request) -> Flow[messages.Response]:
        """Let the proxy handle a request."""
        assert self.app is not None
        return (yield from self.app.flow(request))

    def record_refusal(self, head: messages.Head, response: messages.Response) -> None:
        """Record nothing: the clients of the tests send whole requests."""


@functools.cache
def shared_listener() -> Listener:
    """Return the listener of this process, which is never closed."""
    return Listener()
