"""Adapters through which the exchange sends requests with clients of httpx2.

httpx2, the successor of httpx, has classes and exceptions of its own. They end here, so that everything else knows
those of httpx only. This module is imported only if the caller passes a client of httpx2.
"""

from __future__ import annotations

import copy
from collections.abc import AsyncIterable, AsyncIterator, Generator, Iterable, Iterator
from contextlib import aclosing, contextmanager
from functools import partial
from typing import Any, Generic, Self, TypeVar, cast

import httpcore2
import httpx
import httpx2

from .deadline import trace

Client = TypeVar("Client", httpx2.Client, httpx2.AsyncClient)

_trace = partial(trace, errors=httpcore2)


class _Adapter(Generic[Client]):
    """What the exchange and the generated client use of an HTTP client, except `send`.

    Args:
        wrapped: The caller's client of httpx2. Its event hooks, mounts and transports see classes of httpx2.
    """

    def __init__(self, wrapped: Client) -> None:
        self.wrapped: Client = wrapped

    @property
    def headers(self) -> httpx.Headers:
        return httpx.Headers(self.wrapped.headers.raw)

    @property
    def params(self) -> httpx.QueryParams:
        return httpx.QueryParams(str(self.wrapped.params))

    @property
    def cookies(self) -> httpx.Cookies:
        return httpx.Cookies(self.wrapped.cookies.jar)

    @property
    def is_closed(self) -> bool:
        return self.wrapped.is_closed

    def without_cookies(self) -> Self:
        """Return one with the same connections and hooks, but a jar of its own, without cookies."""
        wrapped = copy.copy(self.wrapped)
        wrapped.cookies = httpx2.Cookies()
        return type(self)(wrapped)


class SyncAdapter(_Adapter[httpx2.Client]):
    """A client of httpx2 in the place of an `httpx.Client`."""

    def send(
        self, request: httpx.Request, *, auth: httpx.Auth | None, follow_redirects: bool, stream: bool
    ) -> httpx.Response:
        with _translated(request):
            adapted = _request(request)
            adapted.extensions = {**adapted.extensions, "trace": _trace}
            response = self.wrapped.send(adapted, auth=_auth(auth), follow_redirects=follow_redirects, stream=stream)
            return _response(response, request)


class AsyncAdapter(_Adapter[httpx2.AsyncClient]):
    """A client of httpx2 in the place of an `httpx.AsyncClient`."""

    async def send(
        self, request: httpx.Request, *, auth: httpx.Auth | None, follow_redirects: bool, stream: bool
    ) -> httpx.Response:
        with _translated(request):
            sending = self.wrapped.send(
                _request(request), auth=_auth(auth), follow_redirects=follow_redirects, stream=stream
            )
            return _response(await sending, request)


class _Auth(httpx2.Auth):
    """The auth of an `httpx.Auth` that only adds headers."""

    def __init__(self, auth: httpx.Auth) -> None:
        self._auth = auth

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        yield from cast(Any, self._auth).auth_flow(request)


class _Upload(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """The body of a request that is not in memory."""

    def __init__(self, stream: httpx.SyncByteStream | httpx.AsyncByteStream) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from cast(Iterable[bytes], self._stream)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in cast(AsyncIterable[bytes], self._stream):
            yield chunk


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The body of a response as it was sent."""

    def __init__(self, response: httpx2.Response, request: httpx.Request) -> None:
        self._response = response
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        with _translated(self._request):
            yield from self._response.iter_raw()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        # Closed with this one, not by a later garbage collection in another thread.
        with _translated(self._request):
            async with aclosing(self._response.aiter_raw()) as chunks:
                async for chunk in chunks:
                    yield chunk

    def close(self) -> None:
        with _translated(self._request):
            self._response.close()

    async def aclose(self) -> None:
        with _translated(self._request):
            await self._response.aclose()


def _auth(auth: httpx.Auth | None) -> _Auth | None:
    return None if auth is None else _Auth(auth)


def _request(request: httpx.Request) -> httpx2.Request:
    content: dict[str, Any] = {"stream": _Upload(request.stream)}
    # In memory, for transports and hooks that read it.
    if isinstance(request.stream, httpx.ByteStream):
        content = {"content": request.content}
    headers = request.headers.raw
    return httpx2.Request(request.method, str(request.url), headers=headers, extensions=request.extensions, **content)


def _response(response: httpx2.Response, request: httpx.Request) -> httpx.Response:
    details: dict[str, Any] = {"extensions": response.extensions, "request": request}
    headers = response.headers.raw
    if not response.is_stream_consumed:
        adapted = httpx.Response(response.status_code, headers=headers, stream=_Body(response, request), **details)
        # As it is after an error of a hook.
        adapted.is_closed = response.is_closed
        return adapted
    try:
        content = response.content
    except httpx2.ResponseNotRead:
        content = b""
    adapted = httpx.Response(response.status_code, content=content, **details)
    # Only now, as the content is decoded already.
    adapted.headers = httpx.Headers(headers)
    return adapted


@contextmanager
def _translated(request: httpx.Request) -> Iterator[None]:
    """Raise exceptions of httpx in the place of those of httpx2, with which they are chained."""
    try:
        yield
    except httpx2.HTTPStatusError as error:
        response = _response(error.response, request)
        raise httpx.HTTPStatusError(str(error), request=request, response=response) from error
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, httpx2.CookieConflict) as error:
        raise _exception(error, request) from error


def _exception(error: Exception, request: httpx.Request) -> Exception:
    # A class of the caller's, or one that only httpx2 has, becomes that which it is derived from.
    names = (cls.__name__ for cls in type(error).__mro__ if cls.__module__ == httpx2.__name__)
    kind: type[Exception] = next(getattr(httpx, name) for name in names if hasattr(httpx, name))
    if issubclass(kind, httpx.RequestError):
        return kind(str(error), request=request)
    # Those of streams take no arguments.
    return httpx.StreamError(str(error)) if issubclass(kind, httpx.StreamError) else kind(str(error))
