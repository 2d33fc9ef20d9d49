"""A connection of the HTTP server: order, back pressure, refusals, errors."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from helpers.tls import connect
from helpers.waiting import LONG, eventually
from zeroscope_mock import Listening, MockServer, VirtualClock
from zeroscope_mock.doors import connection, connections, limits
from zeroscope_mock.doors.certificate import Certificate
from zeroscope_mock.doors.connection import HttpConnection
from zeroscope_mock.doors.connections import Connections
from zeroscope_mock.messages import Head, Request, Response, Stream
from zeroscope_mock.protocols import Flow
from zeroscope_mock.steps import ConnectionCutError, Sleep, Watch

GET = b"GET /v1/predictions HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer t\r\n\r\n"


class Stub:
    """A responder whose responses a test decides on; the path is its key."""

    def __init__(self) -> None:
        self.body_limit = 1000
        self.clock = VirtualClock()
        self.seen: list[Request] = []
        self.released = threading.Event()
        self.closed: list[str] = []

    def record_refusal(self, head: Head, response: Response) -> None:
        """Record nothing."""

    def flow(self, request: Request) -> Flow[Response]:
        """Answer one request."""
        self.seen.append(request)
        match request.head.path:
            case "/slow":
                yield from self._wait()
            case "/fail":
                raise LookupError("a bug")
            case "/fail-later":
                yield Sleep(0)
                raise LookupError("a bug")
            case "/cut":
                raise ConnectionCutError
            case "/header":
                return Response(200, (("x", "a\r\ny: b"),), b"")
            case "/stream":
                return Response(200, (), Stream(lambda: iter([b"one", b"", Sleep(1), b"two"])))
            case "/long-stream":
                return Response(200, (), Stream(lambda: iter([b"12345"]), 3))
            case "/failing-stream":
                return Response(200, (), Stream(self._failing))
            case "/large":
                return Response(200, (), b"x" * 5_000_000)
            case "/close-list":
                return Response(200, (("Connection", "x, Close"), ("Date", "then")), b"bye")
            case "/middle":
                return Response(200, (), b"x" * 500_000)
            case "/close":
                return Response(200, (("connection", "close"),), b"bye")
        return Response(200, (), request.head.path.encode() + request.body)

    def _wait(self) -> Flow[None]:
        try:
            while not self.released.is_set():
                yield Watch((), (), 0.001)
        except GeneratorExit:
            self.closed.append("slow")
            raise

    def _failing(self) -> Iterator[bytes]:
        yield b"one"
        raise LookupError("a bug")


@pytest.fixture
def stub() -> Stub:
    return Stub()


@pytest.fixture
def listening(stub: Stub, event_loop_kind: str) -> Iterator[Listening]:
    with Listening(stub, "127.0.0.1", 0) as listening:
        yield listening


@pytest.fixture
def wire(listening: Listening) -> Iterator[socket.socket]:
    with connect(listening.url, None) as wire:
        yield wire


def get(path: str = "/", version: str = "1.1", method: str = "GET", lines: str = "") -> bytes:
    return f"{method} {path} HTTP/{version}\r\nHost: h\r\n{lines}\r\n".encode()


def read_all(wire: socket.socket) -> bytes:
    data = b""
    while part := wire.recv(65536):
        data += part
    return data


def read(wire: socket.socket) -> tuple[bytes, bytes]:
    """The next response, whose length is announced: its head and its body."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        part = wire.recv(1)
        assert part, head
        head += part
    body, length = b"", int(head.partition(b"content-length: ")[2].split()[0])
    while len(body) < length:
        body += wire.recv(length - len(body))
    return head, body


def only(listening: Listening) -> HttpConnection:
    """The only connection of a server."""
    connections: Any = listening._server.connections._open
    eventually(lambda: connections)
    one: HttpConnection
    (one,) = connections
    return one


def test_response__is_sent_at_once(server: MockServer) -> None:
    """A short one is a single write, without a task, while its request is being received."""

    async def run() -> list[bytes]:
        writes, connections = list[bytes](), Connections()
        one = HttpConnection(server.core, connections, "http", None)

        class Transport:
            write = staticmethod(writes.append)

            def get_extra_info(self, name: str) -> None:
                return None

        transport: Any = Transport()
        one.connection_made(transport)
        one.data_received(GET)
        one.connection_lost(None)
        assert not connections.tasks
        return writes

    ((answer),) = asyncio.run(run())
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b'\r\n\r\n{"next":null,"previous":null,"results":[]}')


