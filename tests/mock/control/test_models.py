"""The control operations on models over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer
from zeroscope_mock.cog import VersionFile

SCHEMA: dict[str, Any] = {
    "components": {
        "schemas": {
            "Input": {
                "type": "object",
                "required": ["text"],
                "properties": {"text": {"type": "string"}, "mask": {"$ref": "https://x.test/y"}},
            },
            "Output": {"type": "array", "items": {"type": "string", "format": "uri"}},
        }
    }
}
VERSION = {"id": "a" * 64, "created_at": "2024-05-06T07:08:09.25Z", "cog_version": "0.9.4", "openapi_schema": SCHEMA}
OTHER = {**VERSION, "id": "hidden", "created_at": 7, "cog_version": None}


@pytest.fixture
def control(server: MockServer) -> Iterator[httpx.Client]:
    """A client without a token, at the address of the control."""
    with httpx.Client(transport=server.transport, base_url="http://mock.test/_mock") as client:
        yield client


def add(control: httpx.Client, model: Any, version: Any) -> httpx.Response:
    return control.post("/models", json={"model": model, "version": version})


def test_model__is_added_read_and_removed(control: httpx.Client, api: httpx.Client) -> None:
    """It is there for all tokens at once, and gone at once; a reset keeps it."""
    for version, count in ((VERSION, 1), (OTHER, 2)):
        added = add(control, "meta/llama", version)
        assert added.status_code == 201 and len(added.json()["versions"]) == count
    model = added.json()

    assert (model["owner"], model["name"], model["guessed"]) == ("meta", "llama", False)
    assert model["versions"] == [
        {**{name: value for name, value in version.items() if name != "openapi_schema"}, "output": "array of file"}
        for version in (VERSION, OTHER)
    ]
    assert ["input.mask" in text for text in model["warnings"]] == [True, False, True]
    assert "created_at is 7" in model["warnings"][1]
    assert control.get("/models/meta/llama").json() == model
    assert control.get("/models").json() == {"models": [model]}
    assert control.get("").json()["models"] == 1
    control.post("/reset", headers={"Authorization": "Bearer a-token-of-a-test"})
    control.post("/reset")
    assert api.get(f"/models/meta/llama/versions/{'a' * 64}").json() == VERSION
    assert control.delete("/models/meta/llama").status_code == 204
    assert api.get("/models/meta/llama").status_code == 404
    for response in (control.get("/models/meta/llama"), control.delete("/models/meta/llama")):
        assert response.status_code == 404
        detail = "there is no model 'meta/llama'; /_mock/models lists them"
        assert response.json()["detail"] == detail
    assert control.get("/models").json() == {"models": []}


@pytest.mark.parametrize(
    ("output", "kind"),
    [
        (None, "any"),
        ({"type": "string"}, "text"),
        ({"type": "string", "format": "uri"}, "file"),
        ({"type": "array", "items": {"type": "array", "items": {"type": "number"}}}, "array of array"),
        ({"type": "object", "properties": {"text": {"type": "string"}}}, "object"),
    ],
)
def test_output__is_named_by_its_kind(control: httpx.Client, output: Any, kind: str) -> None:
    """A program sees what a model returns without reading its schema."""
    schemas = {} if output is None else {"Output": output}
    added = add(control, "acme/x", {"components": {"schemas": schemas}}).json()
    assert [one["output"] for one in added["versions"]] == [kind]


def test_schema__alone(control: httpx.Client, api: httpx.Client) -> None:
    """The version is completed."""
    (version,) = add(control, "meta/llama", SCHEMA).json()["versions"]
    assert api.get(f"/models/meta/llama/versions/{version['id']}").json()["openapi_schema"] == SCHEMA


@pytest.mark.parametrize(
    ("model", "version", "field", "message"),
    [
        ("llama", VERSION, "model", "Does not match pattern"),
        ("a/../b", VERSION, "model", "Does not match pattern"),
        (7, VERSION, "model", "Invalid type"),
        ("meta/llama", "llama.json", "version", "Invalid type"),
        ("meta/llama", {}, "version", "it has no openapi_schema and no components.schemas"),
        ("meta/llama", {**VERSION, "id": "a b"}, "version", "the given object has the id 'a b'"),
        (
            "meta/known",
            VERSION,
            "version",
            f"meta/known has two versions with the id {'a' * 64}; leave one of them out",
        ),
    ],
)
def test_invalid_model__is_refused(
    control: httpx.Client, server: MockServer, model: Any, version: Any, field: str, message: str
) -> None:
    """The response names the field, and nothing is added."""
    server.models.add("meta/known", VERSION)
    refused = add(control, model, version)
    assert refused.status_code == 422
    (invalid,) = refused.json()["invalid_fields"]
    assert invalid["field"] == field and message in invalid["description"]
    assert list(server.models) == ["meta/known"]


def test_guessed_models__are_listed() -> None:
    """Those that the server does not know are, from their first use until they are added."""
    server = MockServer(any_model=True)
    headers = {"Authorization": "Bearer a-token-of-a-test"}
    with httpx.Client(transport=server.transport, base_url="http://mock.test", headers=headers) as api:
        assert api.get("/_mock/models").json() == {"models": []}
        assert api.get("/_mock/models/acme/x").status_code == 404
        version = api.post("/v1/predictions", json={"version": "acme/x", "input": {}}).json()["version"]
        (model,) = api.get("/_mock/models").json()["models"]
        assert (model["owner"], model["name"], model["guessed"], model["warnings"]) == ("acme", "x", True, [])
        assert [one["id"] for one in model["versions"]] == [version]
        assert api.get("/_mock/models/acme/x").json() == model
        assert api.get("/_mock").json()["models"] == 0
        assert api.delete("/_mock/models/acme/x").status_code == 404
        assert api.post("/_mock/models", json={"model": "acme/x", "version": VERSION}).status_code == 201
        assert [one["guessed"] for one in api.get("/_mock/models").json()["models"]] == [False]


def test_list__compiles_schemas_without_the_lock(
    server: MockServer, control: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other requests are answered while the schemas of many models are compiled for the list."""
    add(control, "meta/llama", VERSION)
    lock, free = server.core.state.lock, list[bool]()

    def warnings(file: VersionFile) -> list[str]:
        with ThreadPoolExecutor(1) as other:
            free.append(other.submit(lock.acquire, blocking=False).result())
            if free[-1]:
                other.submit(lock.release).result()
        return []

    monkeypatch.setattr(VersionFile, "warnings", property(warnings))
    assert control.get("/models").json()["models"][0]["warnings"] == []
    assert free == [True]
