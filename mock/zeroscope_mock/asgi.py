"""The door for everything that speaks HTTP: an ASGI application."""

from __future__ import annotations

import socket
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

import anyio.lowlevel

from .core import Core
from .messages import Request, Response, Stream
from .problems import too_large
from .steps import ConnectionCutError, Flow, Sleep, drive_async

if TYPE_CHECKING:
    import anyio

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

CONNECTION = "zeroscope_mock.connection"
"""The ASGI extension under which a server hands over its asyncio transport, for faults that cut the connection."""


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
        try:
            if body is None:
                response: Response | None = too_large(self._core.body_limit)
            else:
                response = await self._drive(self._core.flow(_request(scope, body)), receive)
            if response is not None:
                await self._send(response, scope, receive, send)
        except ConnectionCutError:
            await _reset(scope)
        await self._core.clock.settle_async()

    async def _drive(self, flow: Flow[Response], receive: Receive) -> Response | None:
        """The response; None if the client has gone before there was one."""
        try:
            step = next(flow)
        except StopIteration as end:
            answered: Response = end.value
            return answered
        import anyio

        response: Response | None = None
        cut: ConnectionCutError | None = None
        async with anyio.create_task_group() as group:
            group.start_soon(_cancel_when_gone, receive, group.cancel_scope)
            try:
                response = await drive_async(flow, self._core.clock, step)
            except ConnectionCutError as error:
                # The group would wrap it in another exception.
                cut = error
            group.cancel_scope.cancel()
        if cut is not None:
            raise cut
        return response

    async def _send(self, response: Response, scope: Scope, receive: Receive, send: Send) -> None:
        body = response.body
        length = len(body) if isinstance(body, bytes) else body.length
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
        if length is not None and response.status not in {204, 304}:
            headers.append((b"content-length", str(length).encode()))
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        if scope["method"] == "HEAD" or isinstance(body, bytes):
            await send({"type": "http.response.body", "body": body if scope["method"] != "HEAD" else b""})
            return
        await self._send_stream(body, scope, receive, send)

    async def _send_stream(self, body: Stream, scope: Scope, receive: Receive, send: Send) -> None:
        import anyio

        sent, cut = 0, False
        async with anyio.create_task_group() as group:
            group.start_soon(_cancel_when_gone, receive, group.cancel_scope)
            try:
                for piece in body.pieces():
                    if isinstance(piece, Sleep):
                        await piece.do_async(self._core.clock)
                    else:
                        sent += len(piece)
                        await send({"type": "http.response.body", "body": piece, "more_body": True})
            except ConnectionCutError:
                cut = True
            else:
                if body.length is None or sent == body.length:
                    await send({"type": "http.response.body", "body": b"", "more_body": False})
            group.cancel_scope.cancel()
        # A server closes the connection by itself when less was sent than announced.
        if cut:
            await _reset(scope)


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


async def _cancel_when_gone(receive: Receive, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()


async def _reset(scope: Scope) -> None:
    """Cut the connection as a crash would: with a reset (RST) instead of an orderly end."""
    transport = scope.get("extensions", {}).get(CONNECTION)
    if transport is None:
        raise ConnectionCutError("a fault cuts the connection, which this ASGI server has no way to do")
    connection = transport.get_extra_info("socket")
    # To linger for no time at all is how a socket is told to reset.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    import anyio

    # Until the loop has seen it the server takes the request for one that was forgotten.
    for _ in range(2):
        await anyio.lowlevel.checkpoint()


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
