"""Tests of the three forms in which a create names a version."""

from __future__ import annotations

import httpx
import pytest

from zeroscope_mock import MockServer

MODEL = "anotherjesse/zeroscope-v2-xl"
ID = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
OLDER = "71996d331e8ede8ef7bd76eba9fae076d31792e4ddf4ad057779b443d6aea62f"


@pytest.fixture
def api() -> httpx.Client:
    """A client of a server of its own."""
    headers = {"authorization": "Bearer me"}
    return httpx.Client(transport=MockServer().transport, base_url="https://h.test/v1/", headers=headers)


@pytest.mark.parametrize(
    ("reference", "version"),
    [
        (ID, ID),
        (OLDER, OLDER),
        (f"{MODEL}:{ID}", ID),
        (f"{MODEL}:{OLDER}", OLDER),
        (MODEL, ID),
    ],
)
def test_create__names_a_version(api: httpx.Client, reference: str, version: str) -> None:
    """An id, a model with an id, and a model for its latest version name a version."""
    response = api.post("predictions", json={"version": reference, "input": {}})

    assert response.status_code == 201
    assert (response.json()["version"], response.json()["model"]) == (version, MODEL)


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "rubbish",
        ID[:-1],
        f"{ID}0",
        ID.upper(),
        f":{ID}",
        f"{MODEL}:",
        f"{MODEL}:rubbish",
        f"{MODEL}:{ID}:{ID}",
        f"someone/else:{ID}",
        "someone/else",
        "anotherjesse/",
        "/zeroscope-v2-xl",
        f"{MODEL}/more",
        f"{MODEL} ",
    ],
)
def test_create__names_no_version(api: httpx.Client, reference: str) -> None:
    """A reference to no model or version is refused in the service's words."""
    response = api.post("predictions", json={"version": reference, "input": {}})

    assert response.status_code == 422
    assert response.json()["title"] == "Invalid version or not permitted"
