"""Heads on a socket: half-sent, endless, and without a proper Host."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from math import inf
from types import SimpleNamespace
from typing import Any, cast

import pytest

from helpers.tls import connect
from helpers.waiting import LONG, eventually
from zeroscope_mock import MockServer
from zeroscope_mock.doors import limits
from zeroscope_mock.doors.connection import HttpConnection
from zeroscope_mock.doors.connections import Connections
from zeroscope_mock.doors.listening import Listening
from zeroscope_mock.journal.har import archive
from zeroscope_mock.tenants import tenant_of

HEAD = b"GET /v1/predictions HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer t\r\n"
VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"


@pytest.fixture(params=["http", "https"])
def listening(server: MockServer, event_loop_kind: str, request: pytest.FixtureRequest) -> Iterator[Listening]:
    with server.listen(tls=request.param == "https") as listening:
        yield listening


def post() -> bytes:
    """A create."""
    body = json.dumps({"version": VERSION, "input": {}}).encode()
    return HEAD.replace(b"GET", b"POST") + b"Content-Length: %d\r\n\r\n" % len(body) + body


def run_out(listening: Listening) -> None:
    """Let the time for a head run out, once half of it has reached the server's only connection."""
    connections: Any = listening._server.connections._open
    ended, deadline = threading.Event(), time.monotonic() + LONG

    def end() -> None:
        (connection,) = connections
        if not ended.is_set() and connection._parser.in_head:
            # The timer runs, and the test does not wait for it.
            assert connection._deadline._timer is not None
            connection._end_wait()
            ended.set()

    while not ended.wait(0.002):
        assert time.monotonic() < deadline, "the half head never came"
        for connection in list(connections):
            connection._loop.call_soon_threadsafe(end)


def read_all(wire: socket.socket) -> bytes:
    data = b""
    while part := wire.recv(65536):
        data += part
    return data


