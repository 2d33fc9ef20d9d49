"""Exchanges over an http_client of the caller's own, and their deadlines."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import anyio
import anyio.to_thread
import httpx
import pytest

import zeroscope
from helpers.client import BASE_URL, TOKEN, FakeClock, Harness, prediction_body
from helpers.downloads import DATA, ChunkedBody
from helpers.raw_server import RawServer, keep_alive, response
from helpers.waiting import LONG
from zeroscope import AsyncZeroscope, Retry, Zeroscope

OUTPUT = "https://delivery.example.test/output-0.mp4"
HOOKS = ["none", "raises", "reads", "reads-and-raises"]


def add_hook(harness: Harness, hook: str) -> None:
    """Add a hook to the HTTP client, such as httpx documents."""

    def check(answer: httpx.Response) -> None:
        if "reads" in hook:
            answer.read()
        if "raises" in hook:
            answer.raise_for_status()

    async def check_async(answer: httpx.Response) -> None:
        if "reads" in hook:
            await answer.aread()
        if "raises" in hook:
            answer.raise_for_status()

    if hook != "none":
        harness.http.event_hooks = {"response": [check if harness.kind == "sync" else check_async]}


class Service:
    """Answers each request with the next of some responses, whose bodies are streamed, and records the requests."""

    def __init__(self, *responses: tuple[int, Any, dict[str, str]]) -> None:
        self._responses = list(responses)
        self.requests: list[httpx.Request] = []
        self.bodies: list[ChunkedBody] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        status, body, headers = self._responses.pop(0) if len(self._responses) > 1 else self._responses[0]
        content = body if isinstance(body, bytes) else httpx.Response(status, json=body).content
        stream = ChunkedBody(content[:5], content[5:])
        self.bodies.append(stream)
        return httpx.Response(status, headers=headers, stream=stream)


def problem(status: int, **headers: str) -> tuple[int, Any, dict[str, str]]:
    """Return the response of the service for an error."""
    return status, {"title": "No", "detail": "Not now", "status": status}, headers


def ok(body: Any, status: int = 200, **headers: str) -> tuple[int, Any, dict[str, str]]:
    """Return a response without an error."""
    return status, body, headers


DONE = prediction_body("succeeded", output=[OUTPUT])
BODY = {"prompt": "a lighthouse"}


def get(harness: Harness, client: Any) -> Any:
    """Read a prediction."""
    return harness.do(client.predictions.get, "gm3q").id


def create(harness: Harness, client: Any) -> Any:
    """Create a prediction."""
    return harness.do(client.predictions.create, BODY).id


def wait(harness: Harness, client: Any) -> Any:
    """Read a prediction and wait for it."""
    return harness.do(harness.do(client.predictions.get, "gm3q").wait).id


def cancel(harness: Harness, client: Any) -> Any:
    """Cancel a prediction."""
    return harness.do(client.predictions.cancel, "gm3q").id


def upload(harness: Harness, client: Any) -> Any:
    """Create a prediction with a large file."""
    return harness.do(client.predictions.create, {"init_video": b"0" * 300_000}).id


def read(harness: Harness, client: Any) -> Any:
    """Download a video."""
    return harness.do(harness.do(client.predictions.get, "gm3q").videos[0].read)


UPLOADED = ok({"id": "f", "urls": {"get": f"{BASE_URL}/files/f"}}, 201)
CREATED = ok(prediction_body(), 201)
OUTCOMES = [
    (get, [problem(404)], zeroscope.NotFoundError),
    (get, [problem(401)], zeroscope.AuthenticationError),
    (get, [problem(503), ok(DONE)], "gm3q"),
    (create, [problem(402)], zeroscope.PaymentRequiredError),
    (create, [problem(422)], zeroscope.ValidationError),
    (create, [problem(429), CREATED], "gm3q"),
    (create, [problem(500)], zeroscope.UnknownOutcomeError),
    (create, [ok(b"", 302, location="https://elsewhere.test/")], zeroscope.APIError),
    (wait, [ok(prediction_body("processing")), problem(503), problem(401)], zeroscope.AuthenticationError),
    (wait, [ok(prediction_body("processing")), problem(429), ok(DONE)], "gm3q"),
    (cancel, [problem(404)], zeroscope.NotFoundError),
    (upload, [problem(413)], zeroscope.APIError),
    (upload, [problem(503), UPLOADED, CREATED], "gm3q"),
    (read, [ok(DONE), problem(404)], zeroscope.NotFoundError),
    (read, [ok(DONE), problem(503), ok(DATA)], DATA),
    (read, [ok(DONE), ok(b"moved", 302, location="/b.mp4"), ok(DATA)], DATA),
]


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize(("operation", "responses", "expected"), OUTCOMES)
def test_hook__that_raises_for_status_changes_no_outcome(
    harness: Harness, operation: Callable[[Harness, Any], Any], responses: Any, expected: Any, hook: str
) -> None:
    """Each status is what it is without a hook: an error by its name, another attempt, or a redirect."""
    service = Service(*responses)
    client = harness.client(service)
    add_hook(harness, hook)
    if isinstance(expected, type):
        with pytest.raises(expected) as caught:
            operation(harness, client)
        assert type(caught.value) is expected
    else:
        assert operation(harness, client) == expected
    assert len(service.requests) == len(responses)
    assert all(body.closed for body in service.bodies)


WIDE_HEADERS = {
    "Content-Type": "text/plain",
    "Accept": "text/html",
    "Accept-Encoding": "br",
    "Authorization": "Basic abc",
    "User-Agent": "other",
    "X-Key": "of-the-gateway",
}


@pytest.mark.parametrize("settings", [{}, {"headers": {"Range": "bytes=5-"}}, {"timeout": None}], ids=str)
def test_settings__of_the_whole_http_client_reach_the_api_alone(harness: Harness, settings: dict[str, Any]) -> None:
    """Uploads, calls and downloads keep their own headers, and only a gateway of the API gets those of the client."""
    service = Service(UPLOADED, ok(DONE, 201), ok(DATA))
    client = harness.client(service)
    http = harness.http
    http.headers.update({**WIDE_HEADERS, **settings.get("headers", {})})
    http.base_url = "https://wrong.test/x/"
    http.params = {"key": "of-the-gateway"}
    http.cookies.set("cookie", "of-the-gateway")
    http.auth = ("user", "password")
    http.follow_redirects = True
    if "timeout" in settings:
        http.timeout = None
    made = harness.do(client.predictions.create, {"init_video": b"0" * 300_000})
    assert harness.do(made.videos[0].read) == DATA

    for request in service.requests[:2]:
        assert str(request.url).startswith(f"{BASE_URL}/") and request.url.params["key"] == "of-the-gateway"
        assert request.headers["x-key"] == "of-the-gateway" and "of-the-gateway" in request.headers["cookie"]
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        assert request.headers["accept"] == "application/json" and request.headers["accept-encoding"] == "gzip"
        assert request.headers["user-agent"] == client.user_agent
    types = [request.headers.get("content-type", "").partition(";")[0] for request in service.requests]
    assert types == ["multipart/form-data", "application/json", ""]
    download = service.requests[2]
    assert download.url == OUTPUT
    assert {name.lower() for name in download.headers} == {"host", "accept", "accept-encoding", "user-agent"}
    assert download.headers["accept-encoding"] == "identity" and download.headers["accept"] == "*/*"
    assert all(request.extensions["timeout"]["read"] for request in service.requests)


class PassingBody(ChunkedBody):
    """A body without an end, each byte of which takes a second on the client's clock alone."""

    def __init__(self, harness: Harness) -> None:
        super().__init__()
        self._clock = harness.clock

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self._clock.now += 1
            yield b" "

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


