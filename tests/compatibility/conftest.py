"""Fixtures for other clients: a server on a socket, a client, a receiver."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping

import httpx
import pytest

from compatibility.clients import Client, Process
from compatibility.common import HOST, MODELS, TOKEN, Receiver, Secure, start
from compatibility.proxy import Proxy
from compatibility.table import CALL
from zeroscope_mock import MockServer, ServerOptions


@pytest.fixture(scope="module")
def server_options() -> ServerOptions:
    """The options of the server: it takes one token only, and a prediction takes some 30 ms."""
    return {"clock": "real", "speed": 200, "seed": 1, "token": TOKEN, "models": MODELS}


@pytest.fixture(scope="module")
def listening(server_options: ServerOptions) -> Iterator[tuple[MockServer, str]]:
    """A server and where it listens: to start and to end take longer than most tests."""
    server = MockServer(**server_options)
    with server.listen() as listening:
        yield server, listening.url


@pytest.fixture(scope="module")
def secure(server_options: ServerOptions) -> Iterator[Secure]:
    """A server that speaks TLS, also for the service's own host."""
    options: ServerOptions = {**server_options, "allow_hosts": [HOST]}
    server = MockServer(**options)
    with server.listen(tls=True) as listening:
        yield Secure(server, listening)


@pytest.fixture(scope="module")
def proxy(secure: Secure) -> Iterator[Proxy]:
    """Connects the service's host with the server that speaks TLS."""
    with Proxy(f"{HOST}:443", httpx.URL(secure.url).port or 443) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def environment() -> Mapping[str, str]:
    """Variables for the client; modules whose server speaks TLS have some."""
    return {}


@pytest.fixture
def server(listening: tuple[MockServer, str]) -> MockServer:
    """An empty server."""
    server, _ = listening
    server.reset()
    return server


@pytest.fixture
def url(server: MockServer, listening: tuple[MockServer, str]) -> str:
    """Where the server listens."""
    _, url = listening
    return url


@pytest.fixture
def api(url: str, environment: Mapping[str, str]) -> Iterator[httpx.Client]:
    """A plain client of the server, which tells what another client must have received."""
    verify = ssl.create_default_context(cafile=environment.get("SSL_CERT_FILE"))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=f"{url}/v1", headers=headers, verify=verify) as api:
        yield api


@pytest.fixture(scope="module")
def process(
    request: pytest.FixtureRequest, listening: tuple[MockServer, str], environment: Mapping[str, str]
) -> Iterator[tuple[Client, Process]]:
    """A client, named by `common.clients`, in a process for all tests of a module, since starting it takes long."""
    client: Client = request.param
    with start(client, listening[1], **environment) as process:
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
