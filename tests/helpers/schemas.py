"""What the document allows and what it forbids, as validators and as strategies; nothing is said here that it says."""

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
    """A schema of the document, by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    """Tells whether the document allows a value."""
    return Draft202012Validator({**schema, "components": SPEC["components"]}, validate_formats=True)


def allowed(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that the document allows."""
    return _values(json.dumps(schema), schemathesis.GenerationMode.POSITIVE).filter(validator(schema).is_valid)


def forbidden(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """JSON values that the document forbids, most of them nearly right."""
    is_valid = validator(schema).is_valid
    values = _values(json.dumps(schema), schemathesis.GenerationMode.NEGATIVE)
    return values.filter(lambda value: not isinstance(value, bytes) and not is_valid(value))


def answers(operation: str) -> dict[str, dict[str, Any]]:
    """The answers of an operation by status, such as `404` or `5XX`."""
    described: dict[str, Any] = OPERATIONS[operation][2]["responses"]
    return {status: resolved(answer) for status, answer in described.items()}


def answer(operation: str, status: int) -> dict[str, Any]:
    """What the document says of an operation's answer with a status."""
    described = answers(operation)
    return described.get(str(status)) or described[f"{status // 100}XX"]


def content(answer: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The media type of an answer, and the schema of its body."""
    ((media_type, described),) = answer["content"].items()
    return media_type, described["schema"]


def resolved(described: dict[str, Any]) -> dict[str, Any]:
    """A part of the document, or what it refers to."""
    while "$ref" in described:
        described = functools.reduce(lambda part, name: part[name], described["$ref"].split("/")[1:], SPEC)
    return described


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal to the letter: Python takes 1, 1.0 and True for one another."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


@st.composite
def _values(draw: st.DrawFn, schema: str, mode: schemathesis.GenerationMode) -> Any:
    # Hypothesis writes a strategy out when a test fails, and this way it is a line.
    return draw(_bodies(schema, mode))


@functools.cache
def _bodies(schema: str, mode: schemathesis.GenerationMode) -> st.SearchStrategy[Any]:
    # schemathesis makes requests only, so what is wanted becomes the body of one.
    body = {"required": True, "content": {"application/json": {"schema": json.loads(schema)}}}
    document = {
        "openapi": SPEC["openapi"],
        "info": {"title": "values", "version": "1"},
        "paths": {"/": {"post": {"requestBody": body, "responses": {"200": {"description": "Received."}}}}},
        "components": {"schemas": SCHEMAS},
    }
    loaded = schemathesis.openapi.from_dict(document, config=schemathesis.Config.from_dict({}))
    return loaded["/"]["POST"].as_strategy(generation_mode=mode).map(lambda case: case.body)
