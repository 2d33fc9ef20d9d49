"""The door for httpx clients in the same process: no socket, no thread."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterable, Iterator
from dataclasses import dataclass
from math import inf

import httpx

from ..core import Core
from ..messages import Head, Request, Response, Stream
from ..protocols import Clock
from ..steps import ConnectionCutError, Flow, Sleep, drive, drive_async
from .asgi import EMPTY
from .head_cache import Heads


class Transport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """An httpx transport, for `httpx.Client` and `httpx.AsyncClient` alike, that leads to a server whatever the host.

    What a socket would do is done here as well: a connection that a fault cuts raises `httpx.ReadError`, a body that
    ends too early `httpx.RemoteProtocolError`, and a read timeout runs on the server's clock and raises
    `httpx.ReadTimeout`.

    Args:
        core: the server.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._heads = Heads()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of `httpx.Client`."""
        patience = _Patience(request)
        clock = self._core.clock
        try:
            response = drive(patience.limit(self._core.flow(Request(self._head(request), request.read()))), clock)
        except ConnectionCutError as error:
            raise httpx.ReadError(str(error), request=request) from None
        finally:
            clock.settle()
        return _answer(request, response, clock)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of `httpx.AsyncClient`."""
        patience = _Patience(request)
        clock = self._core.clock
        try:
            flow = patience.limit(self._core.flow(Request(self._head(request), await request.aread())))
            response = await drive_async(flow, clock)
        except ConnectionCutError as error:
            await clock.settle_async()
            raise httpx.ReadError(str(error), request=request) from None
        await clock.settle_async()
        return _answer(request, response, clock)

    def _head(self, request: httpx.Request) -> Head:
        url = request.url
        key = (request.method, url.raw_path, tuple(request.headers.raw), url.scheme, url.netloc)
        return self._heads.find(key, lambda: _read_head(*key))


@dataclass
class _Patience:
    """How long a client waits for the next bytes, on the server's clock."""

    request: httpx.Request

    @property
    def seconds(self) -> float:
        timeout = self.request.extensions.get("timeout", {}).get("read")
        return inf if timeout is None else float(timeout)

    def limit(self, flow: Flow[Response]) -> Flow[Response]:
        """A flow that sleeps no longer than the client waits."""
        try:
            step = next(flow)
            left = self.seconds
            while True:
                if isinstance(step, Sleep):
                    if step.seconds >= left:
                        yield Sleep(left)
                        raise self.exceeded()
                    left -= step.seconds
                try:
                    answer = yield step
                except Exception as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(answer)
        except StopIteration as end:
            response: Response = end.value
            return response
        finally:
            flow.close()

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


def _answer(request: httpx.Request, response: Response, clock: Clock) -> httpx.Response:
    body, headers = response.body, list(response.headers)
    length = len(body) if isinstance(body, bytes) else body.length
    if length is not None and response.status not in EMPTY:
        headers.append(("content-length", str(length)))
    if request.method == "HEAD":
        body = b""
    # respx reads what it keeps of a call, unless it may be endless.
    stream = httpx.ByteStream(body) if isinstance(body, bytes) else _Body(body, clock, request)
    return httpx.Response(response.status, headers=headers, stream=stream, request=request)


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that is read later, as from a socket."""

    def __init__(self, body: bytes | Stream, clock: Clock, request: httpx.Request) -> None:
        self._clock = clock
        self._pieces = _pieces(body, request)

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, Sleep):
                piece.do(self._clock)
            else:
                yield piece

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, Sleep):
                await piece.do_async(self._clock)
            else:
                yield piece

    def close(self) -> None:
        self._pieces.close()

    async def aclose(self) -> None:
        self._pieces.close()


def _pieces(body: bytes | Stream, request: httpx.Request) -> Generator[bytes | Sleep, None, None]:
    """The pieces and pauses of a body, with what a client notices on the way."""
    if isinstance(body, bytes):
        yield body
        return
    patience = _Patience(request)
    sent, waited = 0, 0.0
    try:
        for piece in body.pieces():
            if isinstance(piece, Sleep):
                if waited + piece.seconds >= patience.seconds:
                    yield Sleep(patience.seconds - waited)
                    raise patience.exceeded()
                waited += piece.seconds
            else:
                sent, waited = sent + len(piece), 0.0
            yield piece
    except ConnectionCutError as error:
        raise httpx.ReadError(str(error), request=request) from None
    if body.length is not None and sent < body.length:
        raise httpx.RemoteProtocolError(
            "peer closed connection without sending complete message body "
            f"(received {sent} bytes, expected {body.length})",
            request=request,
        )
