"""Fixtures for the official clients: a fast server on a socket, a receiver."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from official.common import TOKEN, Receiver
from zeroscope_mock import MockServer


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def listening() -> Iterator[tuple[MockServer, str]]:
    """A server and where it listens: to start and to end take longer than most tests."""
    server = MockServer(clock="real", speed=200, seed=1, token=TOKEN)
    with server.listen() as listening:
        yield server, listening.url


@pytest.fixture
def server(listening: tuple[MockServer, str]) -> MockServer:
    """An empty server that takes one token only; a second is 200 for it, so that a prediction takes some 30 ms."""
    server, _ = listening
    server.reset()
    return server


@pytest.fixture
def url(server: MockServer, listening: tuple[MockServer, str]) -> str:
    """Where the server listens."""
    _, url = listening
    return url


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()
