"""A proxy in front of the mock server that lets a mutant handle the requests."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, field
from typing import Any

import anyio.to_thread
import httpx

from helpers.faulty_servers.mutants import CutError, Handler, Request, Response
from zeroscope_conformance import Document
from zeroscope_mock import MockServer
from zeroscope_mock.doors.asgi import CONNECTION
from zeroscope_mock.doors.listening import Listening

DOCUMENT = Document.load()
JSON = "application/json"


@dataclass
class Proxy(httpx.BaseTransport):
    """A proxy in front of the mock server: an httpx transport, and an ASGI application for a socket.

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

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle a request from a socket."""
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
        target = f"{path}?{query}" if query else path
        try:
            response, content = await anyio.to_thread.run_sync(self._respond, scope["method"], target, headers, body)
        except CutError:
            scope["extensions"][CONNECTION].abort()
            return
        raw_headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.items()]
        await send({"type": "http.response.start", "status": response.status, "headers": raw_headers})
        await send({"type": "http.response.body", "body": content})

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
        self.app: Any = None
        listener: Any = self
        self.url = Listening(listener, "127.0.0.1", 0).url

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


@functools.cache
def shared_listener() -> Listener:
    """Return the listener of this process, which is never closed."""
    return Listener()
