"""Models that a server was given: as options, as files, and as it returns them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer, ModelFileError

SCHEMA: dict[str, Any] = {
    "openapi": "3.0.2",
    "info": {"title": "Cog", "version": "0.1.0"},
    "components": {
        "schemas": {
            "Input": {
                "type": "object",
                "required": ["text"],
                "properties": {
                    "text": {"type": "string", "x-order": 0},
                    "ratio": {"type": "string", "enum": ["16:9", "no"], "default": "16:9", "x-order": 1},
                    "top_p": {"type": "number", "minimum": 0, "maximum": 1.0, "default": 0.9},
                },
            },
            "Output": {"type": "string"},
            "TrainingInput": {"type": "object", "required": ["data"], "properties": {"data": {"type": "string"}}},
        }
    },
}
VERSION: dict[str, Any] = {
    "id": "a" * 64,
    "created_at": "2024-05-06T07:08:09.25Z",
    "cog_version": "0.9.4",
    "openapi_schema": SCHEMA,
    "further": {"ü": [1.0, 1, None, True, 1e300]},
}
LATER = {**VERSION, "id": "b" * 64, "created_at": "2025-05-06T07:08:09Z"}
OFFICIAL = {**VERSION, "id": "hidden"}
YAML = """\
id: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
created_at: 2024-05-06T07:08:09.25Z
cog_version: 0.9.4
openapi_schema:
  components:
    schemas:
      Input:
        type: object
        properties:
          ratio: {type: string, enum: [16:9, no], default: 16:9}