def test_responses__come_in_order(stub: Stub, wire: socket.socket) -> None:
    """Whatever is sent while a slow response is being made waits for it, be it a request or nonsense."""
    wire.sendall(get("/slow") + get("/one") + get("/stream") + get("/two") + b"nonsense\r\n\r\n")
    eventually(lambda: stub.seen)
    assert [request.head.path for request in stub.seen] == ["/slow"]
    stub.released.set()

    assert [read(wire)[1] for _ in range(2)] == [b"/slow", b"/one"]
    rest = read_all(wire)
    assert [request.head.path for request in stub.seen] == ["/slow", "/one", "/stream", "/two"]
    assert b"\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\nHTTP/1.1 200 OK" in rest
    assert rest.count(b"HTTP/1.1 200 OK") == 2 and rest.partition(b"/two")[2].startswith(b"HTTP/1.1 400 Bad Request")


def test_requests__wait_for_a_client_that_does_not_read(stub: Stub, listening: Listening) -> None:
    """Its next requests are neither answered nor, beyond a limit, read; then all responses come."""
    count = 4
    with connect(listening.url, None) as wire:
        wire.sendall(get("/large") * count)
        one = only(listening)
        eventually(lambda: one._writer.drained is not None)
        assert len(stub.seen) < count
        wire.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                wire.send(b"\r\n" * 100_000)
        assert len(one._unread) < 10 * connection._UNREAD_LIMIT
        wire.settimeout(LONG)
        for _ in range(count):
            assert read(wire)[1] == b"x" * 5_000_000


def test_stream__waits_for_a_client_that_does_not_read(stub: Stub, listening: Listening) -> None:
    """It makes no more pieces than fit, and ends when the client disconnects."""
    made = list[int]()

    def pieces() -> Iterator[bytes]:
        for number in range(10_000):
            made.append(number)
            yield b"x" * 100_000

    stub.flow = lambda request: iter_response(Response(200, (), Stream(pieces)))  # type: ignore[method-assign]  # a stub
    with connect(listening.url, None) as wire:
        wire.sendall(get())
        one = only(listening)
        eventually(lambda: one._writer.drained is not None)
        assert len(made) < 1000
    eventually(lambda: not listening._server.connections.tasks)
    assert len(made) < 1000


def iter_response(response: Response) -> Flow[Response]:
    """A flow that takes no time."""
    return response
    yield


@pytest.mark.parametrize("sent", [b"", b"G", get("/one")[:-2]], ids=["nothing", "a byte", "half a head"])
def test_held_request__ends_with_its_client(stub: Stub, listening: Listening, sent: bytes) -> None:
    """Also if the client has begun with its next request."""
    with connect(listening.url, None) as wire:
        wire.sendall(get("/slow"))
        eventually(lambda: stub.seen)
        wire.sendall(sent)
    eventually(lambda: stub.closed)
    eventually(lambda: not listening._server.connections.tasks)


@pytest.mark.parametrize("size", [0, 500_000])
def test_refusal__reaches_a_client_that_still_sends(
    stub: Stub, listening: Listening, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """What it sends meanwhile is read and dropped, because a close would destroy the response; but not for ever."""
    monkeypatch.setattr(connection, "_DRAIN_TIMEOUT", 0.05 if not size else LONG)
    with connect(listening.url, None) as wire:
        wire.sendall(get("/", method="POST", lines="Content-Length: 1000000\r\n"))
        wire.sendall(b"x" * size)
        head, body = read(wire)
        assert head.startswith(b"HTTP/1.1 413 ") and b"connection: close" in head
        assert json.loads(body)["detail"] == "The request body must not be larger than 1000 bytes."
        assert wire.recv(1) == b""
        if not size:
            eventually(lambda: not listening._server.connections._open)
    eventually(lambda: not listening._server.connections._open)
    assert stub.seen == []


def test_refusal__is_not_cut_while_the_client_reads(stub: Stub) -> None:
    """What the client has not read yet of it, and of the responses before, is still sent."""
    calls = list[str]()

    class Transport:
        def __init__(self) -> None:
            for name in ("write", "write_eof", "close", "abort"):
                setattr(self, name, lambda *_, name=name: calls.append(name))

        def can_write_eof(self) -> bool:
            return True

        def get_write_buffer_size(self) -> int:
            return 1

        def get_extra_info(self, name: str) -> None:
            return None

    async def run() -> None:
        one = HttpConnection(stub, Connections(), "http", None)
        one.connection_made(Transport())  # type: ignore[arg-type]  # a stub
        one.data_received(b"nonsense\r\n\r\n")
        one._end_wait()
        await asyncio.sleep(0)
        assert calls == ["write", "write_eof", "close"]
        assert one._writer._deadline._deadline._due > one._loop.time()
        one.connection_lost(None)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("version", "sent", "told"),
    [("1.1", b"", True), ("1.1", b"a", False), ("1.0", b"", False)],
    ids=["waits", "does not wait", "HTTP/1.0"],
)
def test_expectation__is_met(wire: socket.socket, version: str, sent: bytes, told: bool) -> None:
    """A client that waits for it is told to send the body."""
    wire.sendall(get("/", version, "POST", "Expect: 100-continue\r\nContent-Length: 3\r\n") + sent)
    if told:
        assert wire.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    wire.sendall(b"abc"[len(sent) :])
    assert read(wire)[1] == b"/abc"


