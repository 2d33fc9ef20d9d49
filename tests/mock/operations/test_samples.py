"""Operations without a handler, which return a sample response."""

from __future__ import annotations

import json
from typing import Any

import httpx
import jsonschema_rs
import pytest

from zeroscope_mock import MockServer
from zeroscope_mock.documents.sample import sample

AUTH = {"Authorization": "Bearer a-token"}
REFERRED = {"colour": {"type": "string", "enum": ["red", "blue"]}, "tree": {"type": "object"}}
REFERRED["tree"] = {"type": "object", "properties": {"left": {"$ref": "#/tree"}, "colour": {"$ref": "#/colour"}}}
CHAIN = {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#/chain"}}}


def resolve(schema: Any) -> Any:
    """The schema that a reference of these tests resolves to."""
    return {**REFERRED, "chain": CHAIN}[schema["$ref"].removeprefix("#/")] if "$ref" in schema else schema


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, "text"),
        ({"type": "string", "example": "an example", "default": "a default"}, "an example"),
        ({"type": "integer", "default": 8}, 8),
        ({"const": None}, None),
        ({"type": "string", "examples": ["first", "second"]}, "first"),
        ({"$ref": "#/colour"}, "red"),
        ({"type": "string", "minLength": 6}, "text--"),
        ({"type": "string", "maxLength": 2}, "te"),
        ({"type": "string", "format": "date-time"}, "2026-01-01T00:00:00Z"),
        ({"type": "boolean"}, False),
        ({"type": "integer"}, 1),
        ({"type": "integer", "minimum": 2.5}, 3),
        ({"type": "integer", "exclusiveMinimum": 3}, 4),
        ({"type": "integer", "maximum": -2}, -2),
        ({"type": "integer", "exclusiveMaximum": -2}, -3),
        ({"type": "integer", "minimum": 10, "multipleOf": 8}, 16),
        ({"type": "integer", "exclusiveMinimum": 16, "multipleOf": 8}, 24),
        ({"type": "number", "minimum": 0.2, "maximum": 0.4}, 0.2),
        ({"type": ["null", "number"], "maximum": 0.5}, 0),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [1, 1]),
        ({"type": "array", "items": {"type": "integer"}}, []),
        ({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["b"]}, {"a": "text", "b": None}),
        ({"anyOf": [{"type": "null"}, {"$ref": "#/colour"}]}, "red"),
        ({"oneOf": [{"type": "null"}]}, None),
        ({"allOf": [{"$ref": "#/colour"}], "description": "which"}, "red"),
        (
            {
                "allOf": [{"properties": {"a": {"type": "string"}}, "type": "object"}],
                "properties": {},
                "type": "object",
            },
            {"a": "text"},
        ),
        ({}, None),
    ],
)
def test_sample__is_allowed_by_its_schema(schema: Any, value: Any) -> None:
    """An example or a default, else the smallest valid value; jsonschema agrees."""
    made = sample(schema, resolve)

    assert made == value and type(made) is type(value)
    assert jsonschema_rs.is_valid({**schema, **REFERRED}, made)


def test_sample__of_a_schema_within_itself_comes_to_an_end() -> None:
    """What is optional is left out deep down; what requires itself cannot be made."""
    assert json.dumps(sample({"$ref": "#/tree"}, resolve)).count("left") == 4
    assert sample({"$ref": "#/tree"}, resolve, whole=False) == {}
    with pytest.raises(RecursionError):
        sample({"$ref": "#/chain"}, resolve)


JSON: dict[str, Any] = {"application/json": {"schema": {"$ref": "#/components/schemas/WebhookSecret"}}}
EXAMPLE = {"application/json": {"schema": {"type": "object"}, "example": {"an": "example"}}}


@pytest.mark.parametrize(
    ("responses", "status", "body"),
    [
        ({"200": {"description": "", "content": JSON}}, 200, {"key": "text"}),
        ({"201": {"description": "", "content": JSON}, "404": {"description": ""}}, 201, {"key": "text"}),
        ({"2XX": {"description": "", "content": EXAMPLE}}, 200, {"an": "example"}),
        ({"204": {"description": ""}}, 204, None),
        ({"404": {"description": ""}}, 501, None),
        ({"200": {"description": "", "content": {"video/mp4": {}}}}, 501, None),
        ({"200": {"$ref": "#/components/responses/Missing"}}, 501, None),
        ({"200": {"content": {"application/json": {"schema": {"type": "string", "pattern": "^[0-9]+$"}}}}}, 501, None),
        ({}, 501, None),
        (None, 501, None),
    ],
)
def test_operation__returns_a_sample_of_its_document(
    document: dict[str, Any], responses: Any, status: int, body: Any
) -> None:
    """The first described success, with a body that its schema allows; 501 where there is none."""
    parameter = {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 5}}
    document["paths"]["/trainings"] = {
        "get": {"operationId": "listTrainings", "parameters": [parameter], "responses": responses}
    }
    server = MockServer(spec=document)

    with httpx.Client(transport=server.transport, base_url="https://h.test/v1") as api:
        answer = api.get("/trainings", headers=AUTH)
        refused = [api.get("/trainings").status_code, api.get("/trainings?limit=6", headers=AUTH).status_code]

    assert answer.status_code == status and refused == [401, 422]
    assert body is None or answer.json() == body
    assert ("a sample of the response" in (server.journal[0].note or "")) == (status != 501)
