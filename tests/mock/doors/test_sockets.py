"""The server on a socket: closed connections, lost clients, keep-alive."""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from helpers.tls import connect, trusting
from helpers.waiting import LONG, eventually
from zeroscope_mock import MockServer, VirtualClock
from zeroscope_mock.doors import limits
from zeroscope_mock.doors.listening import Listening

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
AUTH = {"Authorization": "Bearer a-token"}


@pytest.fixture(params=["virtual", "real"])
def server(request: pytest.FixtureRequest) -> Iterator[MockServer]:
    """A server on either clock; the real one is fast."""
    with MockServer(clock=request.param, speed=1000 if request.param == "real" else None) as server:
        yield server


@pytest.fixture(params=["http", "https"])
def listening(server: MockServer, event_loop_kind: str, request: pytest.FixtureRequest) -> Iterator[Listening]:
    with server.listen(tls=request.param == "https") as listening:
        yield listening


@pytest.fixture
def wire(listening: Listening) -> Iterator[socket.socket]:
    """A bare connection to the server."""
    with connect(listening.url, listening.ca_file) as wire:
        yield wire


@pytest.fixture
def api(listening: Listening) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=f"{listening.url}/v1", headers=AUTH, timeout=LONG, verify=trusting(listening.ca_file)
    ) as api:
        yield api


