"""The model, its versions, and routes that the model's own document omits."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

import zeroscope_mock
from zeroscope_mock.documents.spec import Spec
from zeroscope_mock.operations.models import (
    is_model,
    is_version,
    latest_version,
    model_json,
    version_json,
    versions_json,
)

SPEC = Spec.load()
SERVICE: dict[str, Any] = json.loads((Path(zeroscope_mock.__file__).parent / "documents" / "service.json").read_bytes())
VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
OLDER = "71996d331e8ede8ef7bd76eba9fae076d31792e4ddf4ad057779b443d6aea62f"


def changed(**changes: Any) -> Spec:
    """The document with another `info`, or with more fields in the input."""
    document = copy.deepcopy(dict(SPEC.document))
    document["info"].update(changes.pop("info", {}))
    document["components"]["schemas"]["PredictionInput"]["properties"].update(changes)
    return Spec(document)


def test_the_document_s_model() -> None:
    """It has the name and the description of the document, and its version as the latest one."""
    model = model_json(SPEC)

    assert f"{model['owner']}/{model['name']}" == SPEC.model
    assert model["url"] == f"https://replicate.com/{SPEC.model}"
    assert model["description"] == SPEC.document["info"]["description"]
    assert model["visibility"] == "public"
    assert model["latest_version"] == version_json(SPEC, VERSION)


def test_the_document_s_version() -> None:
    """It is the only one in the list, which is the only page."""
    assert latest_version(SPEC) == VERSION
    assert versions_json(SPEC) == {
        "next": None,
        "previous": None,
        "results": [version_json(SPEC, VERSION)],
    }


def test_a_document_without_a_version() -> None:
    """It has a model without versions."""
    spec = changed(info={"x-replicate": {"model": "someone/something"}})

    assert latest_version(spec) is None
    assert versions_json(spec)["results"] == []
    model = model_json(spec)
    assert (model["owner"], model["name"], model["latest_version"]) == ("someone", "something", None)


@pytest.mark.parametrize(
    ("owner", "name", "known"),
    [
        ("anotherjesse", "zeroscope-v2-xl", True),
        ("anotherjesse", "zeroscope", False),
        ("someone", "zeroscope-v2-xl", False),
        ("anotherjesse/zeroscope-v2-xl", "", False),
        ("", "", False),
    ],
)
def test_which_model_exists(owner: str, name: str, known: bool) -> None:
    """The document's, and no other."""
    assert is_model(SPEC, owner, name) is known


def test_which_model_exists__none_named() -> None:
    """A document that names no model has none, not even one without a name."""
    assert not is_model(changed(info={"x-replicate": {}}), "", "")


@pytest.mark.parametrize(
    ("version_id", "known"),
    [(VERSION, True), (OLDER, True), (OLDER[:-1], False), (OLDER + "0", False), (OLDER.upper(), False), ("", False)],
)
def test_which_versions_exist(version_id: str, known: bool) -> None:
    """Any that could be a version of the model."""
    assert is_version(version_id) is known


def test_a_version_s_schema__is_an_openapi_document() -> None:
    """Whatever reads it as one can; it is the same for every version."""
    version = version_json(SPEC, OLDER)

    validate(version["openapi_schema"])
    assert version["id"] == OLDER
    assert version["openapi_schema"] == version_json(SPEC, VERSION)["openapi_schema"]


def test_a_version_s_schema__input() -> None:
    """All fields of the document are there, in its order, with its defaults and bounds."""
    schemas = version_json(SPEC, VERSION)["openapi_schema"]["components"]["schemas"]
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
    version = version_json(SPEC, VERSION)
    output = version["openapi_schema"]["components"]["schemas"]["Output"]

    assert (output["type"], output["items"]) == ("array", {"type": "string", "format": "uri"})
    assert "x-cog-array-type" not in output
    assert tuple(map(int, version["cog_version"].split("."))) >= (0, 3, 9)


def test_a_version_s_schema__follows_the_document() -> None:
    """A field added to the document appears, without what only this project makes of it."""
    spec = changed(sharpness={"type": "number", "maximum": 2, "x-departure": "made up"})

    fields = version_json(spec, VERSION)["openapi_schema"]["components"]["schemas"]["Input"]["properties"]

    assert fields["sharpness"] == {"title": "Sharpness", "type": "number", "maximum": 2, "x-order": len(fields) - 1}


def test_a_version_s_schema__nothing_to_run() -> None:
    """A document without predictions describes an empty input."""
    schema = version_json(Spec({"paths": {}}), VERSION)["openapi_schema"]

    validate(schema)
    assert schema["components"]["schemas"]["Input"]["properties"] == {}


def merged() -> dict[str, Any]:
    """The document with the routes of the service laid over it."""
    document = copy.deepcopy(dict(SPEC.document))
    for path, item in SERVICE["paths"].items():
        document["paths"][path] = {**item, **document["paths"].get(path, {})}
    document["components"]["schemas"].update(SERVICE["components"]["schemas"])
    return document


def test_the_service_s_routes__make_a_document() -> None:
    """Together with the model's they are a valid one: every reference leads somewhere and every id is there once."""
    document = merged()

    validate(document)
    ids = [operation.id for operation in Spec(document).operations()]
    assert len(ids) == len(set(ids))
    assert set(ids) - {operation.id for operation in SPEC.operations()} == {
        "createModelPrediction",
        "deleteFile",
        "downloadFile",
        "getFile",
        "getModel",
        "getModelVersion",
        "listFiles",
        "listModelVersions",
    }


def test_the_service_s_routes__replace_none_of_the_model_s() -> None:
    """The model's document takes precedence for a schema or an operation that both have."""
    assert not SERVICE["components"]["schemas"].keys() & SPEC.document["components"]["schemas"].keys()
    for path, item in SERVICE["paths"].items():
        assert not item.keys() & SPEC.document["paths"].get(path, {}).keys()


def test_the_service_s_routes__need_a_token() -> None:
    """All but the download of a file."""
    operations = Spec(merged()).operations()

    assert [operation.id for operation in operations if not operation.protected] == ["downloadFile"]


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({"input": {}}, []),
        ({"input": {"prompt": "a lighthouse"}, "stream": True, "webhook_events_filter": ["start"]}, []),
        ({}, [("required", "")]),
        ({"input": {"width": 8}}, [("number_gte", "input.width")]),
        ({"input": {}, "version": VERSION}, [("additional_property_not_allowed", "")]),
        ({"input": {}, "webhook_completed": "https://h.test"}, [("additional_property_not_allowed", "")]),
        ({"input": {}, "webhook_events_filter": "start"}, [("invalid_type", "webhook_events_filter")]),
        ({"input": {}, "webhook_events_filter": ["end"]}, [("enum", "webhook_events_filter.0")]),
        ({"input": {}, "stream": "yes"}, [("invalid_type", "stream")]),
    ],
)
def test_a_prediction_without_a_version(body: dict[str, Any], faults: list[tuple[str, str]]) -> None:
    """Its body is as strict as that of one with a version, which it may not name."""
    match = Spec(merged()).match("/v1/models/anotherjesse/zeroscope-v2-xl/predictions")
    assert match is not None
    _, schema = match.route.operations["POST"].bodies["application/json"]

    assert [(fault.type, fault.field) for fault in schema.invalid_fields(body)] == faults
