"""Models of any kind, run by the official JavaScript client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from compatibility.clients import REPLICATE_NPM, Process
from compatibility.common import TOKEN, Secure, start
from helpers.decoders import decode, output_urls
from helpers.model_files import ModelFile
from helpers.model_inputs import minimal_input
from zeroscope_mock import MockServer

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def secure(models: list[ModelFile]) -> Iterator[Secure]:
    """A fast server with all models that speaks TLS: the client makes files from `https:` URLs only."""
    server = MockServer(clock="real", speed=1000, seed=1, models={model.name: model.path for model in models})
    with server.listen(tls=True) as listening:
        yield Secure(server, listening)


@pytest.fixture(scope="module")
def client(secure: Secure) -> Iterator[Process]:
    """The client, in a process for all tests, since starting it takes long."""
    with start(REPLICATE_NPM[-1], secure.url, **secure.environment) as process:
        yield process


@pytest.fixture
def api(secure: Secure) -> Iterator[httpx.Client]:
    """A client of the server, which is empty but for its models."""
    secure.server.reset()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=f"{secure.url}/v1", headers=headers, verify=secure.context()) as api:
        yield api


def output_of(api: httpx.Client) -> Any:
    """The output of the only prediction."""
    (prediction,) = api.get("/predictions").json()["results"]
    return api.get(prediction["urls"]["get"]).json()["output"]


def urls(value: Any) -> Any:
    """What the client returned, with the URL of each file in its place."""
    if isinstance(value, dict):
        return value["url"] if value.keys() == FILE else {key: urls(part) for key, part in value.items()}
    return [urls(part) for part in value] if isinstance(value, list) else value


def files(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the files that the client has read."""
    if isinstance(value, dict) and value.keys() == FILE:
        yield value
    else:
        for part in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
            yield from files(part)


FILE = {"url", "size", "kind"}


@pytest.mark.parametrize("pinned", [False, True])
def test_run(model: ModelFile, pinned: bool, client: Process, api: httpx.Client) -> None:
    """The client returns the output, and reads its files to the end."""
    version = api.get(f"/models/{model.name}").json()["latest_version"]["id"]
    reference = f"{model.name}:{version}" if pinned else model.name
    options = {"input": minimal_input(model), "wait": {"mode": "poll", "interval": 10}}

    output = client.call("files.run", reference, options)

    assert urls(output) == output_of(api)
    assert [file["url"] for file in files(output)] == list(output_urls(urls(output)))
    for file in files(output):
        content = api.get(file["url"]).content
        assert len(content) == file["size"]
        decode(content, file["url"].rpartition(".")[2])


def test_stream(model: ModelFile, client: Process, api: httpx.Client) -> None:
    """The client's events add up to the output."""
    events = client.call("replicate.stream", model.name, {"input": minimal_input(model)})

    parts = [event["data"] for event in events if event["event"] == "output"]
    output = output_of(api)
    assert events[-1]["event"] == "done"
    if model.concatenates:
        assert "".join(parts) == "".join(output)
    else:
        assert len(parts) == (len(output) if isinstance(output, list) else 1)
