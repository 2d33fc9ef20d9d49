"""Clients that end their side of a connection: what they still get."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, cast

import pytest

from helpers.tls import connect, trusting
from helpers.waiting import LONG, eventually
from zeroscope_mock import Listening, VirtualClock
from zeroscope_mock.doors.certificate import Certificate
from zeroscope_mock.doors.request_head import RequestHead
from zeroscope_mock.doors.response_writer import ResponseWriter
from zeroscope_mock.messages import Head, Request, Response, Stream
from zeroscope_mock.protocols import Flow
from zeroscope_mock.steps import RunBlocking, Watch

LARGE = 5_000_000


class Stub:
    """A responder whose responses depend on the path."""

    def __init__(self) -> None:
        self.body_limit = 1000
        self.clock = VirtualClock()
        self.seen: list[str] = []
        self.ended, self.released = threading.Event(), threading.Event()

    def record_refusal(self, head: Head, response: Response) -> None:
        """Record nothing."""

    def flow(self, request: Request) -> Flow[Response]:
        """Answer one request."""
        path = request.head.path
        self.seen.append(path)
        match path:
            case "/work":
                yield RunBlocking(lambda: time.sleep(0.05))
            case "/held":
                try:
                    while True:
                        yield Watch((), (), LONG)
                finally:
                    self.ended.set()
            case "/large":
                return Response(200, (), b"x" * LARGE)
            case "/file":
                return Response(200, (), Stream(lambda: iter([b"x" * 100_000] * 50), LARGE))
            case "/chunks":
                return Response(200, (), Stream(self._chunks))
            case "/half-file":
                return Response(200, (), Stream(self._half_file, LARGE))
        return Response(200, (), path.encode())

    def _chunks(self) -> Iterator[bytes | Watch]:
        yield b"one"
        while not self.released.is_set():
            yield Watch((), (), 0.001)
        yield b"two"

    def _half_file(self) -> Iterator[bytes | Watch]:
        try:
            yield b"x"
            yield Watch((), (), LONG)
        finally:
            self.ended.set()


@pytest.fixture
def stub() -> Stub:
    return Stub()


@pytest.fixture
def wire(stub: Stub, event_loop_kind: str) -> Iterator[socket.socket]:
    with Listening(stub, "127.0.0.1", 0) as listening, connect(listening.url, None) as wire:
        yield wire


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n".encode()


def read_bodies(wire: socket.socket) -> list[bytes]:
    """The bodies of all responses up to an orderly end, each of which is whole."""
    data, bodies = bytearray(), list[bytes]()
    while part := wire.recv(1_000_000):
        data += part
    rest = bytes(data)
    while rest:
        head, _, rest = rest.partition(b"\r\n\r\n")
        length = int(head.partition(b"content-length: ")[2].split()[0])
        assert len(rest) >= length, (head, len(rest))
        bodies.append(rest[:length])
        rest = rest[length:]
    return bodies


@pytest.mark.parametrize(
    ("paths", "answers"),
    [
        (["/a"], [b"/a"]),
        (["/a", "/large", "/b", "/large", "/c"], [b"/a", b"x" * LARGE, b"/b", b"x" * LARGE, b"/c"]),
        (["/file", "/file", "/a"], [b"x" * LARGE, b"x" * LARGE, b"/a"]),
        (["/work", "/a"], [b"/work", b"/a"]),
        (["/large", "/held", "/a"], [b"x" * LARGE]),
    ],
    ids=["short", "large", "files", "work", "wait"],
)
def test_requests__are_answered_after_the_input(
    stub: Stub, wire: socket.socket, paths: list[str], answers: list[bytes]
) -> None:
    """Whole and in order, up to one that waits; then the connection ends."""
    wire.sendall(b"".join(map(get, paths)) + b"GET /incomplete")
    wire.shutdown(socket.SHUT_WR)
    assert [body[:10] for body in read_bodies(wire)] == [answer[:10] for answer in answers]
    assert stub.seen == paths[: len(answers) + ("/held" in paths)]
    assert "/held" not in paths or stub.ended.wait(LONG)


def test_wait__ends_with_the_input(stub: Stub, wire: socket.socket) -> None:
    """A client that has closed its socket looks the same; what was answered before arrives."""
    wire.sendall(get("/a") + get("/held") + get("/b"))
    assert wire.recv(100)[:15] == b"HTTP/1.1 200 OK"
    wire.shutdown(socket.SHUT_WR)
    assert wire.recv(100) == b""
    assert stub.ended.wait(LONG)
    assert stub.seen == ["/a", "/held"]


@pytest.mark.parametrize("is_early", [True, False])
def test_body__never_ends_early_without_a_reset(stub: Stub, wire: socket.socket, is_early: bool) -> None:
    """A client that reads until the end would take a part of a body for all of it."""
    wire.sendall(get("/half-file"))
    if not is_early:
        assert wire.recv(1) == b"H"
    wire.shutdown(socket.SHUT_WR)
    with pytest.raises(ConnectionResetError):
        read_bodies(wire)
    assert stub.ended.wait(LONG)


class TlsClient:
    """A client whose TLS ends when a test says so; it keeps what it receives, as it came.

    Args:
        wire: A connection to the server.
        ca_file: The certificate of the server's authority.
    """

    def __init__(self, wire: socket.socket, ca_file: Path | None) -> None:
        self._wire = wire
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = trusting(ca_file).wrap_bio(self._incoming, self._outgoing, server_hostname="127.0.0.1")
        self.received = 0
        self._run(self._tls.do_handshake)

    def _run(self, step: Callable[[], Any]) -> Any:
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                self._wire.sendall(self._outgoing.read())
                self._receive()

    def _receive(self) -> bool:
        data = self._wire.recv(1_000_000)
        self.received += len(data)
        self._incoming.write(data)
        return bool(data)

    def send(self, data: bytes) -> None:
        self._tls.write(data)
        self._wire.sendall(self._outgoing.read())

    def read(self, count: int) -> bytes:
        data: bytes = self._run(lambda: self._tls.read(count))
        return data

    def end(self, *, fin: bool = False) -> None:
        """Send a close_notify, and end the connection's side, too, if asked to."""
        # The server has not sent its own.
        with contextlib.suppress(ssl.SSLError):
            self._tls.unwrap()
        self._wire.sendall(self._outgoing.read())
        if fin:
            # There may have been a reset by now.
            with contextlib.suppress(OSError):
                self._wire.shutdown(socket.SHUT_WR)

    def receive_all(self) -> None:
        """Receive up to an orderly end of the connection.

        Raises:
            ConnectionResetError: If it ends with a reset.
        """
        while self._receive():
            pass

    def decrypted(self) -> bytes:
        """What has been received and not been read."""
        data = b""
        with contextlib.suppress(ssl.SSLError):
            while part := self._tls.read(1_000_000):
                data += part
        return data


