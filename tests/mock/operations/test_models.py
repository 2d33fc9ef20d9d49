"""The operations on models and their versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer

NewModel = Callable[..., dict[str, Any]]
Train = Callable[..., dict[str, Any]]
PUBLISHED = "/models/anotherjesse/zeroscope-v2-xl"
TEXT = {"Content-Type": "text/plain"}


def names(response: httpx.Response) -> list[str]:
    """The names of the models on a page."""
    return [model["name"] for model in response.json()["results"]]


def other_client(server: MockServer, api: httpx.Client) -> httpx.Client:
    """A client of another account."""
    return httpx.Client(
        transport=server.transport, base_url=api.base_url, headers={"Authorization": "Bearer another-token"}
    )


def test_create__returns_the_model(api: httpx.Client, account: str, new_model: NewModel) -> None:
    """A new model has what was sent and no versions, and can be read."""
    model = new_model(
        description="Makes rain", github_url="https://h.test/rain", cover_image_url="https://h.test/a.png"
    )

    assert api.get(f"/models/{account}/mine").json() == model
    assert (model["owner"], model["name"], model["url"]) == (account, "mine", f"https://replicate.com/{account}/mine")
    assert (model["description"], model["visibility"]) == ("Makes rain", "private")
    assert (model["github_url"], model["paper_url"]) == ("https://h.test/rain", None)
    assert (model["run_count"], model["latest_version"]) == (0, None)
    assert api.get(f"/models/{account}/mine/versions").json()["results"] == []
    assert api.get(f"/models/{account}/mine/examples").json()["results"] == []


@pytest.mark.parametrize(
    ("model", "missing"),
    [("{account}/mine", "version of model {account}/mine."), ("{account}/other", "model {account}/other, or ")],
)
def test_prediction__needs_a_version(
    api: httpx.Client, account: str, new_model: NewModel, model: str, missing: str
) -> None:
    """A 404 says whether the model is missing or only has no version yet; a version of the create is a 422."""
    new_model()
    model, missing = (text.format(account=account) for text in (model, missing))

    response = api.post(f"/models/{model}/predictions", json={"input": {}})

    assert (response.status_code, f"There is no {missing}" in response.json()["detail"]) == (404, True)
    assert api.post("/predictions", json={"version": model, "input": {}}).status_code == 422


def test_create__for_the_account_of_the_settings() -> None:
    """A program may own what the setting says, whatever its token; models, deployments and files agree."""
    headers = {"Authorization": "Bearer any-token"}
    with httpx.Client(transport=MockServer(account="acme").transport, base_url="http://mock", headers=headers) as api:
        body = {"owner": "acme", "name": "rain", "visibility": "private", "hardware": "cpu"}
        assert api.post("/models", json=body).json()["owner"] == "acme"
        refused = api.post("/models", json={**body, "owner": "others"})

        assert api.get("/account").json()["username"] == "acme"
        assert (refused.status_code, "your account is 'acme'" in refused.json()["detail"]) == (403, True)


@pytest.mark.parametrize(
    ("changes", "status", "fields"),
    [
        ({}, 409, None),
        ({"owner": "someone-else"}, 403, None),
        ({"name": None}, 422, ["name"]),
        ({"name": "Upper/Case"}, 422, ["name"]),
        ({"name": "n" * 101}, 422, ["name"]),
        ({"visibility": "secret"}, 422, ["visibility"]),
        ({"github_url": "not a URL"}, 422, ["github_url"]),
    ],
)
def test_create__is_refused(
    api: httpx.Client, account: str, new_model: NewModel, changes: dict[str, Any], status: int, fields: list[str] | None
) -> None:
    """A name that is taken is a conflict, another owner is forbidden, and invalid fields are named."""
    new_model()

    body = {"owner": account, "name": "mine", "visibility": "private", "hardware": "cpu", **changes}
    response = api.post("/models", json=body)

    assert response.status_code == status
    problem = response.json()
    assert fields is None or [one["field"] for one in problem["invalid_fields"]] == fields
    assert status != 409 or problem["errors"] == [{"detail": problem["detail"]}]


def test_create__of_another_account_takes_no_name(server: MockServer, api: httpx.Client, new_model: NewModel) -> None:
    """Each account has names of its own, and its own private models."""
    new_model()
    with other_client(server, api) as other:
        owner = other.get("/account").json()["username"]
        sent = {"owner": owner, "name": "mine", "visibility": "public", "hardware": "cpu"}
        assert other.post("/models", json=sent).status_code == 201

    assert api.get(f"/models/{owner}/mine").status_code == 200


def test_private_model__is_hidden_from_others(
    server: MockServer, api: httpx.Client, account: str, new_model: NewModel, train: Train
) -> None:
    """Other accounts find neither the model nor its version, in whatever form they name it."""
    new_model()
    training = train(f"{account}/mine")
    server.clock.advance(60)
    reference = api.get(f"/trainings/{training['id']}").json()["output"]["version"]

    with other_client(server, api) as other:
        assert other.get(f"/models/{account}/mine").status_code == 404
        assert names(other.get("/models")) == ["zeroscope-v2-xl"]
        assert other.get("/search?query=mine").json()["models"] == []
        for version in (reference, reference.rpartition(":")[2], f"{account}/mine"):
            assert other.post("/predictions", json={"version": version, "input": {}}).status_code == 422
            assert api.post("/predictions", json={"version": version, "input": {}}).status_code == 201


def test_update__changes_fields(api: httpx.Client, account: str, new_model: NewModel) -> None:
    """Only the fields that are sent change; the README has an operation of its own."""
    model = new_model(description="Makes rain")
    assert api.get(f"/models/{account}/mine/readme").status_code == 404

    changed = api.patch(f"/models/{account}/mine", json={"paper_url": "https://h.test/paper", "readme": "# Räin"})

    assert api.patch(f"/models/{account}/mine").json() == changed.json()
    assert changed.json() == {**model, "paper_url": "https://h.test/paper"} == api.get(f"/models/{account}/mine").json()
    readme = api.get(f"/models/{account}/mine/readme")
    assert (readme.text, readme.headers["content-type"]) == ("# Räin", "text/plain; charset=utf-8")


def test_published_model__has_a_readme_and_a_version(api: httpx.Client) -> None:
    """The model of the document has both from the start."""
    latest = api.get(PUBLISHED).json()["latest_version"]

    assert api.get(f"{PUBLISHED}/readme").text.startswith("# zeroscope-v2-xl\n")
    assert api.get(f"{PUBLISHED}/versions").json()["results"] == [latest]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PATCH", PUBLISHED, 403),
        ("DELETE", PUBLISHED, 403),
        ("PATCH", "/models/someone/something", 404),
        ("DELETE", "/models/someone/something", 404),
        ("GET", "/models/someone/something", 404),
        ("GET", "/models/someone/something/readme", 404),
        ("GET", "/models/someone/something/examples", 404),
        ("GET", "/models/someone/something/versions", 404),
        ("DELETE", f"{PUBLISHED}/versions/{'0' * 64}", 403),
        ("DELETE", "/models/someone/something/versions/1", 404),
    ],
)
def test_model__of_others_cannot_be_changed(api: httpx.Client, method: str, path: str, status: int) -> None:
    """The document's model belongs to another account; an unknown one is named."""
    response = api.request(method, path, json={} if method == "PATCH" else None)

    assert response.status_code == status
    assert status == 403 or "someone/something" in response.json()["detail"]


