"""Responses that are read ahead of their flows, from real sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest

import zeroscope
from helpers.client import TOKEN
from helpers.raw_server import RawServer
from helpers.waiting import LONG
from zeroscope import AsyncZeroscope, Zeroscope
from zeroscope._drivers import read_ahead
from zeroscope._drivers.http_clients import MAX_STREAMS
from zeroscope._steps import Close, Flow, Open, OpenAhead, Read, ReadAhead, WaitForAny
from zeroscope.clock import SystemClock

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
Run = Callable[..., Any]
# Shorter than anything that is not waited for, in seconds.
SHORT = 0.05


class Script:
    """What a server sends: one piece after another, each once the test asks for it; then it waits for the client."""

    def __init__(self, *pieces: bytes, ends: bool = False) -> None:
        self.requested = threading.Event()
        self._pieces = pieces
        self._ends = ends
        self._asked = threading.Semaphore(0)

    def send(self) -> None:
        """Let the server send the next piece, or end the response after the last one."""
        self._asked.release()

    def __call__(self, server: RawServer, connection: socket.socket) -> None:
        server.read_head(connection)
        self.requested.set()
        for piece in self._pieces:
            assert self._asked.acquire(timeout=LONG)
            connection.sendall(piece)
        if self._ends:
            assert self._asked.acquire(timeout=LONG)
        else:
            while connection.recv(1):
                pass
            server.closed.set()


@pytest.fixture(params=["sync", "asyncio", "trio"])
def run(request: pytest.FixtureRequest, http_library: Any) -> Run:
    """Runs flows with a driver whose client has connections of its own: the sync one, or the async one in a loop."""

    def run(server: RawServer, *flows: Flow[Any], **settings: Any) -> Any:
        settings = {"base_url": server.url, **settings}
        if request.param == "sync":
            with Zeroscope(TOKEN, **settings) as client:
                return [client._driver.run(flow) for flow in flows][-1]

        async def main() -> Any:
            async with AsyncZeroscope(TOKEN, **settings) as client:
                return [await client._driver.run(flow) for flow in flows][-1]

        return anyio.run(main, backend=request.param)

    return run


def opened(server: RawServer) -> Flow[ReadAhead]:
    """Begin to read the response of a server."""
    download, until = ReadAhead(), SystemClock().monotonic() + LONG
    assert (yield OpenAhead(download, Open(server.url, {}, until=until, is_patient=True)))
    return download


def arrives(download: ReadAhead, seconds: float = LONG) -> Flow[bool]:
    """Wait for a piece; the result is whether there is one."""
    ready = yield WaitForAny([download], SystemClock().monotonic() + seconds)
    assert ready in ([], [download])
    return bool(ready)


def threads() -> list[threading.Thread]:
    """The threads that read ahead and do not end soon."""
    found = [thread for thread in threading.enumerate() if thread.name == "zeroscope stream"]
    for thread in found:
        thread.join(LONG)
    return [thread for thread in found if thread.is_alive()]


def test_wait__destroys_nothing(run: Run) -> None:
    """A response that sends nothing for a while stays open, and what it sends later arrives, each piece by itself."""
    script = Script(HEAD, b"one", b"two", ends=True)

    def flow(server: RawServer) -> Flow[list[bytes | None]]:
        download = yield from opened(server)
        pieces: list[bytes | None] = []
        while not pieces or pieces[-1] is not None:
            assert not (yield from arrives(download, SHORT))
            script.send()
            assert (yield from arrives(download))
            pieces.append((yield Read(download)))
        assert download.opened is not None and download.opened.response.status_code == 200
        yield Close(download)
        return pieces

    with RawServer(script).running() as server:
        assert run(server, flow(server)) == [b"", b"one", b"two", None]


def test_wait__is_for_any_of_several(run: Run) -> None:
    """Of several responses, those that have something are returned, and the others stay open."""
    script = Script(HEAD)

    def flow(server: RawServer) -> Flow[None]:
        first = yield from opened(server)
        second = yield from opened(server)
        script.send()
        until = SystemClock().monotonic() + LONG
        (ready,) = yield WaitForAny([first, second], until)
        assert (yield Read(ready)) == b""
        script.send()
        other = second if ready is first else first
        assert (yield WaitForAny([ready, other], until)) == [other]
        yield Close(first)
        yield Close(second)

    with RawServer(script).running() as server:
        run(server, flow(server))


@pytest.mark.parametrize("pieces", [(), (HEAD,), (HEAD, b"one")], ids=["no head", "a head", "a piece"])
def test_close__ends_the_connection_at_once(run: Run, pieces: tuple[bytes, ...]) -> None:
    """A response that is closed while it is awaited closes its connection, whatever the server has sent."""
    script = Script(*pieces)

    def flow(server: RawServer) -> Flow[None]:
        download = yield from opened(server)
        for _ in pieces:
            script.send()
            assert (yield from arrives(download))
            yield Read(download)
        while not (yield from arrives(download, SHORT)) and not script.requested.is_set():
            pass
        yield Close(download)

    with RawServer(script).running() as server:
        run(server, flow(server))
        assert server.closed.wait(LONG)
    assert threads() == []


def test_response_that_drips__is_read_as_it_comes(run: Run) -> None:
    """A server that sends a byte at a time holds up nothing: each wait ends when it should."""

    def respond(server: RawServer, connection: socket.socket) -> None:
        server.read_head(connection)
        connection.sendall(HEAD)
        server.drip(connection, b"a", interval=0.01)

    def flow(server: RawServer) -> Flow[int]:
        download = yield from opened(server)
        length = 0
        while length < 20:
            assert (yield from arrives(download))
            length += len((yield Read(download)))
        yield Close(download)
        return length

    with RawServer(respond).running() as server:
        # A loop or a thread that was held up finds several bytes at once.
        assert run(server, flow(server)) >= 20
        assert server.closed.wait(LONG)


def test_response__is_not_read_far_ahead(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that sends without end fills no memory: what is not taken is not read, and all of it can be taken."""
    monkeypatch.setattr(read_ahead, "_MAX_LENGTH", 100_000)
    sizes: list[int] = []

    def respond(server: RawServer, connection: socket.socket) -> None:
        server.read_head(connection)
        connection.sendall(HEAD + bytes(3_000_000))

    def flow(server: RawServer) -> Flow[int]:
        download = yield from opened(server)
        while (yield from arrives(download)) and download.size < 100_000:
            yield WaitForAny([], SystemClock().monotonic() + 0.001)
        length = 0
        while (yield from arrives(download)) and (piece := (yield Read(download))) is not None:
            length += len(piece)
            sizes.append(download.size)
        yield Close(download)
        return length

    with RawServer(respond).running() as server:
        assert run(server, flow(server)) == 3_000_000
    assert max(sizes) < 300_000


