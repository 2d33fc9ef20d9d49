"""The deadline of clients that do not read, and what counts as reading."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from math import inf
from types import SimpleNamespace
from typing import Any

import pytest

from helpers.tls import trusting
from helpers.waiting import LONG, eventually
from zeroscope_mock import Listening, VirtualClock
from zeroscope_mock.doors import limits
from zeroscope_mock.doors.certificate import Certificate
from zeroscope_mock.doors.connection import HttpConnection
from zeroscope_mock.doors.response_writer import ResponseWriter
from zeroscope_mock.doors.write_deadline import WriteDeadline
from zeroscope_mock.messages import Head, Request, Response, Stream
from zeroscope_mock.protocols import Flow

# More than the buffers of a system take.
LARGE = 20_000_000
# Either is a reset; over TLS, that is an end without the word of the server.
RESET = (ConnectionResetError, ssl.SSLEOFError)


class Stub:
    """A responder with large responses: whole, or in pieces."""

    def __init__(self) -> None:
        self.body_limit = 1000
        self.clock = VirtualClock()
        self.ended = threading.Event()

    def record_refusal(self, head: Head, response: Response) -> None:
        """Record nothing."""

    def flow(self, request: Request) -> Flow[Response]:
        """Answer one request."""
        match request.head.path:
            case "/large":
                return Response(200, (), b"x" * LARGE)
            case "/file":
                return Response(200, (), Stream(self._pieces, LARGE))
        return Response(200, (), b"x")
        yield

    def _pieces(self) -> Iterator[bytes]:
        try:
            for _ in range(200):
                yield b"x" * (LARGE // 200)
        finally:
            self.ended.set()


@pytest.fixture
def stub() -> Stub:
    return Stub()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Certificate]:
    certificate = Certificate(folder=tmp_path_factory.mktemp("tls"))
    yield certificate
    certificate.close()


@pytest.fixture(params=["http", "https"])
def listening(
    stub: Stub,
    certificate: Certificate,
    event_loop_kind: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Listening]:
    # asyncio itself would give a client over TLS so long for what is left when the connection is closed.
    monkeypatch.setattr("asyncio.constants.SSL_SHUTDOWN_TIMEOUT", 0.01)
    tls = certificate if request.param == "https" else None
    with Listening(stub, "127.0.0.1", 0, certificate=tls) as listening:
        yield listening


@pytest.fixture
def wire(listening: Listening) -> Iterator[socket.socket]:
    """A connection with a small buffer, so that the server notices what its client reads."""
    wire = socket.socket()
    # Before the connection is made, because its window never shrinks.
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 100_000)
    wire.settimeout(LONG)
    wire.connect(("127.0.0.1", int(listening.url.rpartition(":")[2])))
    if listening.ca_file is not None:
        wire = trusting(listening.ca_file).wrap_socket(wire, server_hostname="127.0.0.1", suppress_ragged_eofs=False)
    with wire:
        yield wire


def get(path: str, lines: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: h\r\n{lines}\r\n".encode()


def read(wire: socket.socket, count: int) -> None:
    """Read a number of bytes."""
    while count:
        part = wire.recv(count)
        assert part, f"{count} bytes are missing"
        count -= len(part)


def read_head(wire: socket.socket) -> None:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += wire.recv(1)


def only(listening: Listening) -> HttpConnection:
    """The only connection of a server."""
    connections: Any = listening._server.connections._open
    one: HttpConnection
    (one,) = connections
    return one


def run_out(one: HttpConnection, seen: int) -> None:
    """Let the time run out that began when the server saw some progress, unless it has seen more since."""
    done = threading.Event()

    def check() -> None:
        deadline = one._writer._deadline
        # No time runs while the server does not wait for the client, and after its last piece, it never waits again.
        if deadline._seen == seen and deadline._deadline._due < inf:
            deadline._check()
        done.set()

    one._loop.call_soon_threadsafe(check)
    assert done.wait(LONG)


@pytest.mark.parametrize("lines", ["", "Connection: close\r\n"], ids=["keep-alive", "close"])
@pytest.mark.parametrize("path", ["/large", "/file"])
def test_client__that_never_reads_is_reset(
    stub: Stub, listening: Listening, wire: socket.socket, monkeypatch: pytest.MonkeyPatch, path: str, lines: str
) -> None:
    """Neither a task nor a buffer is left behind."""
    monkeypatch.setattr(limits, "WRITE_TIMEOUT", 0.05)
    # A transport over TLS takes a whole response at once, so that the connection is idle until its end.
    monkeypatch.setattr(limits, "KEEP_ALIVE", 0.05)
    connections = listening._server.connections
    # Before the request, whose end may come before this thread goes on.
    eventually(lambda: connections._open)
    wire.sendall(get(path, lines))
    eventually(lambda: not connections._open and not connections.tasks)
    assert path == "/large" or stub.ended.wait(LONG)
    with pytest.raises(RESET):
        read(wire, LARGE)


@pytest.mark.parametrize(
    ("path", "lines"),
    [("/file", ""), ("/file", "Connection: close\r\n"), ("/large", "Connection: close\r\n")],
    ids=["file", "last file", "last response"],
)
def test_client__that_reads_slowly_is_not_reset(
    listening: Listening, wire: socket.socket, path: str, lines: str
) -> None:
    """Whatever it reads counts, however large the buffers on the way are, and also while the connection is closed."""
    wire.sendall(get(path, lines))
    read_head(wire)
    one = only(listening)
    eventually(lambda: one._writer._deadline._deadline._due < inf)
    for _ in range(10):
        seen = one._writer._deadline._seen
        # More than the client's buffer takes, so that each time some of it is new to the client's system.
        read(wire, LARGE // 20)
        run_out(one, seen)
    read(wire, LARGE // 2)
    if lines:
        assert wire.recv(1) == b""
    else:
        eventually(lambda: one._writer._deadline._deadline._due == inf)
        wire.sendall(get("/small"))
        read_head(wire)
        read(wire, 1)


def test_client__that_stops_reading_is_reset(listening: Listening, wire: socket.socket) -> None:
    """As soon as it has read nothing between two looks at it."""
    wire.sendall(get("/file"))
    read_head(wire)
    one = only(listening)
    eventually(lambda: one._writer.drained is not None)
    for _ in range(100):
        run_out(one, one._writer._deadline._seen)
        if one not in listening._server.connections._open:
            break
    with pytest.raises(RESET):
        read(wire, LARGE)


def test_deadline__holds_until_the_connection_is_closed() -> None:
    """A client that reads enough for the next piece, but not the last one, is reset as well."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        transport: Any = SimpleNamespace(
            get_extra_info=lambda name: None, get_write_buffer_size=lambda: 1, close=lambda: None
        )
        writer = ResponseWriter(loop, transport, VirtualClock(), nullcontext)
        writer.pause()
        writer.close()
        writer.resume()
        assert writer._deadline._deadline._due < inf
        writer.stop()
        assert writer._deadline._deadline._due == inf

    asyncio.run(run())


@pytest.mark.parametrize("platform", ["linux", "another"])
def test_deadline__of_a_lost_connection_is_none(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    """Its socket may be that of another connection by then; on no system is one looked at without a socket."""
    monkeypatch.setattr("sys.platform", platform)
    transport: Any = SimpleNamespace(get_extra_info=lambda name: None, get_write_buffer_size=lambda: 1)

    async def run() -> None:
        deadline = WriteDeadline(asyncio.get_running_loop(), transport)
        deadline.start()
        assert deadline._deadline._due < inf
        deadline.close()
        deadline.start()
        assert deadline._deadline._due == inf

    asyncio.run(run())
