"""The respx router: its routes, both kinds of client, and what a test may change."""

from __future__ import annotations

import importlib
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import anyio
import httpx
import pytest
import respx

from zeroscope import AsyncZeroscope, Zeroscope
from zeroscope_mock import MockServer
from zeroscope_mock.doors.router import make_router
from zeroscope_mock.doors.transport import Transport

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
AUTH = {"Authorization": "Bearer a-token-of-a-test"}
API = "https://api.replicate.com/v1"


def router_of(server: MockServer, transport: Transport | None = None, **settings: Any) -> respx.MockRouter:
    return make_router(server.core, transport or server.transport, **settings)


@pytest.fixture
def router(server: MockServer) -> respx.MockRouter:
    return router_of(server)


class Recording(Transport):
    """A transport that records the requests, and returns the given response."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        self.asked: list[str] = []
        self._reply = answer

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append("sync")
        return self._reply(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await anyio.lowlevel.checkpoint()
        self.asked.append("async")
        return self._reply(request)


class Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that counts how many of its pieces were read."""

    def __init__(self) -> None:
        self.read = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in (b"a", b"b"):
            self.read += 1
            yield piece

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


def called(router: respx.MockRouter) -> dict[str | None, int]:
    """How often each route was called, without those that were not."""
    return {route.name: route.call_count for route in router.routes if route.called}


def test_routes__are_the_servers_operations(server: MockServer, router: respx.MockRouter) -> None:
    """Each operation of the document has a route of its name, and so has what is served beyond it."""
    document = {
        operation["operationId"]
        for item in server.core.document["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    }
    names = {route.name for route in router.routes}

    assert names > document
    assert names == {operation.id for operation in server.core.state.spec.operations()}


@pytest.mark.parametrize("prefix", ["/v1", ""])
@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "/predictions", "listPredictions"),
        ("GET", "/predictions?cursor=x#y", "listPredictions"),
        ("POST", "/predictions", "createPrediction"),
        ("GET", "/predictions/x", "getPrediction"),
        ("GET", "/predictions/x%2Fcancel", "getPrediction"),
        ("POST", "/predictions/x/cancel", "cancelPrediction"),
        ("POST", "/files", "createFile"),
        ("GET", "/webhooks/default/secret", "getDefaultWebhookSecret"),
        ("GET", "/models/a/b/versions/c", "getModelVersion"),
        ("GET", "/files/x/download", "downloadFile"),
        ("QUERY", "/models", "searchModels"),
        ("HEAD", "/outputs/x/output-0.mp4", "getOutput"),
        ("GET", "/streams/x", "streamPrediction"),
    ],
)
def test_route__is_the_one_that_the_server_finds(
    server: MockServer, router: respx.MockRouter, method: str, path: str, name: str, prefix: str
) -> None:
    """A call counts for the operation under which the server records it, whatever the host."""
    with router:
        httpx.request(method, f"http://any.test:81{prefix}{path}", headers=AUTH)
        assert called(router) == {name: 1}

    assert [exchange.operation for exchange in server.journal] == [name]


def test_document__decides_the_paths(server: MockServer) -> None:
    """A path that is added to the document has a route at once, under the document's own servers."""
    document = dict(server.core.document)
    document["servers"] = [{"url": "https://h.test/v9"}]
    document["paths"] = {"/runs.all/{id}": {"get": {"operationId": "getRun", "responses": {}}}}
    router = router_of(MockServer(spec=document))

    with router:
        assert httpx.get("https://h.test/v9/runs.all/7", headers=AUTH).status_code == 501
        assert router["getRun"].call_count == 1
        with pytest.raises(respx.models.AllMockedAssertionError):
            httpx.get("https://h.test/v9/runs-all/7")


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", "https://example.test/"),
        ("GET", f"{API}/rubbish"),
        ("GET", f"{API}/predictions/"),
        ("GET", f"{API}/predictions/x/cancel/y"),
        ("PUT", f"{API}/predictions"),
        ("OPTIONS", f"{API}/predictions"),
        ("DELETE", f"{API}/outputs/x/output-0.mp4"),
        ("GET", "https://example.test/?next=/v1/predictions"),
    ],
)
def test_other_requests__are_not_mocked(router: respx.MockRouter, method: str, url: str) -> None:
    """A request without a route of the server is refused by respx, as usual."""
    with router, pytest.raises(respx.models.AllMockedAssertionError, match="not mocked"):
        httpx.request(method, url, headers=AUTH)


