"""Clients of httpx2: their exceptions, requests and settings."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import httpx2
import pytest

import zeroscope
from helpers.client import TOKEN, Harness, prediction_body
from zeroscope import AsyncZeroscope, Retry, Zeroscope
from zeroscope._drivers import httpx2_clients
from zeroscope_mock import MockServer

BODY = {"prompt": "a lighthouse"}


@pytest.fixture(params=["sync", "async"])
def native(request: pytest.FixtureRequest) -> Harness:
    """The sync client and the async client with a client of httpx2, for handlers that know only httpx2."""
    return Harness(request.param, httpx2)


def client(native: Harness, handler: Any, **settings: Any) -> Any:
    """Return a client whose requests go to a function for httpx2."""
    name = "Client" if native.kind == "sync" else "AsyncClient"
    native.http = getattr(httpx2, name)(transport=httpx2.MockTransport(handler))
    cls = Zeroscope if native.kind == "sync" else AsyncZeroscope
    return cls(TOKEN, http_client=native.http, clock=native.clock, random=lambda: 0.5, **settings)


class CallersError(httpx2.ConnectError):
    """An exception of a caller's transport, whose constructor takes other arguments."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}")


NOT_SENT: list[Exception] = [
    httpx2.ConnectError("refused"),
    httpx2.ConnectTimeout("slow"),
    httpx2.PoolTimeout("full"),
    httpx2.ProxyError("407"),
    httpx2.UnsupportedProtocol("ftp"),
    httpx2.InvalidURL("no URL"),
    CallersError("refused", "here"),
]
MAYBE_SENT: list[Exception] = [
    httpx2.CloseError("a"),
    httpx2.DecodingError("a"),
    httpx2.LocalProtocolError("a"),
    httpx2.NetworkError("a"),
    httpx2.ProtocolError("a"),
    httpx2.ReadError("a"),
    httpx2.ReadTimeout("a"),
    httpx2.RemoteProtocolError("a"),
    httpx2.RequestError("a"),
    httpx2.SSEError("a"),
    httpx2.StreamClosed(),
    httpx2.StreamConsumed(),
    httpx2.StreamError("a"),
    httpx2.TimeoutException("a"),
    httpx2.TooManyRedirects("a"),
    httpx2.TransportError("a"),
    httpx2.WriteError("a"),
    httpx2.WriteTimeout("a"),
]


def creates(native: Harness, error: Exception) -> tuple[int, BaseException]:
    """Return how often a create was sent whose every attempt fails, and the error."""
    count = 0

    def fail(_: httpx2.Request) -> httpx2.Response:
        nonlocal count
        count += 1
        raise error

    used = client(native, fail, retry=Retry(attempts=3))
    with pytest.raises((zeroscope.ZeroscopeError, httpx.StreamError)) as caught:
        native.do(used.predictions.create, BODY)
    return count, caught.value


@pytest.mark.parametrize("error", NOT_SENT, ids=repr)
def test_create__that_was_not_sent_is_sent_again(native: Harness, error: Exception) -> None:
    """Another attempt costs nothing where there was no connection."""
    count, raised = creates(native, error)
    assert count == 3 and type(raised) is zeroscope.TransportError


@pytest.mark.parametrize("error", MAYBE_SENT, ids=repr)
def test_create__that_may_have_been_sent_is_not_sent_again(native: Harness, error: Exception) -> None:
    """Whatever happens once there is a connection, a second create might be paid for as well."""
    count, raised = creates(native, error)
    assert count == 1
    if isinstance(error, httpx2.HTTPError):
        assert type(raised) is zeroscope.UnknownOutcomeError


def test_tables__have_every_exception_of_httpx2() -> None:
    """An exception that a later version adds is put into one of the tables."""
    listed = {type(error) for error in (*NOT_SENT, *MAYBE_SENT)}
    exported = {getattr(httpx2, name) for name in httpx2.__all__}
    errors = {cls for cls in exported if isinstance(cls, type) and issubclass(cls, Exception)}
    # Bases and those that no client raises, or that need a response.
    errors -= {httpx2.HTTPError, httpx2.HTTPStatusError, httpx2.CookieConflict}
    errors -= {httpx2.RequestNotRead, httpx2.ResponseNotRead}
    assert {cls for cls in errors if not issubclass(cls, Warning)} - listed == set()


def test_error__is_chained_with_that_of_httpx2(native: Harness) -> None:
    """The caller finds both: that of httpx, as without httpx2, and the one that its client raised."""
    error = httpx2.ReadTimeout("slow")
    _, raised = creates(native, error)
    cause = raised.__cause__
    assert type(cause) is zeroscope.TransportError
    assert type(cause.__cause__) is httpx.ReadTimeout and cause.__cause__.__cause__ is error


