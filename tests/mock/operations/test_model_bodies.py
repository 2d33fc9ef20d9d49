"""The bodies about the document's model and its versions."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from openapi_spec_validator import validate

from zeroscope_mock import MockServer
from zeroscope_mock.documents.spec import Spec
from zeroscope_mock.operations.model_bodies import model_json, version_json
from zeroscope_mock.registry import Registry, Version

SPEC = Spec.load()
VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
OLDER = "71996d331e8ede8ef7bd76eba9fae076d31792e4ddf4ad057779b443d6aea62f"


def version_body(spec: Spec, version_id: str) -> dict[str, Any]:
    """The body about a version of the document's model."""
    return version_json(spec, Version(version_id, 0.0, 0))


def changed(**changes: Any) -> Spec:
    """The document with another `info`, or with more fields in the input."""
    document = copy.deepcopy(dict(SPEC.document))
    document["info"].update(changes.pop("info", {}))
    document["components"]["schemas"]["PredictionInput"]["properties"].update(changes)
    return Spec(document)


def test_the_document_s_model() -> None:
    """It has the name and the description of the document, and its version as the latest one."""
    state = MockServer().core.state
    published = state.registry.published
    assert published is not None

    model = model_json(state, published, "")

    assert f"{model['owner']}/{model['name']}" == SPEC.model
    assert model["url"] == f"https://replicate.com/{SPEC.model}"
    assert model["description"] == SPEC.document["info"]["description"]
    assert model["visibility"] == "public"
    assert model["latest_version"] == version_json(SPEC, Version(VERSION, published.created, 0))


@pytest.mark.parametrize(
    ("metadata", "name", "latest"),
    [
        (SPEC.document["info"]["x-replicate"], SPEC.model, VERSION),
        ({"model": "someone/something"}, "someone/something", None),
        ({"version": VERSION}, None, None),
        ({"model": "", "version": VERSION}, None, None),
        ({"model": "nameless", "version": VERSION}, None, None),
    ],
)
def test_registry__has_the_document_s_model(metadata: dict[str, Any], name: str | None, latest: str | None) -> None:
    """A document that names no model has none, and one that names no version has a model without versions."""
    registry = Registry(changed(info={"x-replicate": metadata}), lambda: 0.0)

    assert [model.full_name for model in registry.models()] == ([] if name is None else [name])
    found = registry.find(name or "", "")
    assert (found is None) is (name is None)
    newest = None if found is None else registry.latest(found)
    assert (None if newest is None else newest.id) == latest


@pytest.mark.parametrize(
    ("version_id", "known"),
    [(VERSION, True), (OLDER, True), (OLDER[:-1], False), (OLDER + "0", False), (OLDER.upper(), False), ("", False)],
)
def test_registry__knows_versions(version_id: str, known: bool) -> None:
    """Any that could be a version of the document's model, whether it has a name or not."""
    registry, nameless = Registry(SPEC, lambda: 0.0), Registry(changed(info={"x-replicate": {}}), lambda: 0.0)
    assert registry.published is not None

    assert (registry.version(registry.published, version_id) is not None) is known
    assert (registry.model_of(version_id, "") is registry.published) is known
    assert nameless.is_nameless_version(version_id) is known
    assert not registry.is_nameless_version(version_id)


def test_a_version_s_schema__is_an_openapi_document() -> None:
    """Whatever reads it as one can; it is the same for every version."""
    version = version_body(SPEC, OLDER)

    validate(version["openapi_schema"])
    assert version["id"] == OLDER
    assert version["openapi_schema"] == version_body(SPEC, VERSION)["openapi_schema"]


def test_a_version_s_schema__input() -> None:
    """All fields of the document are there, in its order, with its defaults and bounds."""
    schemas = version_body(SPEC, VERSION)["openapi_schema"]["components"]["schemas"]
    fields = SPEC.document["components"]["schemas"]["PredictionInput"]["properties"]
    described = schemas["Input"]["properties"]

    assert list(described) == list(fields)
    assert [field["x-order"] for field in described.values()] == list(range(len(fields)))
    for name, field in fields.items():
        found = described[name]
        if "enum" in field:
            assert found["allOf"] == [{"$ref": f"#/components/schemas/{name}"}]
            found = {**found, "type": schemas[name]["type"], "enum": schemas[name]["enum"]}
        assert {key: found[key] for key in field} == field


def test_a_version_s_schema__output() -> None:
    """A list of URLs that arrives at once; clients would iterate over one that arrives in parts."""
    version = version_body(SPEC, VERSION)
    output = version["openapi_schema"]["components"]["schemas"]["Output"]

    assert (output["type"], output["items"]) == ("array", {"type": "string", "format": "uri"})
    assert "x-cog-array-type" not in output
    assert tuple(map(int, version["cog_version"].split("."))) >= (0, 3, 9)


def test_a_version_s_schema__follows_the_document() -> None:
    """A field added to the document appears, without what only this project makes of it."""
    spec = changed(sharpness={"type": "number", "maximum": 2, "x-departure": "made up"})

    fields = version_body(spec, VERSION)["openapi_schema"]["components"]["schemas"]["Input"]["properties"]

    assert fields["sharpness"] == {"title": "Sharpness", "type": "number", "maximum": 2, "x-order": len(fields) - 1}


def test_a_version_s_schema__nothing_to_run() -> None:
    """A document without predictions describes an empty input."""
    schema = version_body(Spec({"paths": {}}), VERSION)["openapi_schema"]

    validate(schema)
    assert schema["components"]["schemas"]["Input"]["properties"] == {}