@pytest.mark.parametrize(
    ("settings", "limit"), [({}, 120), ({"timeout": 7}, 7), ({"timeout": httpx.Timeout(300)}, 300)], ids=str
)
def test_deadline__passes_on_the_clients_clock(harness: Harness, settings: dict[str, Any], limit: int) -> None:
    """A body that drips through a transport without connections ends as well, and closes."""
    body = PassingBody(harness)
    client = harness.client(lambda _: httpx.Response(200, stream=body), retry=None, **settings)
    start = harness.clock.now
    with pytest.raises(zeroscope.TransportError, match="the time for the whole exchange was up"):
        harness.do(client.predictions.get, "gm3q")
    assert harness.clock.now - start == pytest.approx(limit, abs=2) and body.closed


@pytest.mark.parametrize("status", [402, 429, 422, 404])
def test_error__whose_body_breaks_off_is_what_its_status_says(harness: Harness, status: int) -> None:
    """The status line of a create tells that it was not executed."""
    body = ChunkedBody(b'{"detail": "No', error=httpx.ReadError("reset"))
    client = harness.client(lambda _: httpx.Response(status, stream=body), retry=None)
    with pytest.raises(zeroscope.APIError) as caught:
        harness.do(client.predictions.create, BODY)
    assert caught.value.status_code == status and "No" in str(caught.value)


