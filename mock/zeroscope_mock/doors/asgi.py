"""The door for everything that speaks HTTP: an ASGI application."""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Awaitable, Callable, Generator, Iterable, MutableMapping
from functools import lru_cache
from types import coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from ..core import Core
from ..messages import Head, Headers, Request, Response, Stream
from ..problems import problem, too_large
from ..steps import ConnectionCutError, Flow, Sleep, drive_async
from .head_cache import Heads

if TYPE_CHECKING:
    import anyio

T = TypeVar("T")
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

CONNECTION = "zeroscope_mock.connection"
"""The ASGI extension under which a server hands over its asyncio transport, for faults that cut the connection."""

EMPTY = frozenset({204, 304})
"""Statuses whose answers have neither a body nor a length."""

IDLE = 0.02
"""How often a stream with nothing to tell looks again, in real seconds."""

PATIENCE = 60.0
"""How long the next bytes of a request's body may take, in real seconds."""


class App:
    """An ASGI application that leads to a server.

    Args:
        core: the server.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._heads = Heads()

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
        head = self._head(scope)
        try:
            body = b"" if _bodiless(scope, head) else await _read(receive, self._core.body_limit)
        except _DisconnectedError:
            return
        try:
            if isinstance(body, Response):
                response: Response | None = body
            else:
                response = await self._respond(self._core.flow(Request(head, body)), receive)
            if response is not None:
                await self._send(response, scope, receive, send)
        except ConnectionCutError:
            await _reset(scope)
        except _cancelled():
            # The server is ending. What was asked for may have been done, so it must not look like a refusal.
            _cut(scope)
            raise
        await self._core.clock.settle_async()

    def _head(self, scope: Scope) -> Head:
        path: bytes = scope.get("raw_path") or scope["path"].encode()
        headers = tuple(map(tuple, scope["headers"]))
        host, port = scope.get("server") or ("localhost", None)
        key = (scope["method"], path, scope["query_string"], headers, scope.get("scheme", "http"), host, port)
        return self._heads.find(key, lambda: _read_head(*key))

    async def _respond(self, flow: Flow[Response], receive: Receive) -> Response | None:
        """The response; None if the client has gone before there was one."""
        try:
            step = next(flow)
        except StopIteration as end:
            answered: Response = end.value
            return answered
        return await _while_there(receive, lambda: drive_async(flow, self._core.clock, step))

    async def _send(self, response: Response, scope: Scope, receive: Receive, send: Send) -> None:
        body = response.body
        length = len(body) if isinstance(body, bytes) else body.length
        headers = list(_encoded(response.headers))
        if length is not None and response.status not in EMPTY:
            headers.append((b"content-length", str(length).encode()))
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        if scope["method"] == "HEAD" or isinstance(body, bytes):
            await send({"type": "http.response.body", "body": body if scope["method"] != "HEAD" else b""})
        else:
            await _while_there(receive, lambda: self._send_stream(body, send))

    async def _send_stream(self, body: Stream, send: Send) -> None:
        import anyio

        sent = 0
        for piece in body.pieces():
            if isinstance(piece, Sleep) and piece.idle:
                # A client on a socket waits in real time; a virtual clock would run away for it.
                await anyio.sleep(IDLE)
            elif isinstance(piece, Sleep):
                await piece.do_async(self._core.clock)
            else:
                sent += len(piece)
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        # A server closes the connection by itself when less was sent than announced.
        if body.length is None or sent == body.length:
            await send({"type": "http.response.body", "body": b"", "more_body": False})


class _DisconnectedError(Exception):
    """The client has gone before it had sent the whole request."""


def _read_head(
    method: str,
    path: bytes,
    query: bytes,
    headers: Iterable[tuple[bytes, bytes]],
    scheme: str,
    host: str,
    port: int | None,
) -> Head:
    return Head(
        method=method,
        # Some servers put the query into the raw path as well.
        path=path.partition(b"?")[0].decode("latin-1"),
        query=query.decode("latin-1"),
        headers=tuple([(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers]),
        scheme=scheme,
        host=host if port is None else f"{host}:{port}",
    )


def _bodiless(scope: Scope, head: Head) -> bool:
    """Whether a request surely has no body, so that there is nothing to wait for."""
    if scope.get("http_version", "")[:1] != "1" or head.method not in {"GET", "HEAD"}:
        return False
    return head.header("content-length") is None and head.header("transfer-encoding") is None


# Answers differ in their bodies; their headers are the same again and again.
@lru_cache(maxsize=1000)
def _encoded(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


async def _read(receive: Receive, limit: int) -> bytes | Response:
    """The whole body, or the refusal of one that is too long or never comes.

    Raises:
        _DisconnectedError: if the client goes away before the end of it.
    """
    body = bytearray()
    while True:
        message = await _within(PATIENCE, receive())
        if message is None:
            detail = f"Nothing more of the request's body came for {PATIENCE:g} seconds; send all of it."
            return problem(408, detail, headers=(("connection", "close"),))
        if message["type"] == "http.disconnect":
            raise _DisconnectedError
        body += message.get("body", b"")
        if len(body) > limit:
            return too_large(limit)
        if not message.get("more_body", False):
            return bytes(body)


@coroutine
def _within(seconds: float, work: Awaitable[T]) -> Generator[Any, Any, T | None]:
    """What some work comes to; None if it takes longer than so many seconds.

    Most bodies are there before they are asked for, and a timer would cost more than to read them.
    """
    import anyio

    steps = work.__await__()
    try:
        step = next(steps)
        with anyio.move_on_after(seconds):
            while True:
                try:
                    answer = yield step
                except BaseException as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(answer)
    except StopIteration as end:
        result: T = end.value
        return result
    return None


async def _while_there(receive: Receive, work: Callable[[], Awaitable[T]]) -> T | None:
    """Do some work that ends early, with None, if the client goes away; the request must have been read."""
    import anyio

    result: T | None = None
    failure: Exception | None = None
    async with anyio.create_task_group() as group:
        group.start_soon(_cancel_when_gone, receive, group.cancel_scope)
        try:
            result = await work()
        except Exception as error:
            # The group would wrap it in another exception.
            failure = error
        group.cancel_scope.cancel()
    if failure is not None:
        raise failure
    return result


async def _cancel_when_gone(receive: Receive, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()


def _cancelled() -> type[BaseException]:
    import anyio

    return anyio.get_cancelled_exc_class()


async def _reset(scope: Scope) -> None:
    """Cut the connection as a crash would: with a reset (RST) instead of an orderly end."""
    from anyio.lowlevel import checkpoint

    if not _cut(scope):
        raise ConnectionCutError("a fault cuts the connection, which this ASGI server has no way to do")
    # Until the loop has seen it the server takes the request for one that was forgotten.
    for _ in range(2):
        await checkpoint()


def _cut(scope: Scope) -> bool:
    """Reset the connection now, if the server has a way to do that."""
    transport = scope.get("extensions", {}).get(CONNECTION)
    if transport is None:
        return False
    if not transport.is_closing():
        # To linger for no time at all is how a socket is told to reset.
        linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.abort()
    return True


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
