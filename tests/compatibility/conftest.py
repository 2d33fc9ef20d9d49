"""Fixtures for other clients: a server on a socket, a client, a receiver."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from compatibility.clients import Client, Process
from compatibility.common import HOST, TOKEN, Receiver, Secure, start
from compatibility.table import CALL
from zeroscope_mock import MockServer


@pytest.fixture(scope="module")
def listening() -> Iterator[tuple[MockServer, str]]:
    """A server and where it listens: to start and to end take longer than most tests."""
    server = MockServer(clock="real", speed=200, seed=1, token=TOKEN)
    with server.listen() as listening:
        yield server, listening.url


@pytest.fixture(scope="module")
def secure() -> Iterator[Secure]:
    """A fast server that speaks TLS, also for the service's own host, and takes one token only."""
    server = MockServer(clock="real", speed=200, seed=1, token=TOKEN, allow_hosts=[HOST])
    with server.listen(tls=True) as listening:
        yield Secure(server, listening)


@pytest.fixture
def server(listening: tuple[MockServer, str]) -> MockServer:
    """An empty server that takes one token only; a prediction takes some 30 ms."""
    server, _ = listening
    server.reset()
    return server


@pytest.fixture
def url(server: MockServer, listening: tuple[MockServer, str]) -> str:
    """Where the server listens."""
    _, url = listening
    return url


@pytest.fixture(scope="module")
def process(request: pytest.FixtureRequest, listening: tuple[MockServer, str]) -> Iterator[tuple[Client, Process]]:
    """A client, named by `common.clients`, in a process for all tests of a module, since starting it takes long."""
    client: Client = request.param
    with start(client, listening[1]) as process:
        yield client, process


@pytest.fixture
def client(request: pytest.FixtureRequest, process: tuple[Client, Process], server: MockServer) -> Process:
    """The client with an empty server; its calls go into the table of docs/compatibility.md if the test passes."""
    used, running = process
    running.record = lambda path: request.node.user_properties.append((CALL, (used.title, path)))
    return running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()
