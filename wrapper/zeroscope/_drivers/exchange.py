"""The exchange: one request and its response, within a deadline and a byte budget.

Calls of the API, downloads, event streams and their redirects all pass through here. The methods are flows, too, but
for the drivers alone: they yield `Send` and `Receive`, the only steps that touch the HTTP client.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Generator, Iterator
from functools import partial
from logging import DEBUG
from typing import Any, Generic, NamedTuple, NoReturn, TypeAlias, TypeVar

import httpx

from .._config import MAX_PORT, Timeouts
from .._constants import REQUEST_ID_HEADER
from .._disk.spool import Spool
from .._flows.request import Sender
from .._service.api import ApiClient
from .._steps import Call, Close, Download, Open, RunBlocking
from .._text import excerpt, log
from ..errors import MalformedResponseError
from .deadline import Deadline
from .decoding import decoder_for
from .environment import Http, explain, is_from_proxy, with_text, without_cookies

T = TypeVar("T")
Result = TypeVar("Result", httpx.Response, Download)

MAX_BODY = 32 * 1024 * 1024
"""The largest body of an API response, decoded, in bytes."""
MAX_VALUES = 500_000
"""About how many values the JSON of an API response may have; each takes far more memory than its text."""
MAX_ERROR_BODY = 64 * 1024
"""The length at which an error page is cut, decoded, in bytes."""
MAX_REDIRECTS = 10
UPLOAD_RATE = 32 * 1024
"""The rate at which a request's body may at least be sent, in bytes per second."""
# What comes before each value in JSON.
_VALUES = (b",", b"[", b"{")
# How much of a body is held in memory before it is known to be short enough, and shown in an error, in bytes.
_IN_MEMORY = 2 * 1024 * 1024
_EXCERPT = 64 * 1024
_SCHEMES = frozenset({"http", "https"})
# Errors that say themselves that nothing was sent.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_TIME_IS_UP = "the time for the whole exchange was up"
# Headers that describe the body as it was sent, not as it was decoded.
_FRAMING = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})


class Send(NamedTuple):
    """Sends a request; the result is a `Download`, of which nothing was read."""

    http: Any
    """The HTTP client, sync or async as the driver."""
    request: httpx.Request
    auth: httpx.Auth | None
    deadline: Deadline


class Receive(NamedTuple):
    """Reads the next bytes of a body as they were sent; the result is None at the end."""

    chunks: Iterator[bytes] | AsyncIterator[bytes]
    request: httpx.Request
    deadline: Deadline


Exchanging: TypeAlias = Generator[Send | Receive | Close | RunBlocking, Any, T]


class BoundClient(NamedTuple, Generic[Http]):
    """An HTTP client, with the generated client over it."""

    http: Http
    api: ApiClient
    limit: float
    """How long an exchange may take, in seconds, unless its call says otherwise."""
    is_own: bool
    """Whether the HTTP client was created here, and so follows the environment."""