"""
OF_YAML = {
    "id": "a" * 64,
    "created_at": "2024-05-06T07:08:09.25Z",
    "cog_version": "0.9.4",
    "openapi_schema": {
        "components": {
            "schemas": {
                "Input": {
                    "type": "object",
                    "properties": {"ratio": {"type": "string", "enum": ["16:9", "no"], "default": "16:9"}},
                }
            }
        }
    },
}


def client(server: MockServer) -> httpx.Client:
    headers = {"Authorization": "Bearer a-token-of-a-test"}
    return httpx.Client(transport=server.transport, base_url="http://mock.test/v1", headers=headers)


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("llama.json", json.dumps(VERSION), VERSION),
        ("llama.json", "\ufeff" + json.dumps(VERSION, ensure_ascii=False, indent=4), VERSION),
        ("llama.yaml", YAML, OF_YAML),
        ("llama.yml", YAML, OF_YAML),
    ],
)
def test_version__goes_out_as_it_was_given(tmp_path: Path, file: str, text: str, expected: dict[str, Any]) -> None:
    """Every operation that returns a version returns all of it, also after a restore."""
    (tmp_path / file).write_text(text, encoding="utf-8")
    given = MockServer(models={"meta/llama": str(tmp_path / file)})
    restored = MockServer()
    restored.restore(given.snapshot())
    for server in (given, restored):
        with client(server) as api:
            assert api.get(f"/models/meta/llama/versions/{expected['id']}").json() == expected
            assert api.get("/models/meta/llama/versions").json()["results"] == [expected]
            model = api.get("/models/meta/llama").json()
            assert (model["latest_version"], model["is_official"]) == (expected, False)
            assert model in api.get("/models").json()["results"]
            found = api.request("QUERY", "/models", content="llama", headers={"Content-Type": "text/plain"})
            assert found.json()["results"] == [model]
            assert model in api.get("/collections/text-to-video").json()["models"]
            (hit,) = api.get("/search", params={"query": "llama"}).json()["models"]
            assert hit["model"] == model


def test_schema__alone() -> None:
    """It becomes a version, which is the same wherever the schema is."""
    first, second = (MockServer(models={"meta/llama": dict(schema)}) for schema in (SCHEMA, reversed(SCHEMA.items())))
    with client(first) as api, client(second) as others:
        version = api.get("/models/meta/llama").json()["latest_version"]
        assert version["openapi_schema"] == SCHEMA
        assert len(version["id"]) == 64 and version["created_at"] and version["cog_version"]
        assert others.get("/models/meta/llama").json()["latest_version"] == version


def test_values__are_copied() -> None:
    """A program may change what it has passed."""
    given = json.loads(json.dumps(VERSION))
    server = MockServer(models={"meta/llama": given})
    given["openapi_schema"]["components"] = {}
    with client(server) as api:
        assert api.get("/models/meta/llama").json()["latest_version"] == VERSION


def test_versions__of_one_model() -> None:
    """The latest one, by the time of its creation, runs where a create names the model alone."""
    with MockServer(models={"meta/llama": [LATER, VERSION]}) as server, client(server) as api:
        listed = api.get("/models/meta/llama/versions").json()["results"]
        prediction = api.post("/models/meta/llama/predictions", json={"input": {"text": "x"}}).json()
        assert listed == [LATER, VERSION]
        assert (prediction["model"], prediction["version"]) == ("meta/llama", LATER["id"])


@pytest.mark.parametrize(
    ("models", "error", "message"),
    [
        (["a.json"], TypeError, r"models must be a dict of names and files, not \['a.json'\]"),
        ("meta/llama=a.json", TypeError, "models must be a dict of names and files, not 'meta/llama=a.json'"),
        (None, TypeError, "models must be a dict of names and files, not None"),
        ({"meta/llama": 7}, TypeError, "a version of meta/llama is a file or a dict, not 7"),
        ({"meta/llama": [VERSION, None]}, TypeError, "a version of meta/llama is a file or a dict, not None"),
        ({7: VERSION}, TypeError, "a model is named as owner/name, not as 7"),
        ({"llama": VERSION}, ModelFileError, "a model is named as owner/name, not as 'llama'"),
        ({"a/b/c": VERSION}, ModelFileError, "a model is named as owner/name, not as 'a/b/c'"),
        ({"../llama": VERSION}, ModelFileError, "a model is named as owner/name, not as '../llama'"),
        ({"meta/llama": "missing.json"}, ModelFileError, "missing.json cannot be read: No such file"),
        ({"meta/llama": {}}, ModelFileError, "it has no openapi_schema and no components.schemas"),
        ({"meta/llama": [VERSION, VERSION]}, ModelFileError, f"meta/llama has two versions with the id {'a' * 64}"),
        ({"meta/llama": {**VERSION, "id": 7}}, ModelFileError, "the given object has the id 7, which is not made of"),
    ],
)
def test_models__that_are_none(models: Any, error: type[Exception], message: str) -> None:
    """The error says in a sentence what the option takes or what the file lacks."""
    with pytest.raises(error, match=message):
        MockServer(models=models)


def test_any_model__of_another_type() -> None:
    """It is a switch; names of models belong to the other option."""
    with pytest.raises(ValueError, match="any_model must be True or False, not 'meta/llama'"):
        MockServer(any_model="meta/llama")  # type: ignore[arg-type]  # the mistake is meant


def test_models__after_the_start(tmp_path: Path) -> None:
    """They can be added and removed, and tell which they are."""
    (tmp_path / "a.json").write_text(json.dumps(VERSION))
    with MockServer() as server, client(server) as api:
        server.models.add("meta/llama", tmp_path / "a.json")
        server.models.add("meta/llama", LATER)
        assert (list(server.models), len(server.models), "meta/llama" in server.models) == (["meta/llama"], 1, True)
        assert repr(server.models) == "Models(['meta/llama'])"
        with pytest.raises(ModelFileError, match=f"meta/llama has two versions with the id {'b' * 64}"):
            server.models.add("meta/llama", LATER)
        with pytest.raises(ModelFileError, match=r"a.json and .*a.json both have the version a+ of meta/llama"):
            server.models.add("meta/llama", tmp_path / "a.json")
        server.models.remove("meta/llama")
        assert api.get("/models/meta/llama").status_code == 404
        with pytest.raises(KeyError):
            server.models.remove("meta/llama")
        server.models.add("meta/llama", tmp_path / "a.json")
        assert api.get("/models/meta/llama").json()["latest_version"] == VERSION


ODD: dict[str, Any] = {
    "components": {"schemas": {"Input": {"type": "object", "properties": {"mask": {"$ref": "https://x.test/y"}}}}}
}


def test_warnings__are_told_when_a_model_is_first_used(caplog: pytest.LogCaptureFixture) -> None:
    """The log and the journal name the field once for each version; nothing is compiled before."""
    models: Any = {"acme/odd": [ODD, {**VERSION, "openapi_schema": {**ODD, "more": 1}}], "acme/other": ODD}
    with MockServer(models=models) as server, client(server) as api:
        (first, *_) = [file.schema for _, file in server.core.state.registry.loaded.files()]
        assert "_input" not in vars(first)
        for name in ("acme/odd", "acme/odd", "acme/other"):
            assert api.post("/predictions", json={"version": name, "input": {}}).status_code == 201
        notes = [exchange.note or "" for exchange in server.journal]
    assert ["acme/odd: input.mask " in note for note in notes] == [True, False, False]
    assert "acme/other: input.mask " in notes[2]
    assert [record.getMessage() for record in caplog.records] == [notes[0], notes[2]]
    assert [text.partition(" input.mask ")[0] for text in server.models.warnings()] == ["acme/odd:"] * 2 + [
        "acme/other:"
    ]
    assert server.models.warnings("acme/other") == [notes[2]]


def test_warnings__of_a_refused_input(caplog: pytest.LogCaptureFixture) -> None:
    """A refusal counts as a use, since the warning may be its reason."""
    with MockServer(models={"acme/odd": ODD}) as server, client(server) as api:
        refused = api.post("/predictions", json={"version": "acme/odd", "input": {}, "webhook": 7})
        assert refused.status_code == 422
        assert "input.mask" in (server.journal[0].note or "")
    assert len(caplog.records) == 1


Create = Callable[[httpx.Client, str], httpx.Response]
CREATES: list[Create] = [
    lambda api, name: api.post("/predictions", json={"version": name, "input": {"width": "wide"}}),
    lambda api, name: api.post("/predictions", json={"version": f"{name}:{'c' * 64}", "input": {"width": "wide"}}),
    lambda api, name: api.post(f"/models/{name}/predictions", json={"input": {"width": "wide"}}),
]


@pytest.mark.parametrize("create", CREATES)
def test_unknown_model__is_refused_with_a_note(create: Create) -> None:
    """The service's own response does not change; the journal says how the server gets to know the model."""
    with MockServer(models={"meta/llama": VERSION}) as server, client(server) as api:
        response = create(api, "acme/none")
        note = server.journal[0].note
    assert response.status_code in (404, 422) and "invalid_fields" not in response.json()
    assert note == (
        "this server does not know the model acme/none; load it with --model acme/none=FILE or "
        "MockServer(models={'acme/none': FILE}), or admit every model with --any-model or any_model=True"
    )


