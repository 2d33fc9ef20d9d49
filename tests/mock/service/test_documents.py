"""The documents of the service's operations, beside the service's own."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

import zeroscope_mock
from helpers.service_document import PROSE, without_prose
from zeroscope_mock.documents.bundled import SERVICE, bundled_documents
from zeroscope_mock.documents.operation import Operation
from zeroscope_mock.documents.spec import METHODS, Spec

SPEC = Spec.load()
FOLDER = Path(zeroscope_mock.__file__).parent / "documents" / "service"
OURS = {path.stem: json.loads(path.read_bytes()) for path in sorted(FOLDER.iterdir())}
THEIRS: dict[str, Any] = json.loads(Path(__file__).with_name("document-2026-04.json").read_bytes())
VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
KEYWORDS = ("type", "enum", "minimum", "maximum")
"""What a schema says that is a fact of the service."""


def merged() -> dict[str, Any]:
    """The model's document with the service's operations laid over it."""
    # The method QUERY is new in this version of OpenAPI.
    document = {**copy.deepcopy(dict(SPEC.document)), "openapi": "3.2.0"}
    for one in OURS.values():
        for path, item in one["paths"].items():
            document["paths"][path] = {**item, **document["paths"].get(path, {})}
        for part, named in one.get("components", {}).items():
            document["components"][part] |= named
    return document


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The operations of a document, by method and path without the names of parameters."""
    for path, item in document["paths"].items():
        for method in item:
            if method in METHODS:
                shared = item.get("parameters", [])
                operation = {**item[method], "parameters": [*shared, *item[method].get("parameters", [])]}
                yield f"{method.upper()} {re.sub('{.*?}', '{}', path)}", operation


def resolve(document: dict[str, Any], node: Any) -> Any:
    """A part of a document, or what it refers to."""
    while isinstance(node, dict) and "$ref" in node:
        target: Any = document
        for name in node["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        node = target
    return node


def facts(document: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    """The parameters and the fields of the body of an operation, with what is known of each."""
    found: dict[str, Any] = {}
    for parameter in (resolve(document, one) for one in operation["parameters"]):
        if parameter["in"] != "path":
            found[parameter["name"]] = known(document, parameter["schema"], parameter.get("required", False))
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        if "x-uncertain" in content:
            continue
        schema = resolve(document, content["schema"])
        found[kind] = known(document, schema, required=False)
        for name, field in schema.get("properties", {}).items():
            found[f"{kind} {name}"] = known(document, field, name in schema.get("required", []))
    return found


def known(document: dict[str, Any], schema: Any, required: bool) -> dict[str, Any]:
    """The keywords of a schema that the documents must agree on."""
    described = resolve(document, schema)
    return {"required": required, **{name: described[name] for name in KEYWORDS if name in described}}


MERGED = merged()
OUR_OPERATIONS, THEIR_OPERATIONS = dict(operations(MERGED)), dict(operations(THEIRS))


def test_documents__are_all_bundled() -> None:
    """Each file in the folder is served."""
    assert sorted(SERVICE) == list(OURS)
    assert bundled_documents()["paths"].keys() >= {path for one in OURS.values() for path in one["paths"]}


def test_documents__are_valid() -> None:
    """Together with the model's, every reference leads somewhere and every id is there once."""
    validate(MERGED)
    ids = [operation.id for operation in Spec(MERGED).operations()]
    assert len(ids) == len(set(ids))


def test_documents__describe_all_of_the_service() -> None:
    """They have each of its 37 operations, and none besides."""
    assert len(THEIR_OPERATIONS) == 37
    assert OUR_OPERATIONS.keys() == THEIR_OPERATIONS.keys()


@pytest.mark.parametrize("name", THEIR_OPERATIONS)
def test_operation__takes_what_the_service_takes(name: str) -> None:
    """It has the same parameters and fields, as far as the service describes them, and the same successes."""
    ours, theirs = OUR_OPERATIONS[name], THEIR_OPERATIONS[name]
    mine, wanted = facts(MERGED, ours), facts(THEIRS, theirs)

    for field, about in wanted.items():
        # The published description, which the model's document follows, lets one field have more than one type.
        compared = about if "type" in mine[field] else {"required": about["required"]}
        assert compared.items() <= mine[field].items(), field
    assert {name for name in mine if name not in wanted} <= {"cursor"}
    statuses = {status for status in theirs["responses"] if status.startswith("2")}
    assert statuses <= ours["responses"].keys()
    assert theirs.get("security") in (None, ours.get("security"))


def test_operations__that_need_no_token() -> None:
    """Only the search, as the service says, and downloads, whose URLs are signed."""
    found: Iterator[Operation] = Spec(MERGED).operations()

    assert {operation.id for operation in found if not operation.protected} == {"search", "downloadFile"}


def test_documents__replace_nothing_of_the_model_s() -> None:
    """The model's document takes precedence for a schema or an operation that both have."""
    for one in OURS.values():
        for part, named in one.get("components", {}).items():
            assert not named.keys() & SPEC.document["components"].get(part, {}).keys()
        for path, item in one["paths"].items():
            assert not item.keys() & SPEC.document["paths"].get(path, {}).keys()


def test_recorded_document__has_no_prose() -> None:
    """The service's document is kept without a sentence, as the helper makes it."""
    assert {**without_prose(THEIRS), "info": None} == {**_without_empty_texts(THEIRS), "info": None}
    texts = re.findall(r'"([^"]*)"', json.dumps(THEIRS["paths"]) + json.dumps(THEIRS["components"]))
    assert [text for text in texts if " " in text.strip()] == []
    assert "description" in PROSE


def _without_empty_texts(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_empty_texts(part) for part in node]
    if not isinstance(node, dict):
        return node
    return {key: _without_empty_texts(part) for key, part in node.items() if part != ""}


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
    match = Spec(MERGED).match("/v1/models/anotherjesse/zeroscope-v2-xl/predictions")
    assert match is not None
    _, schema = match.route.operations["POST"].bodies["application/json"]

    assert [(fault.type, fault.field) for fault in schema.invalid_fields(body)] == faults