@pytest.mark.parametrize("path", ["/half-file", "/file", "/large"])
def test_body__is_not_cut_by_the_end_of_tls(stub: Stub, event_loop_kind: str, path: str, tmp_path: Path) -> None:
    """TLS cannot end one side alone, so a body is whole, or the connection is reset."""
    with (
        Listening(stub, "127.0.0.1", 0, certificate=Certificate(folder=tmp_path)) as listening,
        connect(listening.url, None) as wire,
    ):
        client = TlsClient(wire, listening.ca_file)
        client.send(get(path))
        assert client.read(1) == b"H"
        client.end()
        with contextlib.suppress(ConnectionResetError):
            client.receive_all()
            # Encrypted, with the head.
            assert client.received > LARGE


@pytest.mark.parametrize("fin", [False, True], ids=["close_notify", "FIN"])
@pytest.mark.parametrize("unread", [0, 100_000])
def test_chunks__end_with_the_last_one_or_a_reset(
    stub: Stub, event_loop_kind: str, fin: bool, unread: int, tmp_path: Path
) -> None:
    """Also if the server does not read because the client has sent too much, so that it does not learn of the end."""
    with (
        Listening(stub, "127.0.0.1", 0, certificate=Certificate(folder=tmp_path)) as listening,
        connect(listening.url, None) as wire,
    ):
        client = TlsClient(wire, listening.ca_file)
        client.send(get("/chunks"))
        connections: Any = listening._server.connections._open
        eventually(lambda: stub.seen)
        # Later, because what comes together with the request does not stop the server from reading.
        client.send(b"GET /incomplete?" + b"x" * unread)
        (one,) = connections
        eventually(lambda: not one._transport.is_reading() or not unread)
        client.end(fin=fin)
        for _ in range(3):
            turn = threading.Event()
            one._loop.call_soon_threadsafe(turn.set)
            assert turn.wait(LONG)
        stub.released.set()
        with contextlib.suppress(ConnectionResetError):
            client.receive_all()
            received = client.decrypted()
            # Nothing at all if the end comes before the response has begun.
            assert received == b"" or b"\r\n0\r\n\r\n" in received


def test_stream__over_tls_may_be_reset_until_all_is_sent() -> None:
    """Not before the transport has passed on everything does its close end the connection in order."""
    calls = list[object]()

    class Transport:
        """A transport over TLS that still has something to send, and its socket."""

        pause: Callable[[], object]

        def get_extra_info(self, name: str) -> Transport:
            return self

        def can_write_eof(self) -> bool:
            return False

        def is_reading(self) -> bool:
            return True

        def write(self, data: bytes) -> None:
            calls.append(data)

        def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
            calls.append((high, low))
            if high:
                self.pause()

        def setsockopt(self, level: int, name: int, value: bytes) -> None:
            calls.append("resets" if any(value) else "ends in order")

        def getsockopt(self, level: int, name: int, size: int) -> bytes:
            return bytes(size)

        def get_write_buffer_size(self) -> int:
            return 1

    async def run() -> None:
        loop, transport = asyncio.get_running_loop(), Transport()
        writer = ResponseWriter(loop, cast("Any", transport), VirtualClock(), nullcontext)
        transport.pause = writer.pause
        head = RequestHead(Head("GET", "/"), 0, keep_alive=True, chunks=True, expects=False)
        stream = Stream(lambda: iter([b"one"]))
        task = loop.create_task(writer.write_stream(head, Response(200, (), stream), stream))
        await asyncio.sleep(0)
        assert calls[:1] + calls[2:] == ["resets", b"3\r\none\r\n", b"0\r\n\r\n", (1, 0)]
        writer.resume()
        await task
        assert calls[5:] == [(None, None), "ends in order"]
        writer.stop()

    asyncio.run(run())
