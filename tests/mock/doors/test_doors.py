"""Slow, broken and abandoned responses, in process and under an ASGI server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import anyio
import httpx
import httpx2
import pytest

from helpers.waiting import LONG
from zeroscope_mock import MockServer
from zeroscope_mock.doors.httpx2_transport import Httpx2Transport
from zeroscope_mock.doors.transport import BaseTransport, Transport
from zeroscope_mock.messages import Response, Stream
from zeroscope_mock.protocols import Flow
from zeroscope_mock.steps import ConnectionCutError, RunBlocking, Sleep

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
AUTH = {"Authorization": "Bearer a-token"}
URL = "https://h.test/v1/predictions"
BODY = {"version": VERSION, "input": {"num_frames": 1}}
TRANSPORTS: dict[ModuleType, type[BaseTransport[Any, Any]]] = {httpx: Transport, httpx2: Httpx2Transport}


class Door:
    """A server behind a sync or async client of httpx or httpx2, with one interface for all."""

    def __init__(self, kind: str, server: MockServer, library: ModuleType = httpx) -> None:
        self._kind = kind
        self.library: Any = library
        self._transport = server.transport if library is httpx else server.httpx2_transport
        # Iterators that are left, but not thrown away.
        self._left: list[object] = []

    def send(self, method: str, url: str = URL, **settings: Any) -> Any:
        """The response with its whole body."""
        return self.stream(method, url, read=-1, **settings)

    def stream(self, method: str, url: str = URL, *, read: int, **settings: Any) -> Any:
        """The response, abandoned after a number of pieces of its body; -1 for all of them."""
        if self._kind != "sync":
            return anyio.run(lambda: self._stream_async(method, url, read, **settings), backend=self._kind)
        with (
            self.library.Client(transport=self._transport, headers=AUTH) as client,
            client.stream(method, url, **settings) as response,
        ):
            if read < 0:
                response.read()
            else:
                self._left.append(pieces := response.iter_raw())
                for _ in range(read):
                    next(pieces)
        return response

    async def _stream_async(self, method: str, url: str, read: int, **settings: Any) -> Any:
        async with (
            self.library.AsyncClient(transport=self._transport, headers=AUTH) as client,
            client.stream(method, url, **settings) as response,
        ):
            if read < 0:
                await response.aread()
            else:
                self._left.append(pieces := response.aiter_raw())
                for _ in range(read):
                    await anext(pieces)
        return response


@pytest.fixture(params=[httpx, httpx2], ids=["httpx", "httpx2"])
def library(request: pytest.FixtureRequest) -> ModuleType:
    """The libraries that have a transport of the server, in turn."""
    library: ModuleType = request.param
    return library


@pytest.fixture(params=["sync", "asyncio", "trio"])
def door(request: pytest.FixtureRequest, server: MockServer, library: ModuleType) -> Door:
    return Door(request.param, server, library)


@pytest.mark.parametrize("timeout", [0.5, 5, 59.9])
def test_a_hang_longer_than_the_client_waits(server: MockServer, door: Door, timeout: float) -> None:
    """The client times out after exactly that time of the server's clock, and the journal records the disconnect."""
    server.faults.add(hang=60)

    with pytest.raises(door.library.ReadTimeout, match=f"^the server sent nothing for {timeout:g} s of its clock$"):
        door.send("GET", timeout=(1, timeout, 1, 1))

    assert server.clock.monotonic() == pytest.approx(timeout)
    assert (server.journal[0].status, server.journal[0].note) == (None, "the client disconnected before the response")


@pytest.mark.parametrize("timeout", [None, 61])
def test_a_client_that_waits_long_enough(server: MockServer, door: Door, timeout: float | None) -> None:
    """It sees the end of the hang, which is a closed connection."""
    server.faults.add(hang=60)

    with pytest.raises(door.library.ReadError, match="the connection hung and was cut"):
        door.send("GET", timeout=timeout)

    assert server.clock.monotonic() == 60


def test_a_held_request_longer_than_the_client_waits(server: MockServer, door: Door) -> None:
    """The many short polls of a held request add up; the prediction exists all the same."""
    with pytest.raises(door.library.ReadTimeout):
        door.send("POST", json={**BODY, "input": {}}, headers={"Prefer": "wait=60"}, timeout=2)

    assert server.clock.monotonic() == 2
    assert len(door.send("GET").json()["results"]) == 1


@pytest.mark.parametrize(("reset", "created"), [("before", 0), ("after", 1)])
def test_a_reset(server: MockServer, door: Door, reset: Any, created: int) -> None:
    """The client cannot know from the error whether its request was carried out; webhooks are sent if it was."""
    server.scripts.add({"progression": "once"})
    server.faults.add(operation="createPrediction", reset=reset)
    body = {**BODY, "webhook": "https://h.test/", "webhook_events_filter": ["start", "completed"]}

    with pytest.raises(door.library.ReadError, match=f"the connection was reset {reset} the request was carried out"):
        door.send("POST", json=body)

    assert len(server.deliveries) == 2 * created
    assert len(door.send("GET").json()["results"]) == created