def test_hook_of_httpx2__sees_classes_of_httpx2(native: Harness) -> None:
    """The caller's hooks get the requests and responses of their own library, with the token."""
    seen: list[object] = []
    used = client(native, lambda _: httpx2.Response(200, json=prediction_body()))

    async def record_async(value: object) -> None:
        seen.append(value)

    record = seen.append if native.kind == "sync" else record_async
    native.http.event_hooks = {"request": [record], "response": [record]}
    assert native.do(used.predictions.get, "gm3q").id == "gm3q"
    request, response = seen
    assert isinstance(request, httpx2.Request) and isinstance(response, httpx2.Response)
    assert request.headers["authorization"] == f"Bearer {TOKEN}" and response.request is request


class Broken(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """A body that ends with an error."""

    def __iter__(self) -> Iterator[bytes]:
        yield b'{"id": '
        raise httpx2.RemoteProtocolError("cut short")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


def test_body__that_breaks_is_an_error_of_ours(native: Harness) -> None:
    """The exception of a body becomes one of httpx as well."""
    used = client(native, lambda _: httpx2.Response(200, stream=Broken()), retry=None)
    with pytest.raises(zeroscope.TransportError, match="cut short") as caught:
        native.do(used.predictions.get, "gm3q")
    assert type(caught.value.__cause__) is httpx.RemoteProtocolError


@pytest.mark.parametrize(
    "url",
    [
        "https://h.test/v1/predictions/a%2F..%2Fb?x=%20a+b&y=%C3%A9",
        "https://h.test:8443/a b/ü?q=ü&r[]='\"#part",
        "http://user:pass@[::1]:80/%7Ea/~a;b=c,d?",
        "https://xn--mnchen-3ya.test/../a/./b?cursor=cD0yMDI0==",
    ],
)
def test_request__has_the_same_target_and_headers(url: str) -> None:
    """What httpx would send is what httpx2 sends, byte by byte."""
    request = httpx.Request("POST", url, headers=[("X-Two", "1"), ("x-two", "2")], json={"a": "é"})
    same = httpx2_clients._request(request)
    assert (same.method, same.url.raw_path, same.url.netloc) == ("POST", request.url.raw_path, request.url.netloc)
    assert same.url.scheme == request.url.scheme and same.headers.raw == request.headers.raw
    assert same.content == request.content


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_client_of_the_other_kind__is_refused(library: Any) -> None:
    """A sync client cannot use an async HTTP client, nor the other way round."""
    with pytest.raises(zeroscope.ConfigurationError, match="should be of the class Client, not AsyncClient"):
        Zeroscope(TOKEN, http_client=library.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200))))
    with pytest.raises(zeroscope.ConfigurationError, match="should be of the class AsyncClient, not Client"):
        AsyncZeroscope(TOKEN, http_client=library.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200))))


def run(program: str) -> str:
    """Return what a program prints in a process of its own."""
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_httpx2__is_imported_only_by_the_caller() -> None:
    """A client with the HTTP client of httpx does not load it."""
    program = """
import sys, httpx, zeroscope, zeroscope_mock
server = zeroscope_mock.MockServer()
with server.client() as client:
    client.predictions.create({})
zeroscope.Zeroscope("token").close()
print([name for name in sys.modules if name.startswith(("httpx2", "httpcore2"))])
"""
    assert run(program) == "[]\n"


def test_alias_httpx__makes_httpx2_the_library_of_everything() -> None:
    """After `httpx2.alias_httpx()` a refused connection, a deadline and the mock server's transport work as before."""
    program = """
import httpx2
httpx2.alias_httpx()
import httpx, socket, zeroscope, zeroscope_mock
assert httpx is httpx2
server = zeroscope_mock.MockServer()
with server.client() as client:
    print(client.predictions.create({}).status)
listener = socket.create_server(("127.0.0.1", 0))
url = f"http://127.0.0.1:{listener.getsockname()[1]}"
for expected in ("the time for the whole exchange was up", "refused"):
    with zeroscope.Zeroscope("token", base_url=url, timeout=0.3, retry=None) as client:
        try:
            client.predictions.get("a")
        except zeroscope.TransportError as error:
            print(expected in str(error).lower(), type(error.__cause__).__module__)
    listener.close()
"""
    assert run(program) == "starting\nTrue httpx2\nTrue httpx2\n"


def test_transport__without_httpx2_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mock server's transport for httpx2 says how to get it."""
    monkeypatch.delitem(sys.modules, "zeroscope_mock.doors.httpx2_transport", raising=False)
    monkeypatch.setitem(sys.modules, "httpx2", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'zeroscope\[httpx2\]'"):
        _ = MockServer().httpx2_transport
