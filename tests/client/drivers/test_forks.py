"""Clients that a process has used, and that its forked children use."""

from __future__ import annotations

import asyncio
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from helpers.client import TOKEN, Harness, ScriptedResponses, prediction_body
from helpers.command import mock_process
from helpers.forked_workers import collect, fork, url_in
from helpers.waiting import LONG
from zeroscope import AsyncZeroscope, Zeroscope
from zeroscope._drivers.transports import has_connections

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")

ROOT = Path(__file__).parents[3]


@pytest.fixture
def url() -> Iterator[str]:
    """The base URL of a mock server in another process."""
    with mock_process("--speed", "1000") as process:
        assert process.stdout is not None
        yield url_in(process.stdout.readline())


def test_workers__get_their_own_predictions(kind: str) -> None:
    """Forked workers share no connection with their parent, its busy threads or each other, and none is left open."""
    command = [sys.executable, "-W", "error", "-m", "tests.helpers.forked_workers", kind, "200", "8"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, cwd=ROOT)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert f"{kind}: 200 creates in 8 forked workers" in ended.stdout and "0 mixed up" in ended.stdout


def test_fork__waits_for_a_thread_that_loads_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSL's locks, which such a thread may hold, would stay locked in the child."""
    loading, forked, load = threading.Event(), threading.Event(), ssl.create_default_context
    loaded: list[ssl.SSLContext] = []

    def load_slowly(*arguments: Any, **named: Any) -> ssl.SSLContext:
        loading.set()
        # Until the fork, or as long as one that does not wait would take.
        forked.wait(0.2)
        loaded.append(load(*arguments, **named))
        return loaded[0]

    monkeypatch.setattr(ssl, "create_default_context", load_slowly)
    thread = threading.Thread(target=lambda: Zeroscope(TOKEN).close())
    thread.start()
    assert loading.wait(LONG)
    child = fork(lambda: len(loaded))
    forked.set()
    thread.join()
    assert collect(*child) == 1


def outcome(function: Callable[[], Any]) -> Callable[[], str]:
    """Return a function that returns the result of another one or the name and text of its error."""

    def call() -> str:
        try:
            return str(function())
        except Exception as error:
            return f"{type(error).__name__}: {error}"

    return call


@pytest.mark.parametrize("is_wrapped", [False, True], ids=["plain", "wrapped"])
def test_http_client_of_ones_own__is_refused_in_a_child(
    kind: str, http_library: Any, url: str, is_wrapped: bool
) -> None:
    """Its connections are the parent's, which works on; the error says what to do, also for a transport in another."""

    class Wrapper(http_library.BaseTransport, http_library.AsyncBaseTransport):  # type: ignore[misc]  # of two modules
        def __init__(self, inner: Any) -> None:
            self.inner = inner

        def handle_request(self, request: Any) -> Any:
            return self.inner.handle_request(request)

        async def handle_async_request(self, request: Any) -> Any:
            return await self.inner.handle_async_request(request)

        def close(self) -> None:
            self.inner.close()

        async def aclose(self) -> None:
            await self.inner.aclose()

    expected = "ConfigurationError: this client was created in another process"
    body = {"prompt": "a lighthouse"}
    if kind == "sync":
        inner = http_library.HTTPTransport()
        with http_library.Client(transport=Wrapper(inner) if is_wrapped else inner) as http:
            client = Zeroscope(TOKEN, base_url=url, http_client=http)
            first = client.predictions.create(body)
            assert collect(*fork(outcome(lambda: client.predictions.get(first.id)))).startswith(expected)
            assert client.predictions.get(first.id).id == first.id
        return

    async def get() -> str:
        return (await client_async.predictions.get(first_async.id)).id

    with asyncio.Runner() as runner:
        inner_async = http_library.AsyncHTTPTransport()
        http_async = http_library.AsyncClient(transport=Wrapper(inner_async) if is_wrapped else inner_async)
        client_async = AsyncZeroscope(TOKEN, base_url=url, http_client=http_async)
        first_async = runner.run(client_async.predictions.create(body))
        assert collect(*fork(outcome(lambda: asyncio.run(get())))).startswith(expected)
        assert runner.run(get()) == first_async.id
        runner.run(http_async.aclose())


def test_http_client_without_connections__works_in_a_child(harness: Harness) -> None:
    """A transport that opens no sockets has nothing to mix up."""
    client = harness.client(ScriptedResponses(httpx.Response(200, json=prediction_body())))
    assert harness.do(client.predictions.get, "gm3q").id == "gm3q"
    assert not has_connections(harness.http)
    assert collect(*fork(outcome(lambda: harness.do(client.predictions.get, "gm3q").id))) == "gm3q"


def test_close__in_one_process_leaves_the_others_alone(url: str) -> None:
    """A client that a child has closed works on in its parent, and the other way round."""
    client = Zeroscope(TOKEN, base_url=url)
    id = client.predictions.create({"prompt": "a lighthouse"}).id
    connections = client._clients.current().http

    def close() -> str:
        client.close()
        return outcome(lambda: client.predictions.get(id))()

    assert collect(*fork(close)).startswith("ConfigurationError: this client is closed")
    assert client.predictions.get(id).id == id and client._clients.current().http is connections

    reader, writer = os.pipe()

    def wait_and_get() -> str:
        os.read(reader, 1)
        with client:
            return client.predictions.get(id).id

    child = fork(outcome(wait_and_get))
    client.close()
    os.write(writer, b"x")
    for end in (reader, writer):
        os.close(end)
    assert collect(*child) == id


def test_closed_client__stays_closed_in_a_child(kind: str) -> None:
    """What was closed before the fork is closed after it."""
    client: Any = Zeroscope(TOKEN) if kind == "sync" else AsyncZeroscope(TOKEN)
    if kind == "sync":
        client.close()
    else:
        anyio.run(client.aclose)
    harness = Harness(kind)
    got = collect(*fork(outcome(lambda: harness.do(client.predictions.get, "gm3q"))))
    assert got == "ConfigurationError: this client is closed; create another one"


def test_process__gets_one_client_for_all_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that use an inherited client at the same time create one HTTP client, which is closed with it."""
    monkeypatch.setattr(os, "getpid", lambda: 1)
    client = Zeroscope(TOKEN)
    monkeypatch.undo()
    both, found = threading.Barrier(8), []

    def use() -> None:
        both.wait(LONG)
        found.append(client._clients.current().http)

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(http) for http in found}) == 1
    client.close()
    assert found[0].is_closed