def test_readme__of_the_document_s_model(server: MockServer, api: httpx.Client) -> None:
    """It is made of the document's description."""
    assert server.core.document["info"]["description"] in api.get(f"{PUBLISHED}/readme").text


def test_delete__needs_a_private_model_without_versions(
    server: MockServer, api: httpx.Client, account: str, new_model: NewModel, train: Train
) -> None:
    """Versions go first; a public model stays, and so do its versions."""
    new_model()
    new_model("public", visibility="public")
    training, kept = train(f"{account}/mine"), train(f"{account}/public")
    server.clock.advance(60)
    version, public = (
        api.get(f"/trainings/{one['id']}").json()["output"]["version"].rpartition(":")[2] for one in (training, kept)
    )

    assert api.delete(f"/models/{account}/mine").status_code == 409
    assert api.delete(f"/models/{account}/public").status_code == 403
    assert api.delete(f"/models/{account}/public/versions/{public}").status_code == 403
    response = api.delete(f"/models/{account}/mine/versions/{version}")
    assert (response.status_code, response.content) == (202, b"")
    assert api.get(f"/models/{account}/mine/versions/{version}").status_code == 404
    assert api.get(f"/models/{account}/mine").json()["latest_version"] is None
    assert api.delete(f"/models/{account}/mine").status_code == 204
    assert api.get(f"/models/{account}/mine").status_code == 404
    assert names(api.get("/models")) == ["public", "zeroscope-v2-xl"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["second", "first", "zeroscope-v2-xl"]),
        ("?sort_direction=asc", ["zeroscope-v2-xl", "first", "second"]),
        ("?sort_by=model_created_at", ["second", "first", "zeroscope-v2-xl"]),
        ("?sort_by=model_created_at&sort_direction=asc", ["zeroscope-v2-xl", "first", "second"]),
    ],
)
def test_list__is_sorted(
    server: MockServer, api: httpx.Client, new_model: NewModel, query: str, found: list[str]
) -> None:
    """By the time of the latest version or of the model, and only public models are listed."""
    new_model("first", visibility="public")
    server.clock.advance(1)
    new_model("second", visibility="public")
    new_model("hidden")

    assert names(api.get(f"/models{query}")) == found


