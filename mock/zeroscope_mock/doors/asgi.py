"""The door for HTTP: an ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Iterable, MutableMapping
from types import coroutine
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, unquote

from ..core import Core
from ..messages import Head, Request, Response, Stream
from ..problems import too_large
from ..protocols import Flow
from ..steps import ConnectionCutError, drive_async
from . import limits
from .head_cache import HeadCache
from .response_head import BODILESS_STATUSES

if TYPE_CHECKING:
    import anyio

T = TypeVar("T")
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class App:
    """An ASGI application that calls a server.

    Args:
        core: The server's core.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._heads = HeadCache()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or the events of the lifespan."""
        match scope["type"]:
            case "http":
                await self._answer(scope, receive, send)
            case "lifespan":
                await _lifespan(receive, send)
            case _:
                await send({"type": "websocket.close"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = self._head(scope)
        if refused := limits.refuse_host(head):
            await self._send(refused, scope, receive, send)
            return
        try:
            body = b"" if _has_no_body(scope, head) else await _read_body(receive, self._core.body_limit)
        except _DisconnectedError:
            return
        try:
            if isinstance(body, Response):
                response: Response | None = body
            else:
                response = await self._respond(self._core.flow(Request(head, body)), receive)
            if response is not None:
                await self._send(response, scope, receive, send)
        except ConnectionCutError as error:
            raise ConnectionCutError(
                "a fault cuts the connection, but this ASGI server has no way to do that"
            ) from error
        await self._core.clock.run_due_async()

    def _head(self, scope: Scope) -> Head:
        path: bytes = scope.get("raw_path") or scope["path"].encode()
        headers = tuple(map(tuple, scope["headers"]))
        host, port = scope.get("server") or ("localhost", None)
        root, scheme = scope.get("root_path", ""), scope.get("scheme", "http")
        key = (scope["method"], path, scope["query_string"], headers, scheme, host, port, root)
        return self._heads.get(key, lambda: _read_head(*key))

    async def _respond(self, flow: Flow[Response], receive: Receive) -> Response | None:
        """The response; None if the client disconnects first."""
        try:
            step = next(flow)
        except StopIteration as end:
            response: Response = end.value
            return response
        return await _while_connected(receive, lambda: drive_async(flow, self._core.clock, step))

    async def _send(self, response: Response, scope: Scope, receive: Receive, send: Send) -> None:
        body = response.body
        length = len(body) if isinstance(body, bytes) else body.length
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
        if length is not None and response.status not in BODILESS_STATUSES:
            headers.append((b"content-length", str(length).encode()))
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        if scope["method"] == "HEAD" or isinstance(body, bytes):
            await send({"type": "http.response.body", "body": body if scope["method"] != "HEAD" else b""})
        else:
            await _while_connected(receive, lambda: self._send_stream(body, send))

    async def _send_stream(self, body: Stream, send: Send) -> None:
        sent = 0
        for piece in body.pieces():
            if isinstance(piece, bytes):
                sent += len(piece)
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            else:
                await piece.run_async(self._core.clock)
        # The ASGI server closes the connection if less was sent than announced.
        if body.length is None or sent == body.length:
            await send({"type": "http.response.body", "body": b"", "more_body": False})


class _DisconnectedError(Exception):
    """The client disconnected before it had sent the whole request."""


def _read_head(
    method: str,
    path: bytes,
    query: bytes,
    headers: Iterable[tuple[bytes, bytes]],
    scheme: str,
    host: str,
    port: int | None,
    root: str,
) -> Head:
    # Some servers put the query into the raw path as well.
    mount, below = _split_path(path.partition(b"?")[0].decode("latin-1"), root)
    host = f"[{host}]" if ":" in host else host
    return Head(
        method=method,
        path=below,
        query=query.decode("latin-1"),
        headers=tuple([(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers]),
        scheme=scheme,
        host=host if port is None else f"{host}:{port}",
        mount=mount,
    )


def _split_path(path: str, root: str) -> tuple[str, str]:
    """The mount and what is below it, both percent-encoded.

    Args:
        path: The whole path, percent-encoded; some servers leave out the root path.
        root: The root path of the ASGI scope, not encoded.
    """
    root = root.rstrip("/")
    if not root:
        return "", path
    # As many segments as the root path has.
    segments = path.split("/")
    count = root.count("/") + 1
    mount = "/".join(segments[:count])
    if unquote(mount) != root:
        return quote(root), path
    # A root path that ends with a slash leads some servers to write two.
    return mount, "/" + "/".join(segments[count:]).lstrip("/")


def _has_no_body(scope: Scope, head: Head) -> bool:
    """Return whether a request cannot have a body, so that the app need not wait for one."""
    if scope.get("http_version", "")[:1] != "1" or head.method not in {"GET", "HEAD"}:
        return False
    return head.header("content-length") is None and head.header("transfer-encoding") is None


async def _read_body(receive: Receive, limit: int) -> bytes | Response:
    """The whole body, or the refusal of one that is too long or does not arrive in time.

    Raises:
        _DisconnectedError: If the client disconnects before its end.
    """
    body = bytearray()
    while True:
        message = await _with_timeout(limits.BODY_TIMEOUT, receive())
        if message is None:
            return limits.late_body()
        if message["type"] == "http.disconnect":
            raise _DisconnectedError
        body += message.get("body", b"")
        if len(body) > limit:
            return too_large(limit)
        if not message.get("more_body", False):
            return bytes(body)


@coroutine
def _with_timeout(seconds: float, work: Awaitable[T]) -> Generator[Any, Any, T | None]:
    """The result of an awaitable; None if it takes longer than some seconds.

    Most bodies have arrived before they are read, so the timer starts only if the awaitable waits.
    """
    import anyio

    steps = work.__await__()
    try:
        step = next(steps)
        with anyio.move_on_after(seconds):
            while True:
                try:
                    result = yield step
                except BaseException as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(result)
    except StopIteration as end:
        value: T = end.value
        return value
    return None


async def _while_connected(receive: Receive, work: Callable[[], Awaitable[T]]) -> T | None:
    """Await some work, and cancel it and return None if the client disconnects; the request must have been read."""
    import anyio

    result: T | None = None
    failure: Exception | None = None
    async with anyio.create_task_group() as group:
        group.start_soon(_cancel_on_disconnect, receive, group.cancel_scope)
        try:
            result = await work()
        except Exception as error:
            # The task group would wrap it in an exception group.
            failure = error
        group.cancel_scope.cancel()
    if failure is not None:
        raise failure
    return result


async def _cancel_on_disconnect(receive: Receive, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
