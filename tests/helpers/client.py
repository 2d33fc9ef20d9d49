"""A client under either driver, a fake clock, and scripted responses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import ModuleType
from typing import Any

import anyio
import anyio.lowlevel
import httpx

from zeroscope import AsyncZeroscope, Zeroscope
from zeroscope._service.api import Response
from zeroscope_mock import MockServer

TOKEN = "r8_a-token-that-must-show-nowhere"
BASE_URL = "https://api.example.test/v1"

Handler = Callable[[httpx.Request], httpx.Response]


class FakeClock:
    """A clock that only sleeping moves, and that records the sleeps."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now
        self.sleeps: list[float] = []
        self.on_sleep: Callable[[float], object] | None = None

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        if self.on_sleep is not None:
            self.on_sleep(seconds)
        self.sleeps.append(seconds)
        self.now += seconds

    async def sleep_async(self, seconds: float) -> None:
        await anyio.lowlevel.checkpoint()
        self.sleep(seconds)


class Harness:
    """A client, sync or async, behind one interface, so that one test covers both.

    `do` calls a function and returns its result, awaited where it is a coroutine.

    Attributes:
        kind: ``sync`` or ``async``.
        library: The library of the HTTP client: httpx or httpx2.
        http: The HTTP client of the last client.
    """

    def __init__(self, kind: str, library: ModuleType = httpx) -> None:
        self.kind = kind
        self.library: Any = library
        self.clock = FakeClock()
        self.http: Any = None

    def client(self, handler: Handler, **settings: Any) -> Any:
        """Return a client whose requests go to a function."""
        defaults: dict[str, Any] = {"base_url": BASE_URL, "clock": self.clock, "random": lambda: 0.5}
        transport: Any = httpx.MockTransport(handler)
        if self.library is not httpx:
            # The programs of some tests import this module and measure their memory.
            from helpers.httpx2_clients import mock_transport

            transport = mock_transport(handler)
        if self.kind == "sync":
            self.http = self.library.Client(transport=transport)
            return Zeroscope(TOKEN, http_client=self.http, **{**defaults, **settings})
        self.http = self.library.AsyncClient(transport=transport)
        return AsyncZeroscope(TOKEN, http_client=self.http, **{**defaults, **settings})

    def do(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call a function of the client and return its result."""
        if self.kind == "sync":
            return function(*args, **kwargs)

        async def call() -> Any:
            return await function(*args, **kwargs)

        return anyio.run(call)

    def all(self, function: Callable[[], Any]) -> list[Any]:
        """Collect everything that an iterator of the client yields."""
        if self.kind == "sync":
            return list(function())

        async def collect() -> list[Any]:
            return [item async for item in function()]

        return anyio.run(collect)


def prediction_body(status: str = "starting", **fields: Any) -> dict[str, Any]:
    """Return the body of a prediction as the service sends it, with some fields replaced."""
    return {
        "id": "gm3q",
        "model": "anotherjesse/zeroscope-v2-xl",
        "version": "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351",
        "input": {"prompt": "a lighthouse"},
        "logs": "",
        "output": None,
        "data_removed": False,
        "error": None,
        "status": status,
        "created_at": "2023-09-08T16:19:34.765994Z",
        "urls": {
            "cancel": f"{BASE_URL}/predictions/gm3q/cancel",
            "get": f"{BASE_URL}/predictions/gm3q",
        },
        **fields,
    }


def value_of(field: dict[str, Any]) -> Any:
    """Return a value that the spec allows for a field of the input and that is not its default."""
    if "enum" in field:
        return field["enum"][-1]
    if field["type"] in {"integer", "number"}:
        number = min(max(300, field.get("minimum", 300)), field.get("maximum", 300))
        return number if field["type"] == "integer" else number - 0.5
    return {"boolean": True, "string": "https://example.test/a.mp4"}[field["type"]]


def prompts(count: int) -> list[dict[str, Any]]:
    """Return this many inputs, all different."""
    return [{"prompt": f"lighthouse {number}"} for number in range(count)]


def run_many(kind: str, server: MockServer, inputs: Any, settings: dict[str, Any] | None = None, **options: Any) -> Any:
    """Call `run_many` of a sync or async client of the mock server.

    Args:
        kind: ``sync`` or ``async``.
        server: The mock server.
        settings: The client's settings.
        options: The options of `run_many`.
    """
    if kind == "sync":
        with server.client(**settings or {}) as client:
            return client.run_many(inputs, **options)

    async def main() -> Any:
        async with server.async_client(**settings or {}) as client:
            return await client.run_many(inputs, **options)

    return asyncio.run(main())


def rate_limited(**headers: str) -> Response[Any]:
    """Return the 429 response of a generated endpoint."""
    return Response(status_code=429, content=b"{}", headers=httpx.Headers(headers), parsed=None)


class ScriptedResponses:
    """Sends responses one after another, the last one again and again, and records the requests."""

    def __init__(self, *responses: httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]) -> None:
        self.responses: list[Any] = list(responses)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        response = self.responses.pop(0) if len(self.responses) > 1 else self.responses[0]
        if isinstance(response, Exception):
            raise response
        if isinstance(response, httpx.Response):
            # A response can be read once, and only by the kind of client that opened it.
            return httpx.Response(response.status_code, headers=response.headers, content=response.content)
        made: httpx.Response = response(request)
        return made

    @property
    def lines(self) -> list[str]:
        """Method and path of each request so far."""
        return [f"{request.method} {request.url.path}" for request in self.requests]