def test_patched_httpx__serves_a_program(server: MockServer, router: respx.MockRouter) -> None:
    """A program's own client reaches the server while the router is active, and its calls can be inspected."""
    with router, Zeroscope("a-token-of-a-test", clock=server.clock) as client:
        content = client.run(prompt="A lighthouse", num_frames=2)[0].read()

        assert router["createPrediction"].call_count == 1
        assert router["getPrediction"].called
        assert b'"A lighthouse"' in router["createPrediction"].calls.last.request.content

    assert content[4:8] == b"ftyp"


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_patched_httpx__serves_an_async_program(server: MockServer, router: respx.MockRouter, backend: str) -> None:
    """The same for an asynchronous client."""

    async def program() -> bytes:
        async with router, AsyncZeroscope("a-token-of-a-test", clock=server.clock) as client:
            content = await (await client.run(prompt="A lighthouse", num_frames=2))[0].read()
            assert router["createPrediction"].call_count == 1
        return content

    assert anyio.run(program, backend=backend)[4:8] == b"ftyp"


@pytest.mark.parametrize("way", ["patch", "patch httpx", "handler"])
def test_client__gets_sync_or_async_responses(server: MockServer, way: str) -> None:
    """A server that makes a client wait must not block an event loop, nor return a coroutine to a sync client."""
    transport = Recording(lambda request: httpx.Response(200, request=request))
    router = router_of(server, transport, using="httpx" if way == "patch httpx" else "httpcore")
    handled = way == "handler"

    async def program() -> None:
        behind = httpx.MockTransport(router.async_handler) if handled else None
        async with httpx.AsyncClient(transport=behind) as client:
            await client.get(f"{API}/predictions")
        with httpx.Client(transport=httpx.MockTransport(router.handler) if handled else None) as blocking:
            blocking.get(f"{API}/predictions")  # noqa: ASYNC212 - a program may do so

    if handled:
        anyio.run(program)
    else:
        with router:
            anyio.run(program)

    assert transport.asked == ["async", "sync"]


def test_awaited_calls__run_concurrently(server: MockServer) -> None:
    """A held call does not delay the responses to others."""

    class Holding(Recording):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith("/slow"):
                await fast_done.wait()
            return await super().handle_async_request(request)

    router = router_of(server, Holding(lambda request: httpx.Response(200, text=request.url.path, request=request)))
    answers: list[str] = []

    async def ask(client: httpx.AsyncClient, name: str) -> None:
        answers.append((await client.get(f"{API}/predictions/{name}")).text.rpartition("/")[2])
        fast_done.set()

    async def program() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(router.async_handler)) as client:
            with anyio.fail_after(5):
                async with anyio.create_task_group() as group:
                    group.start_soon(ask, client, "slow")
                    group.start_soon(ask, client, "fast")

    fast_done = anyio.Event()
    anyio.run(program)

    assert answers == ["fast", "slow"]


