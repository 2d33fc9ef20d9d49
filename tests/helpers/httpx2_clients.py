"""Clients of httpx2 for tests that are written with the classes of httpx."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import httpx
import httpx2
import pytest

from zeroscope._drivers.http_clients import AsyncHttpClients, SyncHttpClients
from zeroscope._drivers.httpx2_clients import AsyncAdapter, SyncAdapter
from zeroscope_mock import MockServer


def mock_transport(handler: Callable[[httpx.Request], httpx.Response]) -> httpx2.MockTransport:
    """Return a transport of httpx2 that answers with a function for httpx."""

    def handle(request: httpx2.Request) -> httpx2.Response:
        stream = httpx.ByteStream(request.content) if isinstance(request.stream, httpx2.ByteStream) else request.stream
        asked = httpx.Request(
            request.method,
            str(request.url),
            headers=request.headers.raw,
            stream=cast(Any, stream),
            extensions=request.extensions,
        )
        if isinstance(stream, httpx.ByteStream):
            asked.read()
        with _translated():
            answer = handler(asked)
        content: dict[str, Any] = {"stream": _Body(answer.stream)}
        if answer.is_stream_consumed:
            content = {"content": b"".join(cast(Iterable[bytes], answer.stream))}
        return httpx2.Response(answer.status_code, headers=answer.headers.raw, extensions=answer.extensions, **content)

    return httpx2.MockTransport(handle)


def use_httpx2(monkeypatch: pytest.MonkeyPatch) -> None:
    """Create clients of httpx2 where none is passed, and for the mock server's clients."""

    def new(self: SyncHttpClients) -> Any:
        return _OwnClient(httpx2.Client(timeout=httpx2.Timeout(**self._config.timeout.as_dict())))

    def new_async(self: AsyncHttpClients) -> Any:
        return _OwnAsyncClient(httpx2.AsyncClient(timeout=httpx2.Timeout(**self._config.timeout.as_dict())))

    client, async_client = MockServer.client, MockServer.async_client

    def connect(self: MockServer, **settings: Any) -> Any:
        http_client = httpx2.Client(transport=self.httpx2_transport)
        return client(self, **{"http_client": http_client, **settings})

    def connect_async(self: MockServer, **settings: Any) -> Any:
        http_client = httpx2.AsyncClient(transport=self.httpx2_transport)
        return async_client(self, **{"http_client": http_client, **settings})

    monkeypatch.setattr(SyncHttpClients, "_new", new)
    monkeypatch.setattr(AsyncHttpClients, "_new", new_async)
    monkeypatch.setattr(MockServer, "client", connect)
    monkeypatch.setattr(MockServer, "async_client", connect_async)


class _OwnClient(SyncAdapter):
    """A client of httpx2 that is closed with the client that uses it."""

    def close(self) -> None:
        self.wrapped.close()


class _OwnAsyncClient(AsyncAdapter):
    """An async client of httpx2 that is closed with the client that uses it."""

    async def aclose(self) -> None:
        await self.wrapped.aclose()


class _Body(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """A body of httpx as one of httpx2."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        with _translated():
            yield from cast(Iterable[bytes], self._stream)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _translated():
            async for chunk in cast(AsyncIterable[bytes], self._stream):
                yield chunk

    def close(self) -> None:
        self._stream.close()

    async def aclose(self) -> None:
        await self._stream.aclose()


@contextmanager
def _translated() -> Iterator[None]:
    """Raise the exception of httpx2 with the name of that of httpx."""
    try:
        yield
    except (httpx.RequestError, httpx.InvalidURL) as error:
        kind = next(cls.__name__ for cls in type(error).__mro__ if cls.__module__ == httpx.__name__)
        raise getattr(httpx2, kind)(str(error)) from error
