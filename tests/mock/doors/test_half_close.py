"""Clients that end their side of a connection: what they still get."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers.tls import LONG, connect, trusting
from zeroscope_mock import Listening, VirtualClock
from zeroscope_mock.doors.certificate import Certificate
from zeroscope_mock.messages import Request, Response, Stream
from zeroscope_mock.protocols import Flow
from zeroscope_mock.steps import RunBlocking, Watch

LARGE = 5_000_000


class Stub:
    """A responder whose responses depend on the path."""

    def __init__(self) -> None:
        self.body_limit = 1000
        self.clock = VirtualClock()
        self.seen: list[str] = []
        self.ended = threading.Event()

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
            case "/half-file":
                return Response(200, (), Stream(self._half_file, LARGE))
        return Response(200, (), path.encode())

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
    assert ("/held" in paths) == stub.ended.is_set()


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


@pytest.mark.parametrize("path", ["/half-file", "/file", "/large"])
def test_body__is_not_cut_by_the_end_of_tls(stub: Stub, event_loop_kind: str, path: str, tmp_path: Path) -> None:
    """TLS cannot end one side alone, so a body is whole, or the connection is reset."""
    with (
        Listening(stub, "127.0.0.1", 0, certificate=Certificate(folder=tmp_path)) as listening,
        connect(listening.url, None) as wire,
    ):
        received = list[bytes]()
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = trusting(listening.ca_file).wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")

        def run(step: Callable[[], Any]) -> Any:
            while True:
                try:
                    return step()
                except ssl.SSLWantReadError:
                    wire.sendall(outgoing.read())
                    received.append(wire.recv(1_000_000))
                    incoming.write(received[-1])

        run(tls.do_handshake)
        tls.write(get(path))
        assert run(lambda: tls.read(1)) == b"H"
        with pytest.raises(ssl.SSLError):
            tls.unwrap()
        wire.sendall(outgoing.read())
        with contextlib.suppress(ConnectionResetError):
            while data := wire.recv(1_000_000):
                received.append(data)
            # Encrypted, with the head.
            assert sum(map(len, received)) > LARGE
