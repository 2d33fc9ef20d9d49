"""The server on a socket, and as an ASGI application."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import uvicorn

from helpers.tls import trusting
from helpers.waiting import LONG
from zeroscope_mock import MockServer, PortInUseError
from zeroscope_mock.doors import connections
from zeroscope_mock.doors import listening as listenings

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
AUTH = {"Authorization": "Bearer a-token"}


@pytest.mark.usefixtures("event_loop_kind")
def test_the_whole_way_over_a_socket(server: MockServer) -> None:
    """Create, read, cancel, list and fetch by HTTP; the state is the same through every door."""
    with server.listen() as listening, httpx.Client(base_url=f"{listening.url}/v1", headers=AUTH) as api:
        prediction = api.post("/predictions", json={"version": VERSION, "input": {"num_frames": 2}}).json()
        assert prediction["urls"]["get"] == f"{listening.url}/v1/predictions/{prediction['id']}"
        server.clock.advance(60)
        ended = api.get(prediction["urls"]["get"]).json()
        assert api.post(prediction["urls"]["cancel"]).json() == ended
        assert api.get("/predictions").json()["results"] == [ended]
        video = httpx.get(ended["output"][0])
        head = httpx.head(ended["output"][0])

    assert video.headers["content-type"] == "video/mp4"
    assert video.content[4:8] == b"ftyp"
    assert (head.content, head.headers["content-length"]) == (b"", str(len(video.content)))
    with httpx.Client(transport=server.transport, headers=AUTH) as api:
        assert api.get(f"{listening.url}/v1/predictions").json()["results"] == [ended]
    assert [exchange.status for exchange in server.journal] == [201, 200, 200, 200, 200, 200, 200]


@pytest.mark.usefixtures("event_loop_kind")
@pytest.mark.parametrize(
    ("request_line", "body", "status"),
    [
        (("GET", "/v1/predictions/%FF%00"), None, 404),
        (("GET", "/v1/predictions?cursor=%FF"), None, 422),
        (("POST", "/v1/predictions"), b"\xff", 400),
        (("POST", "/v1/predictions"), b"[" * 1000, 400),
        (("POST", "/v1/predictions"), b"1" * 3000, 413),
        (("PROPFIND", "/v1/predictions"), None, 405),
        (("GET", "/v1/predictions/../predictions"), None, 404),
    ],
)
def test_hostile_requests_over_a_socket(request_line: tuple[str, str], body: bytes | None, status: int) -> None:
    """Requests that httpx would not send get the same responses as in process."""
    with MockServer(json_limit=2000, file_limit=2000).listen() as listening:
        connection = http.client.HTTPConnection(listening.url.removeprefix("http://"))
        connection.request(*request_line, body=body, headers={**AUTH, "Content-Type": "application/json"})
        response = connection.getresponse()
        response.read()
        connection.close()

    assert response.status == status
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.usefixtures("event_loop_kind")
def test_a_client_that_disconnects_creates_nothing(server: MockServer) -> None:
    """A truncated request is not carried out, even if the part that arrived is valid."""
    body = b'{"version": "%s", "input": {}}' % VERSION.encode()
    head = "POST /v1/predictions HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer a-token\r\nContent-Length: 1000\r\n\r\n"
    with server.listen() as listening, httpx.Client(headers=AUTH) as api:
        host, port = listening.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(head.encode() + body)
        # Requests are taken up in order, so that the cut one is over once this one is answered.
        assert api.get(f"{listening.url}/v1/predictions").json()["results"] == []


@pytest.mark.usefixtures("event_loop_kind")
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_closing_is_quick_and_complete(server: MockServer, tls: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that is kept open, for 75 s, holds nothing up, and the port is free again."""
    monkeypatch.setattr(listenings, "_CLOSE_TIMEOUT", LONG)
    before = set(threading.enumerate())
    listening = server.listen(tls=tls)
    with httpx.Client(headers=AUTH, verify=trusting(listening.ca_file)) as api:
        api.get(f"{listening.url}/predictions")
        started = time.monotonic()
        listening.close()
        listening.close()
        took = time.monotonic() - started

    assert took < LONG
    assert set(threading.enumerate()) <= before
    port = int(listening.url.rpartition(":")[2])
    with server.listen(port=port, tls=tls) as again:
        assert again.url == listening.url


