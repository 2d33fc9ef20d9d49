"""The schemas of the OpenAPI document, as validators and as Hypothesis strategies."""

from __future__ import annotations

import functools
import json
from typing import Any

import schemathesis
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator

from zeroscope._service import spec as _spec

SPEC = _spec.spec()
SCHEMAS: dict[str, Any] = SPEC["components"]["schemas"]
INPUT: dict[str, Any] = SCHEMAS["PredictionInput"]
OPERATIONS: dict[str, tuple[str, str, dict[str, Any]]] = {
    operation["operationId"]: (method, path, operation)
    for path, item in SPEC["paths"].items()
    for method, operation in item.items()
    if method in {"get", "post"}
}
"""Method, path and description of each operation, by its operationId."""


def ref(name: str) -> dict[str, Any]:
    """Return a reference to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    """Return a validator for a schema of the document."""
    return Draft202012Validator({**schema, "components": SPEC["components"]}, validate_formats=True)


def allowed(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return a strategy for values that the document allows."""
    return _values(json.dumps(schema), schemathesis.GenerationMode.POSITIVE).filter(validator(schema).is_valid)


def forbidden(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return a strategy for JSON values that the document forbids, most of them nearly valid."""
    is_valid = validator(schema).is_valid
    values = _values(json.dumps(schema), schemathesis.GenerationMode.NEGATIVE)
    return values.filter(lambda value: not isinstance(value, bytes) and not is_valid(value))


def documented_responses(operation: str) -> dict[str, dict[str, Any]]:
    """Return the responses of an operation by status, such as `404` or `5XX`."""
    described: dict[str, Any] = OPERATIONS[operation][2]["responses"]
    return {status: resolved(response) for status, response in described.items()}


def documented_response(operation: str, status: int) -> dict[str, Any]:
    """Return the document's description of an operation's response with a status."""
    described = documented_responses(operation)
    return described.get(str(status)) or described[f"{status // 100}XX"]


def content(response: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the media type of a response, and the schema of its body."""
    ((media_type, described),) = response["content"].items()
    return media_type, described["schema"]


def resolved(described: dict[str, Any]) -> dict[str, Any]:
    """Return a part of the document, with a reference followed."""
    while "$ref" in described:
        described = functools.reduce(lambda part, name: part[name], described["$ref"].split("/")[1:], SPEC)
    return described


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are written alike: in Python 1, 1.0 and True are equal."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


@st.composite
def _values(draw: st.DrawFn, schema: str, mode: schemathesis.GenerationMode) -> Any:
    # Hypothesis prints the strategy when a test fails, and this way that takes one line.
    return draw(_bodies(schema, mode))


@functools.cache
def _bodies(schema: str, mode: schemathesis.GenerationMode) -> st.SearchStrategy[Any]:
    # schemathesis generates requests only, so the value becomes the body of one.
    body = {"required": True, "content": {"application/json": {"schema": json.loads(schema)}}}
    document = {
        "openapi": SPEC["openapi"],
        "info": {"title": "values", "version": "1"},
        "paths": {"/": {"post": {"requestBody": body, "responses": {"200": {"description": "Received."}}}}},
        "components": {"schemas": SCHEMAS},
    }
    loaded = schemathesis.openapi.from_dict(document, config=schemathesis.Config.from_dict({}))
    return loaded["/"]["POST"].as_strategy(generation_mode=mode).map(lambda case: case.body)