def test_sync_call_within_an_awaited_one__is_not_awaited(server: MockServer) -> None:
    """A sync call that a receiver makes while the server handles an awaited one gets a sync response."""

    def ask(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/outer"):
            return httpx.Response(200, text=httpx.get(f"{API}/predictions/inner").text, request=request)
        return httpx.Response(200, text="inner", request=request)

    async def program() -> str:
        async with httpx.AsyncClient() as client:
            return (await client.get(f"{API}/predictions/outer")).text

    transport = Recording(ask)
    with router_of(server, transport):
        assert anyio.run(program) == "inner"
    assert transport.asked == ["async", "sync"]


@pytest.mark.parametrize("error", [httpx.ReadError("cut"), httpx.ReadTimeout("late")], ids=str)
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_transport_error__reaches_the_client(server: MockServer, kind: str, error: httpx.TransportError) -> None:
    """A cut connection is an error of httpx in the program and a call without a response in the router."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise error

    async def program() -> None:
        async with httpx.AsyncClient() as client:
            await client.get(f"{API}/predictions")

    router = router_of(server, Recording(fail))
    with router:
        with pytest.raises(type(error)) as caught:
            anyio.run(program) if kind == "async" else httpx.get(f"{API}/predictions")
        (call,) = router["listPredictions"].calls

    assert caught.value.request.url == f"{API}/predictions"
    assert not call.has_response


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_stream__is_not_read_early(server: MockServer, kind: str) -> None:
    """The pieces of a body arrive when they are read."""
    body = Pieces()
    router = router_of(server, Recording(lambda request: httpx.Response(200, stream=body, request=request)))
    seen: list[tuple[int, bytes]] = []

    async def program() -> None:
        async with httpx.AsyncClient() as client, client.stream("GET", f"{API}/predictions") as response:
            seen.append((body.read, b""))
            seen.extend([(body.read, piece) async for piece in response.aiter_raw()])

    with router:
        if kind == "async":
            anyio.run(program)
        else:
            with httpx.stream("GET", f"{API}/predictions") as response:
                seen.append((body.read, b""))
                seen.extend((body.read, piece) for piece in response.iter_raw())

    assert seen == [(0, b""), (1, b"a"), (2, b"b")]


def give_up(request: httpx.Request) -> httpx.Response:
    return httpx.Response(503, request=request)


@pytest.mark.parametrize(
    "change",
    [
        lambda route: route.mock(return_value=httpx.Response(503)),
        lambda route: route.mock(side_effect=give_up),
        lambda route: route.respond(503),
        lambda route: route % 503,
        lambda route: setattr(route, "return_value", httpx.Response(503)),
        lambda route: setattr(route, "side_effect", [httpx.Response(503)]),
    ],
    ids=["return value", "side effect", "respond", "percent", "attribute", "list"],
)
def test_mocked_route__does_not_reach_the_server(
    server: MockServer, router: respx.MockRouter, change: Callable[[respx.Route], object]
) -> None:
    """Each of respx's ways to mock a response replaces the server's, for this route alone, until it is undone."""
    change(router["listPredictions"])
    with httpx.Client(transport=httpx.MockTransport(router.handler), base_url=API, headers=AUTH) as api:
        assert api.get("/predictions").status_code == 503
        assert len(server.journal) == 0
        assert api.get("/webhooks/default/secret").status_code == 200
        router["listPredictions"].mock()
        assert api.get("/predictions").status_code == 200
        assert router["listPredictions"].call_count == 2


def test_change__ends_with_its_block(router: respx.MockRouter) -> None:
    """What a test has changed within `with` is gone after it, and so are the calls."""
    with router:
        router["listPredictions"].respond(503)
        assert httpx.get(f"{API}/predictions", headers=AUTH).status_code == 503
    with router:
        assert httpx.get(f"{API}/predictions", headers=AUTH).status_code == 200
        assert called(router) == {"listPredictions": 1}


def test_rollback__keeps_the_routes(router: respx.MockRouter) -> None:
    """Without a block, a rollback undoes changes and keeps the server's routes."""
    router["listPredictions"].respond(503)
    router.get("https://example.test/")
    router.rollback()

    with httpx.Client(transport=httpx.MockTransport(router.handler), base_url=API, headers=AUTH) as api:
        assert api.get("/predictions").status_code == 200
        with pytest.raises(respx.models.AllMockedAssertionError):
            api.get("https://example.test/")


def test_decorator__patches_a_function(server: MockServer, router: respx.MockRouter) -> None:
    """A function, sync or async, runs with the router in use and gets it as `respx_mock`."""

    @router
    def program(respx_mock: respx.MockRouter) -> int:
        assert respx_mock is router
        return httpx.get(f"{API}/predictions", headers=AUTH).status_code

    @router
    async def async_program() -> int:
        async with httpx.AsyncClient(headers=AUTH) as client:
            return (await client.get(f"{API}/predictions")).status_code

    assert (program(), anyio.run(async_program)) == (200, 200)
    assert len(server.journal) == 2


def test_settings__are_those_of_respx(server: MockServer) -> None:
    """Unlike in respx, routes may stay uncalled unless it is said otherwise, when the router is made or later."""
    with router_of(server):
        pass
    for strict in (router_of(server, assert_all_called=True), router_of(server)(assert_all_called=True)):
        with pytest.raises(AssertionError, match="some routes were not called"), strict:
            assert httpx.get(f"{API}/predictions", headers=AUTH).status_code == 200


@pytest.mark.parametrize("base_url", ["https://api.replicate.com", API])
def test_base_url__narrows_the_router_to_a_host(server: MockServer, base_url: str) -> None:
    """Requests to other hosts are not mocked then."""
    with router_of(server, base_url=base_url) as router:
        assert httpx.get(f"{API}/predictions", headers=AUTH).status_code == 200
        with pytest.raises(respx.models.AllMockedAssertionError):
            httpx.get("https://example.test/v1/predictions", headers=AUTH)
        assert called(router) == {"listPredictions": 1}


def test_respx_missing__is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without respx, the error says what to install."""
    monkeypatch.delitem(sys.modules, "zeroscope_mock.doors.router")
    monkeypatch.setitem(sys.modules, "respx", None)

    with pytest.raises(ModuleNotFoundError, match="pip install respx"):
        importlib.import_module("zeroscope_mock.doors.router")