@pytest.mark.usefixtures("event_loop_kind")
@pytest.mark.parametrize("connected", [False, True], ids=["no client", "an idle client"])
def test_close__waits_for_no_tick(server: MockServer, monkeypatch: pytest.MonkeyPatch, connected: bool) -> None:
    """The server ends on request, and pauses no longer than it takes to notice which clients have gone."""
    monkeypatch.setattr(listenings, "_CLOSE_TIMEOUT", LONG)
    monkeypatch.setattr(connections, "_CLOSE_DELAY", 3600.0)
    monkeypatch.setattr(connections, "_GRACE", 3600.0)
    listening = server.listen()
    with httpx.Client(headers=AUTH) as api:
        if connected:
            assert api.get(f"{listening.url}/v1/predictions").status_code == 200
        listening.close()

    assert not any(thread.name.endswith(listening.url) for thread in threading.enumerate())
    listening.close()


@pytest.mark.usefixtures("event_loop_kind")
def test_close__waits_for_requests_in_progress(server: MockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request in progress when the server is closed gets its response, although no new one is accepted."""
    begun, made = threading.Event(), threading.Event()

    def render(_: object) -> bytes:
        begun.set()
        assert made.wait(LONG)
        return b"a video"

    monkeypatch.setattr("zeroscope_mock.media.video.render", render)
    monkeypatch.setattr(connections, "_CLOSE_DELAY", 0.0)
    monkeypatch.setattr(connections, "_GRACE", LONG)
    with server.client() as client:
        path = httpx.URL(client.predictions.create({"prompt": "x"}).wait().videos[0].url).path
    listening = server.listen()
    address = listening.url.removeprefix("http://").split(":")
    answers: list[httpx.Response] = []
    asking = threading.Thread(target=lambda: answers.append(httpx.get(f"{listening.url}{path}", timeout=LONG)))
    asking.start()
    assert begun.wait(LONG)
    closing = threading.Thread(target=listening.close)
    closing.start()
    with pytest.raises(ConnectionError):  # noqa: PT012 - the first tries may be let in
        while True:
            socket.create_connection((address[0], int(address[1])), 10).close()
    made.set()
    for thread in (asking, closing):
        thread.join(LONG)

    assert [answer.content for answer in answers] == [b"a video"]


def test_a_port_in_use(server: MockServer) -> None:
    """One sentence says so."""
    with server.listen() as listening:
        port = int(listening.url.rpartition(":")[2])
        with pytest.raises(PortInUseError, match=f"^port {port} of 127.0.0.1 is in use; choose another one"):
            server.listen(port=port)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_ends_by_signal(number: signal.Signals) -> None:
    """`serve` prints its URL, responds, and ends cleanly at a signal."""
    program = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "from zeroscope_mock import MockServer\n"
        "MockServer(clock='real').serve(port=0, on_ready=lambda url: print(url, flush=True))\n"
        "print('ended')"
    )
    command = [sys.executable, "-W", "error", "-c", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = process.stdout.readline().strip()
        assert httpx.get(f"{url}/v1/predictions", headers=AUTH).status_code == 200
        os.kill(process.pid, number)
        out, err = process.communicate(timeout=LONG)

    assert (process.returncode, out, err) == (0, "ended\n", "")


def test_serve_ends_by_signal__whenever_it_comes() -> None:
    """A signal ends the server even at the moment when it starts to wait for one."""
    program = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "import contextlib, os, signal, threading, types\n"
        "from zeroscope_mock.doors import listening\n"
        "listening._TICK = 0\n"
        "socket = contextlib.nullcontext(types.SimpleNamespace(url=''))\n"
        "def ready(url): threading.Timer(0.002, os.kill, (os.getpid(), signal.SIGTERM)).start()\n"
        "for _ in range(50): listening.serve(lambda: socket, ready)\n"
        "print('ended')"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=20)
    assert (result.stdout, result.stderr) == ("ended\n", "")


@pytest.mark.parametrize("frozen", ["", "gc.freeze()"])
def test_serve__leaves_the_collector_as_it_was(frozen: str) -> None:
    """While it serves, garbage collections are rarer; afterwards all is as before, frozen objects included."""
    program = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "import gc, os, signal\n"
        "from zeroscope_mock import MockServer\n"
        "def state(): return gc.get_threshold(), gc.get_freeze_count() > 0\n"
        "def ready(url): print(state() != before, gc.get_freeze_count() > 0); os.kill(os.getpid(), signal.SIGTERM)\n"
        f"{frozen}\n"
        "before = state()\n"
        "MockServer(clock='real').serve(port=0, on_ready=ready)\n"
        "print(state() == before)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (result.stdout.split(), result.stderr) == (["True", "True", "True"], "")


async def call(server: MockServer, scope: dict[str, Any], *messages: dict[str, Any]) -> list[dict[str, Any]]:
    """What the application sends for a scope and the messages that it receives."""
    received = iter(messages)
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:
        return next(received)

    async def send(message: Any) -> None:
        sent.append(message)

    await server.app(scope, receive, send)
    return sent


HTTP: dict[str, Any] = {
    "type": "http",
    "method": "GET",
    "path": "/predictions",
    "query_string": b"",
    "headers": [(b"Host", b"h"), (b"Authorization", b"Bearer a-token")],
}


@pytest.mark.anyio
async def test_the_application_lives_and_dies_with_its_server(server: MockServer) -> None:
    """Any ASGI server can run it: it answers the lifespan's messages."""
    sent = await call(server, {"type": "lifespan"}, {"type": "lifespan.startup"}, {"type": "lifespan.shutdown"})

    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


@pytest.mark.anyio
async def test_the_application_takes_no_websockets(server: MockServer) -> None:
    """A WebSocket is refused and not left hanging."""
    sent = await call(server, {"type": "websocket"}, {"type": "websocket.connect"})

    assert [message["type"] for message in sent] == ["websocket.close"]


@pytest.mark.anyio
@pytest.mark.parametrize("raw_path", [None, b"/predictions", b"/predictions?cursor="])
async def test_servers_differ_in_their_scopes(server: MockServer, raw_path: bytes | None) -> None:
    """The raw path may be missing or have the query in it, and the server's address may be unknown."""
    scope = {**HTTP, **({} if raw_path is None else {"raw_path": raw_path})}

    sent = await call(server, scope, {"type": "http.request"})

    assert sent[0]["status"] == 200


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("address", "url"), [(("::1", 8000), "http://[::1]:8000/"), (("h", None), "http://h/"), (None, "http://localhost/")]
)
async def test_an_unusable_host(server: MockServer, address: Any, url: str) -> None:
    """The URLs in responses have the address of the connection instead, as far as it is known."""
    headers = [(b"host", b"a b"), (b"authorization", b"Bearer a-token"), (b"content-type", b"application/json")]
    scope = {**HTTP, "method": "POST", "server": address, "headers": headers}
    body = json.dumps({"version": VERSION, "input": {}}).encode()

    sent = await call(server, scope, {"type": "http.request", "body": body})

    assert json.loads(sent[1]["body"])["urls"]["get"].startswith(url)