def test_a_truncated_body(server: MockServer, door: Door) -> None:
    """The length is announced and fallen short of."""
    server.faults.add(truncate=10)

    with pytest.raises(door.library.RemoteProtocolError, match=r"received 10 bytes, expected \d+"):
        door.send("GET")


def test_a_body_slower_than_the_client_waits(server: MockServer, door: Door) -> None:
    """What counts is the time between two pieces, not that of the whole."""
    server.faults.add(bytes_per_second=1)
    length = len(door.send("GET", timeout=1.5).content)
    assert server.clock.monotonic() == length

    with pytest.raises(door.library.ReadTimeout):
        door.send("GET", timeout=0.5)

    assert server.clock.monotonic() == length + 0.5


@pytest.mark.parametrize("status", [204, 304])
def test_a_response_without_a_body(server: MockServer, door: Door, status: int) -> None:
    """It has no length either, as on a socket."""
    server.faults.add(status=status)

    response = door.send("GET")

    assert (response.status_code, response.content) == (status, b"")
    assert "content-length" not in response.headers


class Tap:
    """The core of a server whose every response runs for ever, a piece a second."""

    def __init__(
        self, server: MockServer, response: Callable[[], Flow[Response]] | None = None, pauses: int = 1
    ) -> None:
        self.clock = server.clock
        self._pauses = pauses
        self.pieces: list[bytes] = []
        self.closed = False
        self._response = response or self._answer

    def flow(self, request: object) -> Flow[Response]:
        return self._response()

    def _answer(self) -> Flow[Response]:
        yield Sleep(0)
        return Response(200, (), Stream(self._run))

    def _run(self) -> Iterator[bytes | Sleep]:
        try:
            while True:
                self.pieces.append(b"x")
                yield b"x"
                yield from [Sleep(1 / self._pauses)] * self._pauses
        finally:
            self.closed = True


# Under trio httpx itself leaves a generator behind.
@pytest.mark.parametrize("door", ["sync", "asyncio"], indirect=True)
@pytest.mark.parametrize("read", [0, 3])
def test_a_stream_is_lazy_and_can_be_abandoned(
    server: MockServer, door: Door, monkeypatch: pytest.MonkeyPatch, read: int
) -> None:
    """No piece is made before it is read, and the stream ends with its reader."""
    tap: Any = Tap(server)
    monkeypatch.setattr(door, "_transport", TRANSPORTS[door.library](tap))

    door.stream("GET", read=read)

    assert len(tap.pieces) == read
    assert tap.closed == bool(read)
    assert server.clock.monotonic() == max(0, read - 1)