def test_deadline__that_has_passed_between_two_reads(http_library: Any) -> None:
    """The connection itself then raises a timeout, which is one of the library that reads from it."""
    clock = FakeClock()

    def respond(server: RawServer, connection: socket.socket) -> None:
        server.read_head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-One: 1\r\n")
        clock.now += 1_000
        connection.sendall(b"X-Two: 2\r\n")
        connection.recv(1)

    with RawServer(respond).running() as server, http_library.Client() as http:
        client = Zeroscope(TOKEN, base_url=f"{server.url}/v1", http_client=http, clock=clock, retry=None)
        with pytest.raises(zeroscope.TransportError, match="the time for the whole exchange was up") as caught:
            client.predictions.get("gm3q")
    assert isinstance(caught.value.__cause__, httpx.ReadTimeout)


def drip_second(server: RawServer, connection: socket.socket) -> None:
    """Answer the first request on a connection, and never finish the second."""
    server.read_head(connection)
    connection.sendall(response(prediction_body()))
    if server.read_head(connection):
        server.drip(connection, b"HTTP/1.1 200 OK\r\nX: ")


def test_deadline__leaves_other_uses_of_an_http_client_alone(http_library: Any) -> None:
    """Neither threads that share a client nor the caller's own requests are held to the deadline of one exchange."""
    with (
        RawServer(drip_second).running() as slow,
        RawServer(keep_alive).running() as fast,
        http_library.Client() as http,
    ):
        settings: dict[str, Any] = {"http_client": http, "retry": None}
        client = Zeroscope(TOKEN, base_url=f"{slow.url}/v1", timeout=1, **settings)
        other = Zeroscope(TOKEN, base_url=f"{fast.url}/v1", **settings)
        assert client.predictions.get("gm3q", timeout=LONG).id == "gm3q"
        failed: list[Exception] = []

        def use() -> None:
            try:
                client.predictions.get("gm3q")
            except zeroscope.TransportError as error:
                failed.append(error)

        thread = threading.Thread(target=use)
        thread.start()
        while thread.is_alive():
            assert other.predictions.get("gm3q").id == "gm3q"
            # Over a connection that the client above has opened.
            assert http.get(f"{fast.url}/own", timeout=None).status_code == 200
        thread.join()
        assert "the time for the whole exchange was up" in str(failed[0])
        assert fast.connections == 1 and slow.closed.wait(LONG)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_deadline__holds_in_event_loops(backend: str) -> None:
    """A server that drips its head is left at the deadline, and the connection is closed."""
    with RawServer(drip_second).running() as server:

        async def main() -> float:
            async with AsyncZeroscope(TOKEN, base_url=f"{server.url}/v1", timeout=1, retry=None) as client:
                await client.predictions.get("gm3q", timeout=LONG)
                start = time.monotonic()
                with pytest.raises(zeroscope.TransportError, match="the time for the whole exchange was up"):
                    await client.predictions.get("gm3q")
                return time.monotonic() - start

        assert 0.9 < anyio.run(main, backend=backend) < LONG
        assert server.closed.wait(LONG)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_cancellation__by_the_caller_is_no_deadline(backend: str) -> None:
    """A scope or a task of the caller that ends in the middle of an exchange ends it, without another attempt."""
    dripping = threading.Event()

    def respond(server: RawServer, connection: socket.socket) -> None:
        server.read_head(connection)
        connection.sendall(response(prediction_body()))
        server.read_head(connection)
        dripping.set()
        server.drip(connection, b"HTTP/1.1 200 OK\r\nX: ")

    async def cancel(scope: anyio.CancelScope) -> None:
        assert await anyio.to_thread.run_sync(dripping.wait, LONG)
        scope.cancel()

    with RawServer(respond).running() as server:

        async def main() -> None:
            async with AsyncZeroscope(TOKEN, base_url=f"{server.url}/v1", retry=Retry(5)) as client:
                await client.predictions.get("gm3q")
                scope = anyio.CancelScope()
                async with anyio.create_task_group() as tasks:
                    with scope:
                        tasks.start_soon(cancel, scope)
                        await client.predictions.get("gm3q")
                assert scope.cancelled_caught
                dripping.clear()
                if backend == "asyncio":
                    task = asyncio.create_task(client.predictions.get("gm3q"))
                    # Another connection, whose first request is answered.
                    assert (await task).id == "gm3q"
                    task = asyncio.create_task(client.predictions.get("gm3q"))
                    assert await anyio.to_thread.run_sync(dripping.wait, LONG)
                    task.cancel()
                    with pytest.raises(asyncio.CancelledError):
                        await task

        anyio.run(main, backend=backend)
        assert server.connections == (2 if backend == "asyncio" else 1)