@pytest.mark.anyio
async def test_the_application_sends_no_body_to_head(server: MockServer) -> None:
    """Not every server would leave it out."""
    sent = await call(server, {**HTTP, "method": "HEAD"}, {"type": "http.request"})

    assert sent[1]["body"] == b""
    assert dict(sent[0]["headers"])[b"content-length"] != b"0"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("version", "header", "status"),
    [
        ("1.1", (b"content-length", b"16"), 413),
        ("1.1", (b"Transfer-Encoding", b"chunked"), 413),
        ("2", (b"accept", b"*/*"), 413),
        ("1.1", (b"accept", b"*/*"), 200),
    ],
)
async def test_a_body_of_a_get_is_read_where_there_can_be_one(
    version: str, header: tuple[bytes, bytes], status: int
) -> None:
    """It has no meaning, but the same limit as any other; without its headers there is none in HTTP/1."""
    server = MockServer(json_limit=10, file_limit=10)
    scope = {**HTTP, "http_version": version, "headers": [*HTTP["headers"], header]}

    sent = await call(server, scope, {"type": "http.request", "body": b"x" * 16})

    assert sent[0]["status"] == status


@pytest.mark.anyio
async def test_a_body_is_not_read_beyond_the_limit() -> None:
    """The response is sent before the rest of the body arrives."""
    server = MockServer(json_limit=10, file_limit=10)
    chunk = {"type": "http.request", "body": b"x" * 8, "more_body": True}

    sent = await call(server, {**HTTP, "method": "POST"}, chunk, chunk)

    assert sent[0]["status"] == 413
    assert (b"connection", b"close") in sent[0]["headers"]