def test_expectation__is_met_in_its_turn(stub: Stub, wire: socket.socket) -> None:
    """Not before the response to the request before."""
    wire.sendall(get("/slow") + get("/", method="POST", lines="Expect: 100-continue\r\nContent-Length: 1\r\n"))
    eventually(lambda: stub.seen)
    stub.released.set()
    assert read(wire)[1] == b"/slow"
    assert wire.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    wire.sendall(b"a")
    assert read(wire)[1] == b"/a"


@pytest.mark.parametrize(
    ("request_", "end"),
    [
        (get("/stream", "1.0"), b"connection: close\r\n\r\nonetwo"),
        (get("/stream", method="HEAD", lines="Connection: close\r\n"), b"connection: close\r\n\r\n"),
        (get("/a", method="HEAD", lines="Connection: close\r\n"), b"content-length: 2\r\nconnection: close\r\n\r\n"),
        (get("/a", "1.0"), b"content-length: 2\r\nconnection: close\r\n\r\n/a"),
        (get("/close") + get("/a"), b"connection: close\r\ncontent-length: 3\r\n\r\nbye"),
        (
            get("/close-list") + get("/a"),
            b"200 OK\r\nConnection: x, Close\r\nDate: then\r\ncontent-length: 3\r\n\r\nbye",
        ),
        (get("/a", lines="Connection: close\r\n") + get("/b"), b"\r\nconnection: close\r\n\r\n/a"),
        (get("/long-stream"), b"content-length: 3\r\n\r\n12345"),
        (get("/failing-stream"), b"transfer-encoding: chunked\r\n\r\n3\r\none\r\n"),
    ],
    ids=[
        "1.0 stream",
        "HEAD stream",
        "HEAD",
        "1.0",
        "response closes",
        "in a list",
        "request closes",
        "too long",
        "fails",
    ],
)
def test_connection__is_closed_after_the_response(wire: socket.socket, request_: bytes, end: bytes) -> None:
    """Where either side says so, and where only that shows the end of the body."""
    wire.sendall(request_)
    answer = read_all(wire)
    assert answer.count(b"HTTP/1.1 200 OK") == 1
    assert answer.endswith(end)


def test_upgrade__is_ignored(wire: socket.socket) -> None:
    """The request is answered in HTTP/1.1, and so is the next one."""
    wire.sendall(get("/a", lines="Upgrade: h2c, websocket\r\nConnection: Upgrade\r\n") + get("/b"))
    assert [read(wire)[1] for _ in range(2)] == [b"/a", b"/b"]


@pytest.mark.parametrize("path", ["/fail", "/fail-later", "/header"])
def test_error__of_the_responder_is_a_500(wire: socket.socket, caplog: pytest.LogCaptureFixture, path: str) -> None:
    """It is logged, no header is smuggled into the response, and the connection ends."""
    wire.sendall(get(path))
    answer = read_all(wire)
    assert answer.startswith(b"HTTP/1.1 500 Internal Server Error\r\n") and b"y: b" not in answer
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["detail"] == "The mock server failed; its log says where."
    assert [record.message for record in caplog.records] == [f"GET {path} could not be answered"]


def test_cut__sends_what_was_written_before(wire: socket.socket) -> None:
    """The responses to the requests before arrive, and then a reset."""
    wire.sendall(get("/a") + get("/cut") + get("/b"))
    assert read(wire)[1] == b"/a"
    with pytest.raises(ConnectionResetError):
        wire.recv(1)