def test_response_that_fails__raises_its_error_when_it_is_read(run: Run) -> None:
    """An error of the connection, or of the client, is one of the response, and not of the flow's other steps."""

    def flow(server: RawServer) -> Flow[None]:
        download = yield from opened(server)
        assert (yield from arrives(download))
        with pytest.raises(httpx.TransportError):
            yield Read(download)
        yield Close(download)

    with RawServer(lambda *_: None).running() as server:
        run(server, flow(server))
    assert threads() == []


def test_responses__are_limited_in_number(run: Run) -> None:
    """A client reads only so many at once; one that is closed makes room for another."""

    def flow(server: RawServer) -> Flow[None]:
        downloads = []
        for _ in range(MAX_STREAMS):
            downloads.append((yield from opened(server)))
        assert not (yield OpenAhead(ReadAhead(), Open(server.url, {})))
        yield Close(downloads.pop())
        downloads.append((yield from opened(server)))
        for download in downloads:
            yield Close(download)

    with RawServer(Script()).running() as server:
        run(server, flow(server))
    assert threads() == []


def test_clock__that_stands_still_ends_a_wait(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wait on the system's clock that has been stopped would never end, so it is an error."""

    def flow(server: RawServer) -> Flow[None]:
        download = yield from opened(server)
        now = SystemClock().monotonic()
        monkeypatch.setattr(SystemClock, "monotonic", lambda _: now)
        try:
            yield WaitForAny([download], now + SHORT)
        finally:
            monkeypatch.undo()
            yield Close(download)

    with RawServer(Script()).running() as server, pytest.raises(zeroscope.ConfigurationError, match="stands still"):
        run(server, flow(server))
    assert threads() == []