@pytest.mark.anyio
async def test_the_application_under_another_asgi_client(server: MockServer) -> None:
    """The ASGI transport of httpx works like a server on a socket."""
    transport = httpx.ASGITransport(server.app)
    async with httpx.AsyncClient(transport=transport, base_url="https://h.test:1/v1", headers=AUTH) as api:
        created = (await api.post("/predictions", json={"version": VERSION, "input": {"num_frames": 1}})).json()
        server.clock.advance(60)
        ended = (await api.get(created["urls"]["get"], params={"x": "y"})).json()
        video = await api.get(ended["output"][0])

    assert ended["output"] == [f"https://h.test:1/v1/outputs/{created['id']}/output-0.mp4"]
    assert video.content[4:8] == b"ftyp"


def test_the_application_under_uvicorn(server: MockServer) -> None:
    """A server of the user's choice serves it: bodies, streams, clients that disconnect, and cuts, which are a 500."""
    served = uvicorn.Server(uvicorn.Config(server.app, log_config=None, timeout_graceful_shutdown=1))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=served.run, args=([listener],))
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        with httpx.Client(base_url=url, headers=AUTH) as api:
            body = {"version": VERSION, "input": {"num_frames": 1}, "stream": True}
            created = api.post("/predictions", json=body).json()
            events = api.get(created["urls"]["stream"]).text
            video = api.get(api.get(created["urls"]["get"]).json()["output"][0])
            server.faults.add(reset="before", times=1)
            cut = api.get("/predictions")
            assert api.get("/predictions").status_code == 200
            server.clock.freeze()
            with pytest.raises(httpx.ReadTimeout):
                api.post("/predictions", json=body, headers={"Prefer": "wait=60"}, timeout=0.2)
        served.should_exit = True
        thread.join()

    assert created["urls"]["get"].startswith(f"{url}/")
    assert events.endswith("data: {}\n\n")
    assert video.content[4:8] == b"ftyp"
    assert cut.status_code == 500
    assert server.journal[-1].note == "the client disconnected before the response"


@pytest.mark.usefixtures("event_loop_kind")
def test_a_real_clock_over_a_socket(create_and_wait: Callable[[MockServer, str], dict[str, Any]]) -> None:
    """With a real clock a prediction advances by itself, at the speed that was set."""
    server = MockServer(clock="real", speed=1000)
    with server.listen() as listening:
        body = create_and_wait(server, listening.url)

    assert body["status"] == "succeeded"
    assert 0 < body["metrics"]["total_time"] < 0.1


@pytest.fixture
def create_and_wait() -> Callable[[MockServer, str], dict[str, Any]]:
    def create_and_wait(server: MockServer, url: str) -> dict[str, Any]:
        with httpx.Client(base_url=url, headers=AUTH) as api:
            body: dict[str, Any] = api.post("/predictions", json={"version": VERSION, "input": {}}).json()
            while body["status"] in {"starting", "processing"}:
                server.clock.sleep(0.01)
                body = api.get(body["urls"]["get"]).json()
        return body

    return create_and_wait