class Exchange:
    """Carries out requests with an HTTP client."""

    def __init__(self, client: BoundClient[Any], sender: Sender) -> None:
        self._client = _with_limits(client, sender.timeouts)
        self._headers = sender.headers
        self._clock = sender.clock
        self._redact = sender.parser.redact

    def logged_call(self, call: Call, arguments: dict[str, Any]) -> Exchanging[httpx.Response]:
        """Carry out a call, and log it without its query, headers and body."""
        return self._logged(call.name, self._call(call, arguments))

    def logged_open(self, step: Open) -> Exchanging[Download]:
        """Open a download or an event stream, and log that in the same way, also where redirects lead."""
        url = httpx.URL(step.url)
        return self._logged(self._name(url), self._open(step, url))

    def _logged(self, name: str, exchanging: Exchanging[Result]) -> Exchanging[Result]:
        return self._log(name, exchanging) if log.isEnabledFor(DEBUG) else exchanging

    def _log(self, name: str, exchanging: Exchanging[Result]) -> Exchanging[Result]:
        began = self._clock.monotonic()
        log.debug("%s: sending the request", name)
        try:
            result = yield from exchanging
        except Exception as error:
            problem = self._redact(str(error) or type(error).__name__)
            log.debug("%s: no response after %.3f s: %s", name, self._clock.monotonic() - began, problem)
            raise
        response = result.response if isinstance(result, Download) else result
        id = self._redact(response.headers.get(REQUEST_ID_HEADER, ""))
        taken, suffix = self._clock.monotonic() - began, f", request ID {id}" if id else ""
        log.debug("%s: status %d after %.3f s%s", name, response.status_code, taken, suffix)
        return result

    def _name(self, url: httpx.URL) -> str:
        return f"GET {excerpt(self._redact(str(url.copy_with(userinfo=b'', query=None, fragment=None))))}"

    def _call(self, call: Call, arguments: dict[str, Any]) -> Exchanging[httpx.Response]:
        """Carry out a call, with the arguments that its endpoint made of it, and return the response and its body."""
        client = self._client
        arguments = {**arguments, "headers": {**arguments.get("headers", {}), **self._headers}}
        request = _with_timeouts(client.api, call).build_request(client.http, arguments)
        limit = client.limit + (call.hold or 0.0)
        now = self._clock.monotonic()
        until = now + limit
        if request.method != "GET":
            until += int(request.headers.get("content-length", 0)) / UPLOAD_RATE
        if call.limit is not None:
            until = min(until, now + call.limit)
        deadline = Deadline(self._clock, until, limit)
        download = yield from self._send(request, client.api.auth, deadline, client.http)
        response = download.response
        if response.is_stream_consumed and download.loaded:
            return response
        try:
            content = yield from self._body(download, call, deadline)
        finally:
            if not response.is_closed:
                yield Close(download)
        headers = [(name, value) for name, value in response.headers.raw if name.lower() not in _FRAMING]
        return httpx.Response(response.status_code, headers=headers, content=content, request=request)

    def _open(self, step: Open, url: httpx.URL) -> Exchanging[Download]:
        """Open a download or an event stream, after redirects, whose bodies are not read.

        It has none of the headers, cookies and parameters that the caller's HTTP client adds to requests, and not its
        auth: these are for the API, and the URL may be at any host. Nor does the client keep the response's cookies.
        """
        limit = math.inf if step.is_patient else self._client.limit
        deadline = Deadline(self._clock, min(self._clock.monotonic() + limit, step.until))
        for number in range(MAX_REDIRECTS + 1):
            if url.scheme not in _SCHEMES or not url.host or (url.port or 0) > MAX_PORT:
                raise httpx.UnsupportedProtocol(f"{str(url)!r:.100} is no HTTP URL")
            timeouts = _limited(self._client.api.timeout, deadline.left)
            if step.is_patient:
                timeouts["read"] = max(deadline.left, 0.001)
            request = httpx.Request("GET", url, headers=dict(step.headers), extensions={"timeout": timeouts})
            if step.token is not None and number == 0:
                # Not through a local variable, which an error reporter might record.
                request.headers["Authorization"] = f"Bearer {step.token}"
            download = yield from self._send(request, None, deadline, without_cookies(self._client.http))
            if not download.response.has_redirect_location:
                if step.is_patient:
                    # The transports look it up at each read of the body.
                    timeouts["read"] = None
                return download
            yield Close(download)
            url = _redirected(request, download.response)
            log.debug("%s: redirected to %s", self._name(request.url), self._name(url).removeprefix("GET "))
        raise httpx.TooManyRedirects(f"more than {MAX_REDIRECTS} redirects")

    def read(self, download: Download, until: float) -> Exchanging[bytes | None]:
        """Read the next piece of a download, decoded, by a moment on the monotonic clock; None at the end."""
        return self._read(download, Deadline(self._clock, until))

    def _read(self, download: Download, deadline: Deadline) -> Exchanging[bytes | None]:
        if download.loaded:
            loaded, download.loaded = download.loaded, b""
            return loaded
        request = download.response.request
        while download.chunks is not None:
            # Here as well: a transport of the caller's may have no connection to limit, and a piece may need none.
            if deadline.left <= 0:
                self._raise(httpx.ReadTimeout(""), request, deadline)
            piece: bytes = b"" if download.decoder is None else download.decoder.decode()
            if piece:
                return piece
            try:
                chunk: bytes | None = yield Receive(download.chunks, request, deadline)
            except httpx.TransportError as error:
                self._raise(error, request, deadline)
            if chunk is None:
                if download.decoder is not None:
                    download.decoder.finish()
                break
            if download.decoder is not None:
                download.decoder.feed(chunk)
            elif chunk:
                return chunk
        return None

    def _send(
        self, request: httpx.Request, auth: httpx.Auth | None, deadline: Deadline, http: Any
    ) -> Exchanging[Download]:
        try:
            download: Download = yield Send(http, request, auth, deadline)
        except httpx.HTTPStatusError as error:
            # Raised by a hook of the caller's client, as httpx documents it. The response is one like any other, except
            # that httpx has closed it.
            download = Download(error.response, None)
        except httpx.TransportError as error:
            if deadline.is_unsent and not isinstance(error, _NOT_SENT):
                # For example, a proxy accepts a connection, but opens none to the server.
                problem = _TIME_IS_UP if deadline.left <= 0 else str(error) or type(error).__name__
                self._raise(httpx.ConnectError(problem), request, deadline)
            self._raise(error, request, deadline)
        response = download.response
        if self._client.is_own and is_from_proxy(response):
            yield Close(download)
            raise explain(httpx.ProxyError(f"{response.status_code} {response.reason_phrase}"), request.url, True)
        decoder = decoder_for(response.headers.get("content-encoding", ""))
        download.is_encoded = decoder is not None
        if response.is_stream_consumed:
            # By a transport without connections, or by a hook; httpx has decoded it.
            download.chunks = None
            download.loaded = _loaded(response)
        else:
            download.decoder = decoder
        return download

    def _body(self, download: Download, call: Call, deadline: Deadline) -> Exchanging[bytes]:
        """Read the body of an API response; that of an error is cut where it becomes too long."""
        response = download.response
        spool = Spool(_IN_MEMORY)
        values = 0
        try:
            while (piece := (yield from self._read(download, deadline))) is not None:
                if spool.size + len(piece) <= _IN_MEMORY:
                    spool.write(piece)
                else:
                    yield RunBlocking(partial(spool.write, piece))
                values += sum(map(piece.count, _VALUES))
                if spool.size > MAX_BODY:
                    raise self._malformed(call, response, piece, f"longer than {MAX_BODY} bytes")
                if values > MAX_VALUES:
                    raise self._malformed(call, response, piece, f"more than {MAX_VALUES} values")
                if spool.size > MAX_ERROR_BODY and not response.is_success:
                    break
            return spool.content()
        except httpx.DecodingError as error:
            if response.is_success:
                raise self._malformed(call, response, b"", str(error)) from error
            return spool.content()
        except httpx.TransportError:
            # The status of an error says what happened, whatever becomes of its body.
            if response.is_success:
                raise
            return spool.content()
        finally:
            spool.discard()

    def _malformed(self, call: Call, response: httpx.Response, start: bytes, reason: str) -> MalformedResponseError:
        body = self._redact(start[:_EXCERPT].decode("utf-8", errors="replace"))
        return MalformedResponseError(request=call.name, status_code=response.status_code, body=body, reason=reason)

    def _raise(self, error: httpx.TransportError, request: httpx.Request, deadline: Deadline) -> NoReturn:
        """Raise an error with what httpx does not say: the deadline, the proxy, or the certificate."""
        cause: httpx.TransportError = error
        if isinstance(error, httpx.TimeoutException) and deadline.left <= 0:
            cause = with_text(error, _TIME_IS_UP)
        explained = explain(cause, request.url, self._client.is_own, error)
        if explained is error:
            raise error
        raise explained from error


