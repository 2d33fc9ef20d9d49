"""The account, the hardware, the collections and the search."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer


def test_account__belongs_to_the_token(server: MockServer, api: httpx.Client) -> None:
    """Each token has an account with a name of its own, always the same."""
    account = api.get("/account").json()

    assert account["type"] == "user"
    assert api.get("/account").json() == account
    with (
        httpx.Client(transport=MockServer(seed=7).transport, base_url=api.base_url, headers=api.headers) as elsewhere,
        httpx.Client(
            transport=server.transport, base_url=api.base_url, headers={"Authorization": "Bearer another-token"}
        ) as other,
    ):
        assert elsewhere.get("/account").json() == account
        assert other.get("/account").json()["username"] != account["username"]


def test_hardware__is_a_sample(server: MockServer, api: httpx.Client) -> None:
    """The list comes from the document, and the journal says so."""
    hardware = api.get("/hardware").json()

    assert {"name": "CPU", "sku": "cpu"} in hardware
    assert "a sample of the response" in (server.journal[-1].note or "")


def test_collection__has_the_public_models(api: httpx.Client, new_model: Any) -> None:
    """The list leads to a collection, which has the models that everyone may see."""
    new_model("public", visibility="public")
    new_model("hidden")
    (listed,) = api.get("/collections").json()["results"]

    collection = api.get(f"/collections/{listed['slug']}").json()

    assert {name: collection[name] for name in listed} == listed
    assert [model["name"] for model in collection["models"]] == ["zeroscope-v2-xl", "public"]
    missing = api.get("/collections/rubbish")
    assert missing.status_code == 404 and "collection 'rubbish'" in missing.json()["detail"]


@pytest.mark.parametrize(
    ("query", "models", "collections"),
    [
        ("zeroscope", ["zeroscope-v2-xl"], []),
        ("VIDEO", ["video-maker"], ["text-to-video"]),
        ("video text", [], ["text-to-video"]),
        ("rubbish", [], []),
        ("", ["zeroscope-v2-xl", "video-maker"], ["text-to-video"]),
    ],
)
def test_search__finds_models_and_collections(
    api: httpx.Client, new_model: Any, query: str, models: list[str], collections: list[str]
) -> None:
    """All words must be found; no token is needed, and private models are left out."""
    new_model("video-maker", visibility="public")
    new_model("zeroscope-hidden")

    found = api.get("/search", params={"query": query}, headers={"Authorization": ""}).json()

    assert found["query"] == query
    assert [one["model"]["name"] for one in found["models"]] == models
    assert [one["slug"] for one in found["collections"]] == collections
    assert all(0 <= one["metadata"]["score"] <= 1 for one in found["models"])


def test_search__puts_names_first(api: httpx.Client, new_model: Any) -> None:
    """A model whose name has the words comes before one whose description has them; the limit counts models."""
    new_model("wet", visibility="public", description="makes rain")
    new_model("rain", visibility="public")

    def names(**parameters: Any) -> list[str]:
        found = api.get("/search", params={"query": "rain", **parameters}).json()["models"]
        return [one["model"]["name"] for one in found]

    assert names() == ["rain", "wet"]
    assert names(limit=1) == names(limit="1.0") == ["rain"]


@pytest.mark.parametrize(
    ("query", "fields"), [("", [""]), ("?query=x&limit=0", ["limit"]), ("?query=x&limit=y", ["limit"])]
)
def test_search__is_validated(api: httpx.Client, query: str, fields: list[str]) -> None:
    """The service answers with 400 here."""
    response = api.get(f"/search{query}")

    assert (response.status_code, response.headers["content-type"]) == (400, "application/json")
    assert [one["field"] for one in response.json()["invalid_fields"]] == fields