def test_a_stream_that_pauses_again_and_again(server: MockServer, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """The short pauses between two pieces add up."""
    tap: Any = Tap(server, pauses=4)
    monkeypatch.setattr(door, "_transport", TRANSPORTS[door.library](tap))

    with pytest.raises(door.library.ReadTimeout):
        door.send("GET", timeout=0.75)

    assert server.clock.monotonic() == 0.75


@pytest.mark.parametrize("door", ["sync"], indirect=True)
def test_a_client_that_changes_how_long_it_waits(
    server: MockServer, door: Door, library: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What its request says when the body is read counts for the body."""
    tap: Any = Tap(server)
    monkeypatch.setattr(tap, "_run", lambda: iter([Sleep(3), b"x", Sleep(3), b"y"]))
    with library.Client(transport=TRANSPORTS[library](tap)) as client:
        request = client.build_request("GET", "http://h/", timeout=1)
        response = client.send(request, stream=True)
        request.extensions["timeout"]["read"] = 5
        assert response.read() == b"xy"


def test_a_step_that_fails_raises_in_the_flow(server: MockServer, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """The flow that handles a request may handle the errors of its steps."""

    def answer() -> Flow[Response]:
        try:
            yield RunBlocking(lambda: 1 / 0)
        except ZeroDivisionError:
            return Response(500, (), b"no")
        return Response(200, (), b"")

    tap: Any = Tap(server, answer)
    monkeypatch.setattr(door, "_transport", TRANSPORTS[door.library](tap))

    assert door.send("GET", timeout=5).status_code == 500


@pytest.mark.parametrize("door", ["sync"], indirect=True)
def test_a_pause_that_fails_is_no_timeout(server: MockServer, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has not taken the client's time, and the flow that handles the request may still end."""
    monkeypatch.setattr("zeroscope_mock.clocks.stall_guard.FROZEN_LIMIT", -1.0)
    server.clock.freeze()

    def answer() -> Flow[Response]:
        try:
            yield Sleep(60)
        except RuntimeError as error:
            yield RunBlocking(lambda: None)
            return Response(500, (), str(error).encode())
        return Response(200, (), b"")

    tap: Any = Tap(server, answer)
    monkeypatch.setattr(door, "_transport", TRANSPORTS[door.library](tap))

    assert "the clock is frozen" in door.send("GET", timeout=5).text


@pytest.mark.parametrize("door", ["sync"], indirect=True)
def test_a_client_waits_no_less_if_others_move_the_clock(
    server: MockServer, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sleep counts as long as it is, however far other threads move the clock meanwhile."""
    server.faults.add(delay=2)
    monkeypatch.setattr(server.clock, "sleep", lambda seconds: server.clock.advance(seconds + 100))

    assert door.send("GET", timeout=5).status_code == 200


HTTP = {
    "type": "http",
    "method": "GET",
    "path": "/v1/predictions",
    "query_string": b"",
    "headers": [(b"host", b"h"), (b"authorization", b"Bearer a-token")],
}


class Asgi:
    """A bare ASGI server for one request, without any extension."""

    def __init__(self, server: MockServer) -> None:
        self._app = server.app
        self.gone = anyio.Event()
        self.sent: list[dict[str, Any]] = []
        self._received = False

    async def receive(self) -> dict[str, Any]:
        if not self._received:
            self._received = True
            return {"type": "http.request"}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    async def run(self, **scope: Any) -> None:
        with anyio.fail_after(LONG):
            await self._app({**HTTP, **scope}, self.receive, self.send)


@pytest.fixture
def asgi(server: MockServer) -> Asgi:
    return Asgi(server)


@pytest.mark.anyio
@pytest.mark.parametrize("fault", [{"reset": "before"}, {"reset": "after"}, {"hang": 60}])
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_cut_without_access_to_the_connection(server: MockServer, asgi: Asgi, fault: Any) -> None:
    """An ASGI server without access to its connection gets an exception, and the client no response."""
    server.faults.add(**fault)

    with pytest.raises(ConnectionCutError, match="this ASGI server has no way to do"):
        await asgi.run()

    assert asgi.sent == []


@pytest.mark.anyio
async def test_a_truncated_body_is_not_completed(server: MockServer, asgi: Asgi) -> None:
    """The application returns before the end, which a server treats as a truncation."""
    server.faults.add(truncate=10)

    await asgi.run()

    assert [len(message["body"]) for message in asgi.sent[1:]] == [10]
    assert asgi.sent[1]["more_body"]


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_held_request_is_closed_on_disconnect(server: MockServer, asgi: Asgi) -> None:
    """Its flow is closed as soon as the client has disconnected, and nothing is sent."""
    server.clock.freeze()
    server.faults.add(delay=60)

    async with anyio.create_task_group() as group:
        group.start_soon(asgi.run)
        await anyio.lowlevel.checkpoint()
        asgi.gone.set()

    assert asgi.sent == []
    assert server.journal[0].note == "the client disconnected before the response"


@pytest.mark.anyio
@pytest.mark.parametrize("failing", ["flow", "body"])
async def test_a_failure_is_raised_unwrapped(server: MockServer, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    """An error in a response is not wrapped into another one."""

    def body() -> Iterator[bytes]:
        yield b"x"
        raise LookupError

    def answer() -> Flow[Response]:
        yield Sleep(1)
        if failing == "flow":
            raise LookupError
        return Response(200, (), Stream(body))

    monkeypatch.setattr(server.core, "flow", lambda request: answer())

    with pytest.raises(LookupError):
        await Asgi(server).run()


@pytest.mark.anyio
@pytest.mark.parametrize("messages", [[], [{"type": "http.request", "body": b"{", "more_body": True}]])
async def test_a_body_that_never_comes(
    server: MockServer, monkeypatch: pytest.MonkeyPatch, messages: list[dict[str, Any]]
) -> None:
    """It is refused after a while and not carried out."""
    monkeypatch.setattr("zeroscope_mock.doors.limits.BODY_TIMEOUT", 0.001)
    asgi = Asgi(server)

    async def receive() -> Any:
        return messages.pop(0) if messages else await anyio.sleep_forever()

    monkeypatch.setattr(asgi, "receive", receive)
    await asgi.run(method="POST")

    assert asgi.sent[0]["status"] == 408
    assert (b"connection", b"close") in asgi.sent[0]["headers"]
    assert len(server.journal) == 0


@pytest.mark.anyio
async def test_faults_under_the_asgi_transport_of_httpx(server: MockServer) -> None:
    """It works in process as well; a cut is an exception there."""
    server.faults.add(operation="listPredictions", reset="before", times=1)
    transport = httpx.ASGITransport(server.app)
    async with httpx.AsyncClient(transport=transport, base_url="https://h.test/v1", headers=AUTH) as api:
        with pytest.raises(ConnectionCutError):
            await api.get("/predictions")
        created = await api.post("/predictions", json=BODY, headers={"Prefer": "wait"})
        stream = await api.post("/predictions", json={**BODY, "stream": True})
        events = await api.get(stream.json()["urls"]["stream"])

    assert created.json()["status"] == "succeeded"
    assert events.text.endswith("event: done\nid: " + events.text.rpartition("id: ")[2])