def _with_limits(client: BoundClient[Any], timeouts: Timeouts | None) -> BoundClient[Any]:
    if timeouts is None:
        return client
    return client._replace(api=client.api.with_timeout(timeouts.steps), limit=timeouts.total)


def _with_timeouts(api: ApiClient, call: Call) -> ApiClient:
    """Return the client for a call, with its timeouts lowered to the call's limit or extended by its hold."""
    if call.limit is None and call.hold is None:
        return api
    allowed = dict(api.timeout.as_dict())
    if call.hold is not None and allowed["read"] is not None:
        allowed["read"] += call.hold
    timeout = httpx.Timeout(**allowed)
    return api.with_timeout(timeout if call.limit is None else httpx.Timeout(**_limited(timeout, call.limit)))


def _limited(timeout: httpx.Timeout, most: float) -> dict[str, float | None]:
    """Return timeouts that are no longer than a number of seconds; 0 would mean not to wait at all."""
    most = max(most, 0.001)
    return {name: most if limit is None else min(limit, most) for name, limit in timeout.as_dict().items()}


def _loaded(response: httpx.Response) -> bytes:
    try:
        return response.content
    except httpx.ResponseNotRead:
        return b""


def _redirected(request: httpx.Request, response: httpx.Response) -> httpx.URL:
    """Return the URL to which a redirect leads."""
    try:
        return request.url.join(response.headers["location"])
    except httpx.InvalidURL as error:
        raise httpx.RemoteProtocolError(f"the redirect leads to no URL: {error}", request=request) from error
