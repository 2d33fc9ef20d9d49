"""The door for httpx clients in the same process: no socket, no thread."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx

from .core import Core
from .messages import Request


class Transport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """An httpx transport, for `httpx.Client` and `httpx.AsyncClient` alike, that leads to a server whatever the host.

    Args:
        core: the server.
    """

    def __init__(self, core: Core) -> None:
        self._core = core

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of `httpx.Client`."""
        return self._answer(request, request.read())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of `httpx.AsyncClient`."""
        return self._answer(request, await request.aread())

    def _answer(self, request: httpx.Request, body: bytes) -> httpx.Response:
        path, _, query = request.url.raw_path.decode("latin-1").partition("?")
        response = self._core.handle(
            Request(
                method=request.method,
                path=path,
                query=query,
                headers=tuple(
                    (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in request.headers.raw
                ),
                body=body,
                scheme=request.url.scheme,
                host=request.url.netloc.decode("latin-1"),
            )
        )
        content = response.content()
        headers = [*response.headers, ("content-length", str(len(content)))]
        stream = _Stream(b"" if request.method == "HEAD" else content)
        return httpx.Response(response.status, headers=headers, stream=stream, request=request)


class _Stream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that is read later, as from a socket."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self._content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content
