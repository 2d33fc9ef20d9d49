"""The door for everything that speaks HTTP: an ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from .core import Core
from .messages import Request, Response
from .problems import too_large

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class App:
    """An ASGI application that leads to a server.

    Args:
        core: the server.
    """

    def __init__(self, core: Core) -> None:
        self._core = core

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or live through the lifespan of the process."""
        match scope["type"]:
            case "http":
                await self._answer(scope, receive, send)
            case "lifespan":
                await _live(receive, send)
            case _:
                await send({"type": "websocket.close"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await _read(receive, self._core.body_limit)
        except _DisconnectedError:
            return
        response = too_large(self._core.body_limit) if body is None else self._core.handle(_request(scope, body))
        await _send(response, send, head=scope["method"] == "HEAD")


class _DisconnectedError(Exception):
    """The client has gone before it had sent the whole request."""


def _request(scope: Scope, body: bytes) -> Request:
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    server = scope.get("server") or ("localhost", None)
    return Request(
        method=scope["method"],
        # Some servers put the query into the raw path as well.
        path=path.partition(b"?")[0].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]),
        body=body,
        scheme=scope.get("scheme", "http"),
        host=server[0] if server[1] is None else f"{server[0]}:{server[1]}",
    )


async def _read(receive: Receive, limit: int) -> bytes | None:
    """The whole body; None once it is longer than the limit.

    Raises:
        _DisconnectedError: if the rest of it never comes.
    """
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _DisconnectedError
        body += message.get("body", b"")
        if len(body) > limit:
            return None
        if not message.get("more_body", False):
            return bytes(body)


async def _send(response: Response, send: Send, *, head: bool) -> None:
    if isinstance(response.body, bytes):
        content = response.body
    else:
        import anyio.to_thread

        content = await anyio.to_thread.run_sync(response.body)
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    headers.append((b"content-length", str(len(content)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else content})


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