@pytest.mark.parametrize("error", [httpx.ReadError("reset"), httpx.ProxyError("no")])
def test_error__of_a_hook_has_no_request(harness: Harness, error: httpx.TransportError) -> None:
    """A hook that raises an error of httpx by itself, without a request, causes one of ours."""

    def hook(_: httpx.Response) -> None:
        raise error

    async def hook_async(_: httpx.Response) -> None:
        raise error

    client = harness.client(lambda _: httpx.Response(200, json=prediction_body()), retry=None)
    harness.http.event_hooks = {"response": [hook if harness.kind == "sync" else hook_async]}
    with pytest.raises(zeroscope.TransportError, match=str(error)):
        harness.do(client.predictions.get, "gm3q")


@pytest.mark.parametrize("error", [httpx.ConnectTimeout, httpx.PoolTimeout])
def test_create__that_found_no_connection_in_time_was_not_sent(
    harness: Harness, error: type[httpx.TimeoutException]
) -> None:
    """At the end of the time as well, the kind of the timeout says whether the service may have received it."""

    def hang(_: httpx.Request) -> httpx.Response:
        harness.clock.now += 1_000
        raise error("no connection")

    client = harness.client(hang, retry=None)
    with pytest.raises(zeroscope.TransportError, match="the time for the whole exchange was up"):
        harness.do(client.predictions.create, {})


class Endless(httpx.AsyncByteStream):
    """A body that is longer than any limit, and notes when what reads it has ended."""

    def __init__(self) -> None:
        self.has_ended = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while True:
                yield bytes(1_000_000)
        finally:
            self.has_ended = True


def test_body__that_is_left_unread_is_finished_by_its_event_loop() -> None:
    """Although an error refers to what has read it: a later garbage collection might be in another thread."""

    async def main() -> None:
        body = Endless()
        transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=body))
        async with httpx.AsyncClient(transport=transport) as http_client:
            client = AsyncZeroscope(TOKEN, http_client=http_client, retry=None)
            with pytest.raises(zeroscope.MalformedResponseError, match="longer than") as failure:
                await client.predictions.get("gm3q")
            # The loop has closed what httpx has put around the body, which lets go of the body.
            for _ in range(5):
                await asyncio.sleep(0)
            assert failure.value.__traceback__ is not None and body.has_ended

    asyncio.run(main())