def test_list__sorts_by_the_latest_version(
    server: MockServer, api: httpx.Client, account: str, new_model: NewModel, train: Train
) -> None:
    """A new version moves its model to the top, unless the models' own times count."""
    new_model("first", visibility="public")
    train(f"{account}/first")
    server.clock.advance(0.001)
    new_model("second", visibility="public")
    server.clock.advance(60)

    assert names(api.get("/models")) == ["first", "second", "zeroscope-v2-xl"]
    assert names(api.get("/models?sort_by=model_created_at")) == ["second", "first", "zeroscope-v2-xl"]


@pytest.mark.parametrize("query", ["?sort_by=name", "?sort_direction=up", "?cursor=rubbish"])
def test_list__names_an_invalid_parameter(api: httpx.Client, query: str) -> None:
    """The parameter is the field of the error."""
    response = api.get(f"/models{query}")

    assert response.status_code == 422
    assert response.json()["invalid_fields"][0]["field"] == query[1:].partition("=")[0]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("zeroscope", ["zeroscope-v2-xl"]),
        ("XL anotherjesse", ["zeroscope-v2-xl"]),
        ("rain", ["wet"]),
        ("rain zeroscope", []),
        ("hidden", []),
        ('"rain"', ["wet"]),
        ("", ["wet", "zeroscope-v2-xl"]),
    ],
)
def test_query__finds_public_models(api: httpx.Client, new_model: NewModel, text: str, found: list[str]) -> None:
    """All words must stand in the name or the description, in any case."""
    new_model("wet", visibility="public", description="Makes rain")
    new_model("hidden")

    assert names(api.request("QUERY", "/models", content=text, headers=TEXT)) == found


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{}", {"Content-Type": "application/json"}, 422),
        (b"x", {"Content-Type": "application/json"}, 400),
        (b'"x"', {"Content-Type": "application/json"}, 200),
        (b"x", {"Content-Type": "application/xml"}, 415),
        (b"\xff", TEXT, 400),
        (b"x", {"Content-Type": "text/plain; charset=utf-8"}, 200),
    ],
)
def test_query__takes_text(api: httpx.Client, content: bytes, headers: dict[str, str], status: int) -> None:
    """The text may be in JSON; another type or value is refused, and so is what is not UTF-8."""
    assert api.request("QUERY", "/models", content=content, headers=headers).status_code == status


@pytest.mark.anyio
async def test_query__passes_asgi(server: MockServer) -> None:
    """The method reaches the server through its ASGI app."""
    sent: dict[str, Any] = {"content": "zeroscope", "headers": {"Authorization": "Bearer me", **TEXT}}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(server.app)) as client:
        assert names(await client.request("QUERY", "https://h.test/v1/models", **sent)) == ["zeroscope-v2-xl"]


def test_query__passes_a_socket(server: MockServer) -> None:
    """The method reaches the server over HTTP."""
    sent: dict[str, Any] = {"content": "zeroscope", "headers": {"Authorization": "Bearer me", **TEXT}}
    with server.listen() as listening, httpx.Client() as client:
        assert names(client.request("QUERY", f"{listening.url}/v1/models", **sent)) == ["zeroscope-v2-xl"]


def test_run_count__counts_the_account_s_predictions(server: MockServer, api: httpx.Client) -> None:
    """Each account sees its own predictions with the model."""
    version = api.get(PUBLISHED).json()["latest_version"]["id"]
    for _ in range(2):
        api.post("/predictions", json={"version": version, "input": {}})

    assert api.get(PUBLISHED).json()["run_count"] == 2
    with other_client(server, api) as other:
        assert other.get(PUBLISHED).json()["run_count"] == 0


def test_reset__of_a_tenant_removes_its_models(server: MockServer, api: httpx.Client, new_model: NewModel) -> None:
    """Those of other accounts stay, as does the document's."""
    new_model("mine", visibility="public")
    with other_client(server, api) as other:
        owner = other.get("/account").json()["username"]
        sent = {"owner": owner, "name": "theirs", "visibility": "public", "hardware": "cpu"}
        other.post("/models", json=sent)

        server.core.state.reset(server.journal[0].tenant)

        assert names(other.get("/models")) == ["theirs", "zeroscope-v2-xl"]
        server.reset()
        assert names(other.get("/models")) == ["zeroscope-v2-xl"]