def test_close__resets_what_is_in_progress(stub: Stub, listening: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that was perhaps carried out gets no orderly end, which would look like a refusal."""
    monkeypatch.setattr("zeroscope_mock.doors.connections._GRACE", 0.01)
    with connect(listening.url, None) as wire:
        wire.sendall(get("/slow"))
        eventually(lambda: stub.seen)
        listening.close()
        with pytest.raises(ConnectionResetError):
            wire.recv(1)
    assert stub.closed == ["slow"]


def test_due_work__is_done_after_the_response(stub: Stub, wire: socket.socket) -> None:
    """What a request has scheduled on the clock runs, whether or not the request took time."""
    done = list[str]()

    class Agenda:
        def __init__(self) -> None:
            self.names = ["/a", "/slow", "/stream", "/cut"]

        def due(self) -> float | None:
            return stub.clock.time() if self.names and len(stub.seen) > len(done) else None

        def take(self, now: float) -> Flow[None]:
            return self._run(self.names.pop(0))

        def _run(self, name: str) -> Flow[None]:
            done.append(name)
            yield Sleep(0)

    stub.clock.attach(Agenda())
    stub.released.set()
    for path in ("/a", "/slow", "/stream", "/cut"):
        wire.sendall(get(path))
        eventually(partial(lambda path: done[-1:] == [path], path))


@pytest.mark.parametrize(
    ("sent", "state", "answered"),
    [
        (b"", lambda one: True, b""),
        (get("/a"), lambda one: one._deadline._due > one._loop.time() + limits.HEAD_TIMEOUT, b"/a"),
        (get("/a")[:-1], lambda one: one._parser.in_head, b'send all of it.","status":408}'),
        (get(lines="Content-Length: 3\r\n") + b"a", lambda one: one._parser.in_body, b'send all of it.","status":408}'),
    ],
    ids=["new", "idle", "half a head", "half a body"],
)
def test_wait__ends(
    listening: Listening, sent: bytes, state: Callable[[HttpConnection], bool], answered: bytes
) -> None:
    """An idle connection is closed without a word; half a request is refused."""
    with connect(listening.url, None) as wire:
        wire.sendall(sent)
        one = only(listening)
        eventually(lambda: state(one))
        one._loop.call_soon_threadsafe(one._end_wait)
        answer = read_all(wire)
    assert answer.endswith(answered) and bool(answer) == bool(answered)


def test_upload__lets_other_clients_have_their_turn(stub: Stub) -> None:
    """Nothing more of it is read before the event loop has done its other work."""
    calls = list[str]()

    class Transport:
        def pause_reading(self) -> None:
            calls.append("pause")

        def resume_reading(self) -> None:
            calls.append("resume")

        def get_extra_info(self, name: str) -> None:
            return None

    async def run() -> None:
        one, transport = HttpConnection(stub, Connections(), "http", None), Transport()
        one.connection_made(transport)  # type: ignore[arg-type]  # a stub
        one.data_received(get(method="POST", lines="Content-Length: 9\r\n") + b"part")
        assert calls == ["pause"]
        await asyncio.sleep(0)
        assert calls == ["pause", "resume"]
        one.connection_lost(None)

    asyncio.run(run())


def test_stop__ends_connections_that_are_being_made(listening: Listening, wire: socket.socket) -> None:
    """A client that has just been accepted gets an end or a reset instead of silence."""
    loop, blocked = only(listening)._loop, threading.Event()
    loop.call_soon_threadsafe(blocked.wait, LONG)
    with connect(listening.url, None) as late:
        listening._server.stop()
        blocked.set()
        with contextlib.suppress(ConnectionResetError):
            assert late.recv(1) == b""


@pytest.mark.parametrize("is_tls", [False, True], ids=["http", "https"])
def test_cut__sends_large_responses_before(
    stub: Stub, event_loop_kind: str, tmp_path: Path, is_tls: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that reads gets all of them, although it begins late."""
    monkeypatch.setattr(connections, "_CUT_TIMEOUT", LONG)
    certificate = Certificate(folder=tmp_path) if is_tls else None
    with (
        Listening(stub, "127.0.0.1", 0, certificate=certificate) as listening,
        connect(listening.url, listening.ca_file) as wire,
    ):
        one, late = only(listening), threading.Event()
        wire.sendall(get("/middle") + get("/cut"))
        eventually(lambda: one._cutting)
        one._loop.call_soon_threadsafe(one._loop.call_later, 5 * connections._CUT_DELAY, late.set)
        assert late.wait(LONG)
        assert len(read(wire)[1]) == 500_000
        with pytest.raises((ConnectionResetError, ssl.SSLEOFError)):
            wire.recv(1)
