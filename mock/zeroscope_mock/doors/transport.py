"""The door for httpx clients in the same process, without a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from math import inf
from typing import Any

import httpx

from ..core import Core
from ..machine import machine_seconds
from ..messages import Head, Request, Response, Stream
from ..protocols import Clock, Flow
from ..steps import ConnectionCutError, Pause, Sleep, Watch, drive, drive_async
from ..times import TOLERANCE
from .asgi import BODILESS_STATUSES
from .head_cache import HeadCache


class Transport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """An httpx transport, for `httpx.Client` and `httpx.AsyncClient` alike, that calls a server whatever the host.

    It behaves as a socket would: a connection that a fault cuts raises `httpx.ReadError`, a body that ends too early
    raises `httpx.RemoteProtocolError`, and a read timeout runs on the server's clock and raises `httpx.ReadTimeout`.

    Args:
        core: The server's core.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._heads = HeadCache()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of `httpx.Client`."""
        clock = self._core.clock
        timeout = _ReadTimeout(request, clock)
        try:
            response = drive(timeout.limit(self._core.flow(Request(self._head(request), request.read()))), clock)
        except ConnectionCutError as error:
            raise httpx.ReadError(str(error), request=request) from None
        finally:
            clock.run_due()
        return _to_httpx(request, response, clock)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of `httpx.AsyncClient`."""
        clock = self._core.clock
        timeout = _ReadTimeout(request, clock)
        try:
            flow = timeout.limit(self._core.flow(Request(self._head(request), await request.aread())))
            response = await drive_async(flow, clock)
        except ConnectionCutError as error:
            await clock.run_due_async()
            raise httpx.ReadError(str(error), request=request) from None
        await clock.run_due_async()
        return _to_httpx(request, response, clock)

    def _head(self, request: httpx.Request) -> Head:
        url = request.url
        key = (request.method, url.raw_path, tuple(request.headers.raw), url.scheme, url.netloc)
        return self._heads.get(key, lambda: _read_head(*key))


@dataclass
class _ReadTimeout:
    """The read timeout of a client, on the server's clock."""

    request: httpx.Request
    clock: Clock

    @property
    def seconds(self) -> float:
        seconds = self.request.extensions.get("timeout", {}).get("read")
        return inf if seconds is None else float(seconds)

    def limit(self, flow: Flow[Response]) -> Flow[Response]:
        """A flow that raises `httpx.ReadTimeout` instead of sleeping longer than the client waits."""
        try:
            step = next(flow)
            left = self.seconds
            while True:
                result: Any = None
                try:
                    if isinstance(step, Pause):
                        left = yield from self.pause(step, left)
                    else:
                        result = yield step
                except Exception as error:
                    step = flow.throw(error)
                else:
                    if left <= 0:
                        raise self.exceeded()
                    step = flow.send(result)
        except StopIteration as end:
            response: Response = end.value
            return response
        finally:
            flow.close()

    def pause(self, pause: Pause, left: float) -> Generator[Pause, None, float]:
        """Pause at most as long as the client still waits, and return how much longer it does then; 0 if no longer."""
        if isinstance(pause, Watch):
            started = machine_seconds()
            yield replace(pause, seconds=min(pause.seconds, left))
            return max(0.0, left - (machine_seconds() - started))
        if isinstance(pause, Sleep):
            yield Sleep(min(pause.seconds, left))
            return max(0.0, left - pause.seconds)
        before = self.clock.monotonic()
        yield replace(pause, until=min(pause.until, before + left))
        left -= self.clock.monotonic() - before
        return left if left > TOLERANCE else 0.0

    def exceeded(self) -> httpx.ReadTimeout:
        return httpx.ReadTimeout(f"the server sent nothing for {self.seconds:g} s of its clock", request=self.request)


def _read_head(
    method: str, target: bytes, headers: Iterable[tuple[bytes, bytes]], scheme: str, authority: bytes
) -> Head:
    path, _, query = target.decode("latin-1").partition("?")
    return Head(
        method=method,
        path=path,
        query=query,
        headers=tuple([(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers]),
        scheme=scheme,
        host=authority.decode("latin-1"),
    )


def _to_httpx(request: httpx.Request, response: Response, clock: Clock) -> httpx.Response:
    body, headers = response.body, list(response.headers)
    length = len(body) if isinstance(body, bytes) else body.length
    if length is not None and response.status not in BODILESS_STATUSES:
        headers.append(("content-length", str(length)))
    if request.method == "HEAD":
        body = b""
    # respx reads the responses that it keeps, except streams, which may be endless.
    stream = httpx.ByteStream(body) if isinstance(body, bytes) else _Body(body, clock, request)
    return httpx.Response(response.status, headers=headers, stream=stream, request=request)


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that is read in pieces, as from a socket."""

    def __init__(self, body: bytes | Stream, clock: Clock, request: httpx.Request) -> None:
        self._clock = clock
        self._pieces = _pieces(body, _ReadTimeout(request, clock))

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, bytes):
                yield piece
            else:
                piece.run(self._clock)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, bytes):
                yield piece
            else:
                await piece.run_async(self._clock)

    def close(self) -> None:
        self._pieces.close()

    async def aclose(self) -> None:
        self._pieces.close()


def _pieces(body: bytes | Stream, timeout: _ReadTimeout) -> Generator[bytes | Pause, None, None]:
    """The pieces and pauses of a body, with the errors that a client would see."""
    if isinstance(body, bytes):
        yield body
        return
    sent, left = 0, timeout.seconds
    try:
        for piece in body.pieces():
            if isinstance(piece, bytes):
                sent, left = sent + len(piece), timeout.seconds
                yield piece
            else:
                left = yield from timeout.pause(piece, left)
                if left <= 0:
                    raise timeout.exceeded()
    except ConnectionCutError as error:
        raise httpx.ReadError(str(error), request=timeout.request) from None
    if body.length is not None and sent < body.length:
        raise httpx.RemoteProtocolError(
            "peer closed connection without sending complete message body "
            f"(received {sent} bytes, expected {body.length})",
            request=timeout.request,
        )
