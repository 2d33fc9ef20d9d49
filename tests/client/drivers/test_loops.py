"""Event loops, threads and proxies of a client, and its resources once closed."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
import warnings
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any

import httpx
import pytest

import zeroscope
from helpers.client import TOKEN, Harness, ScriptedResponses, prediction_body
from helpers.waiting import LONG
from zeroscope import AsyncZeroscope, Zeroscope
from zeroscope_mock import MockServer


@pytest.fixture
def url() -> Iterator[str]:
    """The base URL of a mock server on a socket."""
    server = MockServer(clock="real", speed=1000.0)
    with server.listen() as listening:
        yield f"{listening.url}/v1"


def test_second_event_loop__works(url: str) -> None:
    """A client made outside of any loop can be used in one after another; each gets connections of its own."""
    client = AsyncZeroscope(TOKEN, base_url=url)

    async def create(last: bool) -> str:
        prediction = await client.predictions.create({"prompt": "a lighthouse"})
        # The connection is kept for the next request of this loop, which is never one of another loop.
        await prediction.reload()
        if last:
            await client.aclose()
        return prediction.id

    with warnings.catch_warnings():
        # Those that the first loop left open are the user's, who did not close the client in it.
        warnings.simplefilter("ignore", ResourceWarning)
        ids = [asyncio.run(create(last)) for last in (False, False, True)]
        gc.collect()
    assert len(set(ids)) == 3


def test_two_event_loops_at_once__work(url: str) -> None:
    """Two threads, each with a loop, share a client."""
    client = AsyncZeroscope(TOKEN, base_url=url)
    both = threading.Barrier(2)

    async def create() -> str:
        prediction = await client.predictions.create({"prompt": "a lighthouse"})
        # Neither closes its part before the other has one.
        both.wait(LONG)
        await client.aclose()
        return prediction.id

    with ThreadPoolExecutor(2) as threads:
        assert len(set(threads.map(lambda _: asyncio.run(create()), range(2)))) == 2


def test_http_client_of_ones_own__says_so_in_a_second_loop(url: str, http_library: Any) -> None:
    """Its connections belong to the first loop; instead of "Event loop is closed" the error says what to do."""
    own = http_library.AsyncClient()
    client = AsyncZeroscope(TOKEN, base_url=url, http_client=own)

    async def use() -> None:
        await client.predictions.create({"prompt": "a lighthouse"})

    async def first() -> None:
        await use()
        await own.aclose()

    asyncio.run(first())
    with pytest.raises(zeroscope.ConfigurationError, match="used in another event loop"):
        asyncio.run(use())


def test_http_client_without_connections__works_in_any_loop(http_library: Any) -> None:
    """A transport that opens no sockets, such as the mock server's, is bound to no loop."""
    harness = Harness("async", http_library)
    client = harness.client(ScriptedResponses(httpx.Response(200, json=prediction_body())))
    for _ in range(2):
        assert harness.do(client.predictions.get, "gm3q").id == "gm3q"


def test_closed_client__says_so(harness: Harness) -> None:
    """After `close` a client sends nothing, and says why."""
    client = Zeroscope(TOKEN) if harness.kind == "sync" else AsyncZeroscope(TOKEN)

    def close() -> Any:
        return client.close() if isinstance(client, Zeroscope) else client.aclose()

    def use() -> Any:
        return client.predictions.get("gm3q")

    if harness.kind == "sync":
        close()
    else:
        harness.do(close)
    with pytest.raises(zeroscope.ConfigurationError, match="closed; create another one"):
        harness.do(use)


def test_client__is_collected_without_references() -> None:
    """Nothing of ours keeps a client, or a prediction of it, alive."""
    import weakref

    server = MockServer()
    client = server.client()
    prediction = client.predictions.create({"prompt": "a lighthouse"})
    seen = weakref.ref(client)
    del client, prediction
    gc.collect()
    assert seen() is None


def test_threads__share_a_client() -> None:
    """Many threads run predictions with one client, and each gets its own."""
    server = MockServer(journal_limit=10_000)
    with server.client() as client:
        with ThreadPoolExecutor(8) as threads:
            made = list(threads.map(lambda number: client.run(prompt=f"p{number}", seed=number), range(40)))
        assert len({videos[0].url for videos in made}) == 40
    assert Counter(exchange.operation for exchange in server.journal)["createPrediction"] == 40


def test_context_variables__are_there_in_every_request(harness: Harness) -> None:
    """Hooks of an HTTP client see context variables of the program, for example a trace."""
    trace: ContextVar[str] = ContextVar("trace", default="none")
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(trace.get())
        return httpx.Response(201, json=prediction_body("succeeded", output=["https://x.test/output-0.mp4"]))

    client = harness.client(answer)
    token = trace.set("of this request")
    try:
        harness.do(client.run)
        harness.do(client.run_many, [{}, {}])
    finally:
        trace.reset(token)
    assert seen == ["of this request"] * 3


PROXY = """
import socket, threading
from zeroscope import Zeroscope

listener = socket.create_server(("127.0.0.1", 0))
lines = []


def proxy():
    connection, _ = listener.accept()
    with connection:
        lines.append(connection.recv(4096).decode().splitlines()[0])
        connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 32\\r\\n\\r\\n" + b'{"id": "gm3q", "status": "done"}')


thread = threading.Thread(target=proxy)
thread.start()
import os

os.environ["HTTP_PROXY"] = f"http://127.0.0.1:{listener.getsockname()[1]}"
with Zeroscope("token", base_url="http://api.example.test/v1") as client:
    print(client.predictions.get("gm3q").status)
thread.join()
listener.close()
print(*lines)
"""


def test_proxy_of_the_environment__is_used() -> None:
    """Without an http_client, requests go through the proxy that the environment names."""
    ended = subprocess.run([sys.executable, "-c", PROXY], capture_output=True, text=True, check=True, timeout=2 * LONG)
    assert ended.stdout.splitlines() == ["done", "GET http://api.example.test/v1/predictions/gm3q HTTP/1.1"]


def test_user_agent__names_the_version(harness: Harness) -> None:
    """Every request says who is calling, and so does the client."""
    script = ScriptedResponses(httpx.Response(200, json=prediction_body()))
    client = harness.client(script)
    harness.do(client.predictions.get, "gm3q")
    assert script.requests[0].headers["user-agent"] == client.user_agent == f"zeroscope/{zeroscope.__version__}"