def read_response(wire: socket.socket) -> bytes:
    """The head of a response, and its body by the length that it announces."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += wire.recv(1)
    length = int(data.lower().partition(b"content-length: ")[2].split()[0])
    while length:
        part = wire.recv(length)
        data, length = data + part, length - len(part)
    return data


def detail(response: bytes) -> str:
    head, _, body = response.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head.lower()
    return str(json.loads(body)["detail"])


@pytest.mark.parametrize("path", [b"/v1/predictions", b"/_mock", b"/nowhere"])
@pytest.mark.parametrize(
    ("hosts", "said"),
    [
        ([], "The request has no Host; send exactly one."),
        ([b"Host: one", b"Host: two"], "The request has 2 Host headers: one, two; send exactly one."),
        ([b"Host: same", b"host: same"], "The request has 2 Host headers: same, same; send exactly one."),
    ],
)
def test_host__is_sent_once(
    server: MockServer, listening: Listening, path: bytes, hosts: list[bytes], said: str
) -> None:
    """Anything else is a 400 on every path, and is not carried out."""
    with connect(listening.url, listening.ca_file) as wire:
        wire.sendall(b"\r\n".join([b"GET %b HTTP/1.1" % path, *hosts, b"Connection: close", b"", b""]))
        response = read_all(wire)

    assert response.startswith(b"HTTP/1.1 400 ")
    assert detail(response) == said
    assert [(one.method, one.path, one.operation) for one in server.journal] == [("GET", path.decode(), None)]


@pytest.mark.parametrize(
    "half", [b"G", b"GET /v1/predictions HTTP/1.1\r\n", HEAD, HEAD + b"\r", b"\r\n\r\nG", HEAD + b"X", HEAD + b"X: "]
)
@pytest.mark.parametrize("before", [0, 2], ids=["first", "third"])
def test_half_head__times_out(listening: Listening, half: bytes, before: int) -> None:
    """It is a 408, be it the first head of a connection or a later one."""
    with connect(listening.url, listening.ca_file) as wire:
        for _ in range(before):
            wire.sendall(HEAD + b"\r\n")
            assert read_response(wire).startswith(b"HTTP/1.1 200 ")
        wire.sendall(half)
        run_out(listening)
        response = read_all(wire)

    assert response.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in response
    assert detail(response) == "The head of the request did not come within 10 seconds; send all of it."


def test_half_head__after_a_body_times_out(listening: Listening) -> None:
    """It may have come together with the request before."""
    with connect(listening.url, listening.ca_file) as wire:
        wire.sendall(post() + HEAD)
        assert read_response(wire).startswith(b"HTTP/1.1 201 ")
        run_out(listening)
        response = read_all(wire)

    assert response.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("before", [b"", HEAD + b"\r\n", (HEAD + b"\r\n") * 2 + b"G"], ids=["first", "second", "third"])
def test_drip__does_not_extend_the_time(server: MockServer, before: bytes) -> None:
    """There is one deadline for a whole head, however steadily its bytes come; the first begins with the connection."""

    async def run() -> None:
        connection = HttpConnection(server.core, Connections(), "http", None)
        transport: Any = SimpleNamespace(get_extra_info=lambda name: None, write=lambda data: None)
        begun = connection._loop.time()
        connection.connection_made(transport)
        moments = {connection._deadline._due}
        if before:
            # The last byte of the head before it comes with its first one.
            connection.data_received(before[:30])
            connection.data_received(before[30:])
            moments.clear()
        for byte in HEAD[before.endswith(b"G") :]:
            connection.data_received(bytes([byte]))
            moments.add(connection._deadline._due)
        (moment,) = moments
        assert 0 <= moment - begun - limits.HEAD_TIMEOUT < LONG
        connection.connection_lost(OSError())
        assert connection._deadline._timer is None

    asyncio.run(run())


@pytest.mark.parametrize("sent", [b"", b"\r\n", b"\n\r\n"], ids=repr)
def test_connection__without_a_head_is_closed(
    server: MockServer, event_loop_kind: str, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    """Nothing is sent on it, because empty lines begin no head."""
    monkeypatch.setattr(limits, "HEAD_TIMEOUT", 0.05)
    with server.listen() as listening, connect(listening.url, listening.ca_file) as wire:
        wire.sendall(sent)
        data = b""
        # What comes at the very moment at which the server closes its socket is answered with a reset.
        with suppress(ConnectionResetError):
            while part := wire.recv(65536):
                data += part
        assert data == b""


@pytest.mark.parametrize("empty", [b"\r\n", b"\n", b"\r\n\r\n\r\n"], ids=repr)
def test_empty_lines__before_a_request_are_ignored(listening: Listening, empty: bytes) -> None:
    """As some clients send them after a body; an idle connection still ends without a word."""
    with connect(listening.url, listening.ca_file) as wire:
        for request in (post(), HEAD + b"\r\n", post()):
            wire.sendall(empty + request + empty)
            assert read_response(wire).startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 201 "))
        connections: Any = listening._server.connections._open
        (connection,) = connections
        connection._loop.call_soon_threadsafe(connection._end_wait)
        assert read_all(wire) == b""


@pytest.mark.parametrize("before", [b"", HEAD + b"\r\n"], ids=["new", "idle"])
def test_empty_lines__do_not_extend_the_time(server: MockServer, before: bytes) -> None:
    """A connection on which nothing else comes ends as if they had not come."""

    async def run() -> None:
        connection = HttpConnection(server.core, Connections(), "http", None)
        connection.connection_made(cast("Any", SimpleNamespace(get_extra_info=lambda name: None, write=bytes)))
        connection.data_received(before)
        moment = connection._deadline._due
        for _ in range(3):
            connection.data_received(b"\r\n")
        assert connection._deadline._due == moment
        connection.connection_lost(None)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("target", "status", "said"),
    [
        (b"FOO /v1/predictions", b"405", 'Method "FOO" not allowed.'),
        (b"QUERY /v1/predictions", b"405", 'Method "QUERY" not allowed.'),
        (b"PROPFIND /v1/predictions", b"405", 'Method "PROPFIND" not allowed.'),
        (b"FOO /nowhere", b"404", "The mock server has no operation FOO /nowhere;"),
        (
            b"foo /v1/predictions",
            b"400",
            "What was sent is not an HTTP/1.1 request: it does not begin with a method in upper case.",
        ),
    ],
)
def test_method__that_no_operation_has(listening: Listening, target: bytes, status: bytes, said: str) -> None:
    """It is refused in the same way whether or not the parser knows it, with the methods that there are."""
    with connect(listening.url, listening.ca_file) as wire:
        wire.sendall(HEAD.replace(b"GET /v1/predictions", target) + b"\r\n" + HEAD + b"\r\n")
        response = read_response(wire)
        assert response.startswith(b"HTTP/1.1 " + status) and said in detail(response)
        assert (b"\r\nallow: GET, HEAD, OPTIONS, POST\r\n" in response) == (status == b"405")
        following = read_all(wire) if status == b"400" else read_response(wire)
        assert following.startswith(b"" if status == b"400" else b"HTTP/1.1 200 ")


def test_authority__of_the_target_is_in_urls(listening: Listening) -> None:
    """It takes the place of Host."""
    scheme = listening.url.partition(":")[0]
    with connect(listening.url, listening.ca_file) as wire:
        wire.sendall(post().replace(b"/v1", b"http://other:1/v1", 1))
        body = json.loads(read_response(wire).partition(b"\r\n\r\n")[2])
    assert body["urls"]["get"] == f"{scheme}://other:1/v1/predictions/{body['id']}"


@pytest.mark.parametrize(
    ("target", "host", "status"),
    [
        (b"http://evil.test", b"localhost", b"403"),
        (b"http://localhost:1", b"evil.test", b"200"),
        (b"http://localhost", b"one\r\nHost: two", b"400"),
    ],
)
def test_authority__of_the_target_is_checked(listening: Listening, target: bytes, host: bytes, status: bytes) -> None:
    """Nothing but the authority decides who may control the server; still, HTTP/1.1 requires one Host."""
    with connect(listening.url, listening.ca_file) as wire:
        wire.sendall(b"GET " + target + b"/_mock/clock HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")
        response = read_response(wire)
    assert response.startswith(b"HTTP/1.1 " + status)
    if status != b"200":
        assert ("'evil.test'" if status == b"403" else "Host headers: one, two;") in detail(response)


def test_trailer__that_would_frame_the_body_is_ignored(listening: Listening) -> None:
    """As is any other."""
    _, _, body = post().partition(b"\r\n\r\n")
    chunks = b"%x\r\n%b\r\n0\r\nContent-Length: 1\r\nTransfer-Encoding: gzip\r\n\r\n" % (len(body), body)
    head = HEAD.replace(b"GET", b"POST") + b"Transfer-Encoding: chunked\r\n\r\n"
    with connect(listening.url, listening.ca_file) as wire:
        for _ in range(2):
            wire.sendall(head + chunks)
            assert read_response(wire).startswith(b"HTTP/1.1 201 ")


def test_response__in_progress_is_not_cut_by_half_a_head(server: MockServer, listening: Listening) -> None:
    """The time for the next head begins when the response has been sent."""
    server.faults.add(operation="listPredictions", delay=60, times=1)
    server.clock.freeze()
    with connect(listening.url, listening.ca_file) as wire:
        wire.sendall(HEAD + b"\r\n" + HEAD)
        connections: Any = listening._server.connections._open
        clock: Any = server.clock
        eventually(lambda: clock._sleep_queues.has_sleepers)
        assert [one._deadline._due for one in connections] == [inf]
        clock.advance(60)
        assert read_response(wire).startswith(b"HTTP/1.1 200 ")
        run_out(listening)
        assert read_all(wire).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    "large",
    [
        lambda limit: HEAD + b"X-Long: " + b"x" * limit + b"\r\n\r\n",
        lambda limit: HEAD + b"X-Long: " + b"x" * limit,
        lambda limit: HEAD + b"X" * limit,
        lambda limit: b"GET /" + b"x" * limit,
        lambda limit: b"GET /" + b"x" * limit + b" HTTP/1.1\r\nHost: h\r\n\r\n",
        lambda limit: HEAD + b"X: y\r\n" * (limit // 6) + b"\r\n",
        lambda limit: HEAD + b"X: y\r\n" * (limit // 6),
    ],
    ids=["value", "half a value", "half a name", "half a path", "path", "many", "half of many"],
)
@pytest.mark.parametrize("step", [1000, None], ids=["in pieces", "at once"])
def test_head__has_a_size_limit(
    server: MockServer, listening: Listening, large: Callable[[int], bytes], step: int | None
) -> None:
    """A larger one is a 431 as soon as it is too large, whether or not it is complete."""
    with connect(listening.url, listening.ca_file) as wire:
        data = large(limits.HEAD_LIMIT)
        try:
            for start in range(0, len(data), step or len(data)):
                wire.sendall(data[start : start + (step or len(data))])
            response = read_all(wire)
        except ConnectionError:
            # What is still on its way makes the server's socket answer with a reset.
            response = b""

    if response:
        assert response.startswith(b"HTTP/1.1 431 ")
        assert detail(response) == "The head of the request must not be larger than 65536 bytes."
    eventually(lambda: server.journal)
    assert [one.status for one in server.journal] == [431]


def test_head__below_the_limit(listening: Listening) -> None:
    """A large one is answered, and many requests on one connection do not add up."""
    with connect(listening.url, listening.ca_file) as wire:
        for _ in range(3):
            wire.sendall(HEAD + b"X-Long: " + b"x" * (limits.HEAD_LIMIT - 200) + b"\r\n\r\n")
            assert read_response(wire).startswith(b"HTTP/1.1 200 ")


def test_body__does_not_count_as_a_head(listening: Listening) -> None:
    """However long it is, and if half of the next head comes with it."""
    body = json.dumps({"version": VERSION, "input": {"prompt": "x" * 300_000}}).encode()
    head = HEAD.replace(b"GET", b"POST") + b"Content-Length: %d\r\n\r\n" % len(body)
    with connect(listening.url, listening.ca_file) as wire:
        for _ in range(2):
            wire.sendall(head + body + HEAD)
            assert read_response(wire).startswith(b"HTTP/1.1 201 ")
            wire.sendall(b"\r\n")
            assert read_response(wire).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"nonsense\r\n\r\n", "it does not begin with a method in upper case"),
        (b"GET / HTTP/9.9\r\n\r\n", "Invalid HTTP version"),
        (b"GET / HTTP/2.0\r\n\r\n", "its version is 2.0, neither 1.0 nor 1.1"),
        (b"GET foo HTTP/1.1\r\n\r\n", "Invalid characters in url"),
        (b"GET http:// HTTP/1.1\r\n\r\n", "its target is neither a path nor a URL"),
        (b"GET http://me:s3cret@h/ HTTP/1.1\r\n\r\n", "its target has a user name or password in it"),
        (HEAD + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\n", "Duplicate Content-Length"),
        (HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "Transfer-Encoding can't be present with"),
        (HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n", "its Transfer-Encoding is not chunked alone"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\ns3cret\r\n", "Invalid character in chunk size"),
    ],
)
def test_bytes__that_are_no_request(listening: Listening, sent: bytes, reason: str) -> None:
    """They are a 400 that looks like every other refusal, and says why, without the values that were sent."""
    with connect(listening.url, listening.ca_file) as wire:
        wire.sendall(sent)
        response = read_all(wire)

    assert response.startswith(b"HTTP/1.1 400 ")
    assert detail(response).startswith(f"What was sent is not an HTTP/1.1 request: {reason}")
    assert "s3cret" not in detail(response)


def test_tls__on_a_port_of_http(server: MockServer, event_loop_kind: str) -> None:
    """The server sees that a client speaks https, and the refusal and the journal say so."""
    hello, context = ssl.MemoryBIO(), ssl.create_default_context()
    tls = context.wrap_bio(ssl.MemoryBIO(), hello, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    with server.listen() as listening, connect(listening.url, listening.ca_file) as wire:
        wire.sendall(hello.read())
        response = read_all(wire)

    assert "https on an http port; use an http:// URL, or start the server with --tls" in detail(response)
    assert "https on an http port" in str(server.journal[-1].reason)


REFUSED: dict[str, tuple[bytes, tuple[str, str, int], str]] = {
    "no host": (
        b"GET /v1/predictions HTTP/1.1\r\nConnection: close\r\n\r\n",
        ("GET", "/v1/predictions", 400),
        "The request has no Host",
    ),
    "large body": (HEAD + b"Content-Length: 999999999\r\n\r\n", ("GET", "/v1/predictions", 413), "must not be larger"),
    "known large body": (
        HEAD + b"\r\n" + HEAD + b"Content-Length: 999999999\r\n\r\n",
        ("GET", "/v1/predictions", 413),
        "must not be larger",
    ),
    "large head": (HEAD + b"X: " + b"x" * limits.HEAD_LIMIT, ("GET", "/v1/predictions", 431), "must not be larger"),
    "chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", ("GET", "/v1/predictions", 400), "chunk size"),
    "upgrade": (
        HEAD + b"Upgrade: h2c\r\nConnection: upgrade\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ("GET", "/v1/predictions", 400),
        "speaks no other protocol",
    ),
    "query": (b"GET /v1/predictions?token=s3cret HTTP/9.9\r\n\r\n", ("GET", "/v1/predictions", 400), "HTTP version"),
    "user": (b"GET http://me:s3cret@h/ HTTP/1.1\r\n\r\n", ("GET", "-", 400), "a user name or password in it"),
    "long path": (b"GET /" + b"x" * 500 + b" HTTP/9.9\r\n\r\n", ("GET", "/" + "x" * 199, 400), "HTTP version"),
    "nonsense": (b"nonsense\r\n\r\n", ("-", "-", 400), "does not begin with a method"),
}


@pytest.mark.parametrize(("sent", "line", "reason"), REFUSED.values(), ids=REFUSED)
def test_refusal__is_an_exchange(
    server: MockServer, listening: Listening, sent: bytes, line: tuple[str, str, int], reason: str
) -> None:
    """What the HTTP server refuses by itself is in the journal and so in the log, as far as it is known."""
    with connect(listening.url, listening.ca_file) as wire, suppress(ConnectionError):
        wire.sendall(sent)
        read_all(wire)
    eventually(lambda: any(one.status and one.status >= 400 and one.operation is None for one in server.journal))

    last = server.journal[-1]
    assert (last.method, last.path, last.status, last.operation) == (*line, None)
    assert last.reason and reason in last.reason
    assert "s3cret" not in str(last) and "s3cret" not in last.reason
    (entry,) = archive([last])["log"]["entries"]
    assert entry["request"]["url"] == last.base_url + line[1].removeprefix("-")


def test_refusal__belongs_to_its_account(server: MockServer, listening: Listening) -> None:
    """The journal knows the account by the token in a whole head, and does not keep the token."""
    with connect(listening.url, listening.ca_file) as wire:
        wire.sendall(HEAD + b"Authorization: Bearer s3cret\r\nContent-Length: 999999999\r\n\r\n")
        read_all(wire)

    assert server.journal[-1].tenant == tenant_of("s3cret")
    assert "s3cret" not in str(server.journal[-1])


def test_close__does_not_wait_for_half_open_connections(server: MockServer, event_loop_kind: str) -> None:
    """Not for silent ones, for half heads, or for a client that does not read its response."""
    listening = server.listen()
    thread: Any = listening._thread
    wires = [connect(listening.url, listening.ca_file) for _ in range(6)]
    wires[1].sendall(b"G")
    wires[2].sendall(HEAD)
    wires[3].sendall(HEAD + b"\r\n")
    assert read_response(wires[3]).startswith(b"HTTP/1.1 200 ")
    wires[3].sendall(HEAD)
    wires[4].sendall(HEAD.replace(b"GET", b"POST") + b"Content-Length: 9\r\n\r\n{")
    wires[5].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    wires[5].sendall((HEAD.replace(b"/v1/predictions", b"/_mock/openapi.json") + b"\r\n") * 100)

    listening.close()

    thread.join(LONG)
    assert not thread.is_alive()
    for wire in wires:
        wire.close()
