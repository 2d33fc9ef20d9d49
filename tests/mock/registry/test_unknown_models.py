"""Models that the server does not know, but admits."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from zeroscope_mock import MockServer
from zeroscope_mock.registry.unknown_models import _LIMIT, UnknownModels

API = "https://api.replicate.com/v1"


@pytest.fixture
def server() -> MockServer:
    return MockServer(any_model=True)


@pytest.fixture
def client(server: MockServer) -> Iterator[httpx.Client]:
    headers = {"Authorization": "Bearer me"}
    with httpx.Client(transport=server.transport, base_url=API, headers=headers) as client:
        yield client


@pytest.mark.parametrize("name", ["llama", "meta/", "/llama", "meta/llama/3", "a b/c", "../x", f"meta/{'l' * 200}", ""])
def test_name__that_no_model_can_have(name: str, client: httpx.Client) -> None:
    """Only names in the service's form are admitted, so that none fills the memory."""
    assert client.post("/predictions", json={"version": name, "input": {}}).status_code == 422


def test_training__of_an_unknown_model_makes_a_version_like_it(server: MockServer, client: httpx.Client) -> None:
    """A version that is trained from it takes and returns what it does."""
    owner = client.get("/account").json()["username"]
    client.post("/models", json={"owner": owner, "name": "mine", "visibility": "private", "hardware": "cpu"})
    base = client.get("/models/black-forest-labs/flux-dev").json()["latest_version"]
    path = f"/models/black-forest-labs/flux-dev/versions/{base['id']}/trainings"
    created = client.post(path, json={"destination": f"{owner}/mine", "input": {"steps": 3}})
    assert created.status_code == 201, created.text
    server.clock.advance(10_000)
    version = client.get(f"/models/{owner}/mine").json()["latest_version"]
    assert version["openapi_schema"] == base["openapi_schema"] and version["id"] != base["id"]
    response = client.post("/predictions", json={"version": version["id"], "input": {"width": "any"}})
    assert response.status_code == 201 and response.json()["model"] == f"{owner}/mine"


def test_names__that_are_used_stay() -> None:
    """Of too many names, those that were used longest ago go."""
    models = UnknownModels()
    first = models.get("meta/llama")
    for number in range(_LIMIT):
        assert models.get("meta/llama") is first
        models.get(f"someone/model-{number}")
    assert len(list(models)) == _LIMIT
    assert models.get("meta/llama") is first
    assert len(models.versions()) <= _LIMIT