def head(path: str = "/v1/predictions", method: str = "GET", **headers: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: h", "Authorization: Bearer a-token"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def post(path: str = "/v1/predictions", body: dict[str, Any] | None = None, **headers: str) -> bytes:
    content = json.dumps({"version": VERSION, "input": {}} if body is None else body).encode()
    return head(path, "POST", content_length=str(len(content)), content_type="application/json", **headers) + content


def read_all(wire: socket.socket) -> tuple[bytes, bool]:
    """What comes until the end, and whether it ended with a reset."""
    data = b""
    while True:
        try:
            part = wire.recv(65536)
        except (ConnectionResetError, ssl.SSLEOFError):
            return data, True
        if not part:
            return data, False
        data += part


def answer(wire: socket.socket, method: str = "GET") -> tuple[int, bytes]:
    response = http.client.HTTPResponse(wire, method=method)
    response.begin()
    return response.status, response.read()


@pytest.mark.parametrize(("reset", "created"), [("before", 0), ("after", 1)])
def test_a_reset_is_a_reset(server: MockServer, wire: socket.socket, reset: Any, created: int) -> None:
    """The socket sees RST and not one byte, whether or not the request was carried out."""
    server.faults.add(operation="createPrediction", reset=reset, times=1)

    wire.sendall(post())

    assert read_all(wire) == (b"", True)
    with httpx.Client(transport=server.transport, headers=AUTH) as api:
        assert len(api.get("http://h/predictions").json()["results"]) == created
    assert server.journal[0].status is None


@pytest.mark.parametrize("fault", [{"reset": "before"}, {"reset": "after"}, {"hang": 0.1}])
def test_a_cut_ends_one_connection_only(server: MockServer, api: httpx.Client, fault: Any) -> None:
    """An HTTP client sees an error while reading, and its next request is answered."""
    server.faults.add(operation="listPredictions", times=1, **fault)
    before = server.clock.monotonic()

    # Python's TLS cannot tell a reset from an end.
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        api.get("/predictions")

    assert api.get("/predictions").status_code == 200
    assert server.clock.monotonic() - before >= fault.get("hang", 0)


def test_a_truncated_body_ends_too_early(server: MockServer, api: httpx.Client) -> None:
    """The length is announced, half of it comes, and the connection ends in order."""
    server.faults.add(operation="listPredictions", truncate=0.5, times=1)

    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        api.get("/predictions")

    assert api.get("/predictions").status_code == 200


def test_a_stream_is_reset_after_its_start(server: MockServer, api: httpx.Client, listening: Listening) -> None:
    """The pieces before the reset can be read."""
    created = api.post("/predictions", json={"version": VERSION, "input": {}, "stream": True}).json()
    server.faults.add(operation="streamPrediction", truncate=20)

    with connect(listening.url, listening.ca_file) as wire:
        wire.sendall(head(httpx.URL(created["urls"]["stream"]).path))
        data, reset = read_all(wire)

    assert reset
    assert data.partition(b"\r\n\r\n")[2].startswith(b"14\r\nevent: ")


def test_pieces_are_sent_at_once(listening: Listening, wire: socket.socket) -> None:
    """The system does not hold a small one back until the client has acknowledged the one before."""
    connections: Any = listening._server.connections._open
    eventually(lambda: connections)
    (connection,) = connections
    accepted = connection._transport.get_extra_info("socket")
    assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_slow_bytes_all_come(server: MockServer, api: httpx.Client) -> None:
    """A body at 100 bytes a second takes that long on the server's clock."""
    before = server.clock.monotonic()
    server.faults.add(operation="listPredictions", bytes_per_second=100)

    response = api.get("/predictions")

    assert response.json() == {"next": None, "previous": None, "results": []}
    took, needed = server.clock.monotonic() - before, len(response.content) / 100
    assert took == pytest.approx(needed) if isinstance(server.clock, VirtualClock) else took >= needed


@pytest.mark.parametrize("status", [204, 304])
def test_a_response_without_a_body(server: MockServer, wire: socket.socket, status: int) -> None:
    """There is neither a length nor a body, and the connection stays open."""
    server.faults.add(operation="listPredictions", status=status, times=1)

    wire.sendall(head())
    assert answer(wire) == (status, b"")
    wire.sendall(head())

    assert answer(wire)[0] == 200


def test_a_connection_is_used_again(wire: socket.socket, server: MockServer) -> None:
    """Many requests use one connection: successful, refused and with no body in the response."""
    for _ in range(20):
        wire.sendall(post())
        assert answer(wire)[0] == 201
        wire.sendall(head("/v1/predictions/none"))
        assert answer(wire)[0] == 404
        wire.sendall(head(method="HEAD"))
        assert answer(wire, "HEAD") == (200, b"")

    assert len(server.journal) == 60


def test_idle_connection__is_closed_by_the_client_first() -> None:
    """The server keeps one far longer than httpx does, so that no create is sent on one that it is closing."""
    expiry = httpx.Limits().keepalive_expiry
    assert expiry is not None
    assert 10 * expiry < limits.KEEP_ALIVE


def test_requests_in_a_row(wire: socket.socket) -> None:
    """Requests that are sent before the first response get their responses in order."""
    wire.sendall(head("/v1/predictions/none") + post() + head())

    # One reader for all, since it may read ahead.
    with wire.makefile("rb") as lines:
        statuses: list[bytes] = []
        for _ in range(3):
            statuses.append(lines.readline().split()[1])
            headers = http.client.parse_headers(lines)
            lines.read(int(headers["content-length"]))

    assert statuses == [b"404", b"201", b"200"]


def test_a_held_request_whose_client_disconnects(server: MockServer, listening: Listening) -> None:
    """The request is canceled, the journal records it, and no task is left behind."""
    server.clock.freeze()
    with connect(listening.url, listening.ca_file) as wire:
        wire.sendall(post(prefer="wait=60"))
        eventually(lambda: list(server.core.state.store.predictions()))
    eventually(lambda: len(server.journal))

    assert server.journal[0].status is None
    assert server.journal[0].note == "the client disconnected before the response"
    eventually(lambda: not tasks(listening))


def test_a_stream_whose_client_disconnects(server: MockServer, api: httpx.Client, listening: Listening) -> None:
    """The stream ends with the client, before its last piece."""
    # Before, or on a busy machine the prediction ends by itself.
    server.clock.freeze()
    created = api.post("/predictions", json={"version": VERSION, "input": {}, "stream": True}).json()
    with connect(listening.url, listening.ca_file) as wire:
        wire.sendall(head(httpx.URL(created["urls"]["stream"]).path))
        assert wire.recv(100).startswith(b"HTTP/1.1 200")
        assert tasks(listening)

    eventually(lambda: not tasks(listening))
    assert server.journal[1].status == 200


def tasks(listening: Listening) -> set[Any]:
    """The tasks of the requests in progress."""
    return listening._server.connections.tasks


def test_a_body_that_never_arrives(listening: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    """The request is refused after a while, and the connection closed."""
    monkeypatch.setattr("zeroscope_mock.doors.limits.BODY_TIMEOUT", 0.01)
    with connect(listening.url, listening.ca_file) as wire:
        wire.sendall(post()[:-1])
        data, reset = read_all(wire)

    assert not reset
    assert data.startswith(b"HTTP/1.1 408 ")
    assert data.endswith(b'Nothing more of the request\'s body came for 0.01 seconds; send all of it.","status":408}')


PROGRAM = """
import sys, threading
sys.path[:0] = {path!r}
from helpers.tls import connect, trusting
from zeroscope_mock import MockServer, VirtualClock
from zeroscope_mock.doors import http_server, listening
# On a busy machine, the thread may take longer than the server waits for it.
listening._CLOSE_TIMEOUT = {limit}
if {kind!r} == "asyncio":
    http_server._loop_factory = lambda: None
server = MockServer(clock="real")
# The webhook about the start is sent soon, and the stream stays open.
server.scripts.add({{"startup": 0.1, "run": 3600}})
server.serve(port=0, tls={tls!r}, on_ready=lambda url: print(url, flush=True))
print("ended", [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()])
"""


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_that_is_open(
    number: signal.Signals, tls: bool, event_loop_kind: str, tmp_path: Path
) -> None:
    """Long before the stream, the held request, the half a request and the webhook that hangs would end."""
    program = PROGRAM.format(path=sys.path, tls=str(tmp_path) if tls else False, kind=event_loop_kind, limit=LONG)
    command = [sys.executable, "-W", "error", "-c", program]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process,
        socket.create_server(("127.0.0.1", 0)) as hook,
        contextlib.ExitStack() as wires,
    ):
        assert process.stdout is not None
        hook.settimeout(LONG)
        url, ca_file = process.stdout.readline().strip(), tmp_path / "ca.pem" if tls else None
        target = f"http://127.0.0.1:{hook.getsockname()[1]}/"
        with httpx.Client(base_url=f"{url}/v1", headers=AUTH, timeout=LONG, verify=trusting(ca_file)) as api:
            body = {"version": VERSION, "input": {}, "stream": True, "webhook": target}
            body |= {"webhook_events_filter": ["start"]}
            created = api.post("/predictions", json=body).json()
            stream, held, half = (wires.enter_context(connect(url, ca_file)) for _ in range(3))
            stream.sendall(head(httpx.URL(created["urls"]["stream"]).path))
            assert stream.recv(100).startswith(b"HTTP/1.1 200")
            held.sendall(post(prefer="wait=60"))
            half.sendall(post()[:-1])
            delivery, _ = hook.accept()
            wires.enter_context(delivery)
            assert delivery.recv(1000).startswith(b"POST / ")
            process.send_signal(number)
            out, err = process.communicate(timeout=LONG)

    assert (process.returncode, out, err) == (0, "ended []\n", "")
