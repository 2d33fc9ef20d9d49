"""File objects, which the official clients make from `https:` URLs only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from compatibility.clients import REPLICATE_BETA, REPLICATE_NPM, REPLICATE_PYTHON, Client, Process
from compatibility.common import INPUT, MODEL, VERSION, Secure, clients, is_video, start
from zeroscope_mock import MockServer


@pytest.fixture(scope="module")
def process(request: pytest.FixtureRequest, secure: Secure) -> Iterator[tuple[Client, Process]]:
    """A client of the server that speaks TLS, which the environment makes it trust."""
    client: Client = request.param
    with start(client, secure.url, **secure.environment) as process:
        yield client, process


@pytest.fixture
def server(secure: Secure) -> MockServer:
    """The server that speaks TLS, empty."""
    secure.server.reset()
    return secure.server


def check(files: list[dict[str, Any]], secure: Secure) -> None:
    """Two files were read from the server."""
    assert len(files) == 2
    for file in files:
        assert file["url"].startswith(secure.url)
        assert is_video(file)


@clients(REPLICATE_PYTHON[1:])
@pytest.mark.parametrize("reference", [f"{MODEL}:{VERSION}", MODEL])
def test_python(client: Process, secure: Secure, reference: str) -> None:
    """Outputs are files that can be read."""
    options = {"input": {**INPUT, "batch_size": 2}, "use_file_output": True}

    check(client.call("client.run", reference, **options), secure)


@clients([REPLICATE_BETA])
@pytest.mark.parametrize("api", ["client", "strict"])
def test_python__beta(client: Process, secure: Secure, api: str) -> None:
    """Outputs are files that can be read."""
    check(client.call(f"{api}.run", MODEL, input={**INPUT, "batch_size": 2}), secure)


@clients(REPLICATE_NPM[1:])
@pytest.mark.parametrize("reference", [f"{MODEL}:{VERSION}", MODEL])
def test_javascript(client: Process, secure: Secure, reference: str) -> None:
    """Outputs are files that can be read."""
    check(client.call("files.run", reference, {"input": {**INPUT, "batch_size": 2}}), secure)