@pytest.mark.parametrize(
    "body",
    [
        {"version": "c" * 63, "input": {}},
        {"version": f"meta/llama:{'c' * 64}", "input": {}},
        {"version": "x/y/z", "input": {}},
    ],
)
def test_unknown_version__is_refused_without_a_note(body: dict[str, Any]) -> None:
    """The server knows the model, or it is none, so that no file would help."""
    with MockServer(models={"meta/llama": VERSION}) as server, client(server) as api:
        assert api.post("/predictions", json=body).status_code == 422
        assert server.journal[0].note is None


def test_unknown_model__of_a_deployment_is_refused_with_a_note() -> None:
    """A deployment needs a model as well."""
    settings = {"hardware": "cpu", "min_instances": 0, "max_instances": 1}
    with MockServer() as server, client(server) as api:
        body = {"name": "x", "model": "acme/none", "version": "c" * 64, **settings}
        assert api.post("/deployments", json=body).status_code == 422
        assert "load it with --model acme/none=FILE" in (server.journal[0].note or "")


@pytest.mark.parametrize("create", CREATES)
def test_any_model__admits_it_with_a_note(create: Create) -> None:
    """Every create says in the journal that its input was not checked."""
    with MockServer(any_model=True) as server, client(server) as api:
        for _ in range(2):
            assert create(api, "acme/none").status_code == 201
        notes = {exchange.note for exchange in server.journal}
    assert notes == {
        "this server does not know the model acme/none: the input was not checked, and the output is a guess"
    }


@pytest.mark.parametrize("create", CREATES[::2])
def test_any_model__does_not_concern_known_ones(create: Create) -> None:
    """Inputs of models with a schema are checked, and so are those of the document's model."""
    with MockServer(any_model=True, models={"meta/llama": VERSION}) as server, client(server) as api:
        for name, field in (("meta/llama", "input"), ("anotherjesse/zeroscope-v2-xl", "input.width")):
            refused = create(api, name)
            assert refused.status_code == 422
            assert [one["field"] for one in refused.json()["invalid_fields"]] == [field]


@pytest.mark.parametrize(("input", "field"), [({}, "input"), ({"data": 7}, "input.data"), ({"data": "x"}, None)])
def test_training__of_a_loaded_version(input: dict[str, Any], field: str | None) -> None:
    """Its input is checked by the version's own schema, and the version that it makes is checked by that as well."""
    with MockServer(models={"meta/llama": VERSION}) as server, client(server) as api:
        owner = api.get("/account").json()["username"]
        body = {"owner": owner, "name": "mine", "visibility": "private", "hardware": "cpu"}
        assert api.post("/models", json=body).status_code == 201
        path = f"/models/meta/llama/versions/{VERSION['id']}/trainings"
        training = api.post(path, json={"destination": f"{owner}/mine", "input": input})
        if field is not None:
            assert training.status_code == 422
            assert [one["field"] for one in training.json()["invalid_fields"]] == [field]
            return
        assert training.status_code == 201
        server.clock.advance(3600)
        latest = api.get(f"/models/{owner}/mine").json()["latest_version"]
        assert latest["openapi_schema"] == SCHEMA and latest["id"] != VERSION["id"]
        for remove in (False, True):
            if remove:
                server.models.remove("meta/llama")
            refused = api.post("/predictions", json={"version": latest["id"], "input": {"text": "x", "top_p": 2}})
            assert [one["field"] for one in refused.json()["invalid_fields"]] == ["input.top_p"]


def test_official_model__hides_its_version() -> None:
    """It runs by its name, and its predictions show no id."""
    with MockServer(models={"meta/llama": OFFICIAL, "meta/other": OFFICIAL}) as server, client(server) as api:
        assert api.get("/models/meta/llama").json()["is_official"] is True
        for name in ("meta/llama", "meta/other"):
            for path, body in (
                (f"/models/{name}/predictions", {}),
                ("/predictions", {"version": name}),
                ("/predictions", {"version": f"{name}:hidden"}),
            ):
                created = api.post(path, json={"input": {"text": "x"}, **body})
                assert created.status_code == 201
                assert (created.json()["model"], created.json()["version"]) == (name, "hidden")
        assert api.post("/predictions", json={"version": "hidden", "input": {"text": "x"}}).status_code == 422
