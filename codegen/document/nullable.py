"""Converts `nullable: true` of OpenAPI 3.0 to the null type of OpenAPI 3.1."""

from __future__ import annotations

from typing import Any

# The keywords whose values are data, in which `nullable` is a word like any other.
_DATA = frozenset({"const", "default", "enum", "example", "examples"})

# The keywords whose values have names for keys, such as a property or a response with the name `default`.
_NAMES = frozenset(
    {"$defs", "definitions", "dependentSchemas", "patternProperties", "properties", "responses", "schemas"}
)


def convert_nullable(part: Any) -> Any:
    """Return a part of a document with each `nullable: true` of a schema replaced by the type null.

    The service still writes `nullable`. The generator knows both forms; JSON Schema, which checks inputs, does not know
    `nullable`.
    """
    if isinstance(part, list):
        return [convert_nullable(item) for item in part]
    if not isinstance(part, dict):
        return part
    schema = {key: _value(key, value) for key, value in part.items() if key != "nullable" or value is not True}
    if part.get("nullable") is not True:
        return schema
    if isinstance(name := schema.get("type"), str):
        return {**schema, "type": [name, "null"]}
    # What stands beside a reference stays beside the union that takes the reference's place.
    inner = {key: schema.pop(key) for key in ("$ref", "allOf", "anyOf", "oneOf") if key in schema}
    return {**schema, "anyOf": [inner, {"type": "null"}]}


def _value(key: str, value: Any) -> Any:
    """Return the value of a keyword, converted where it holds schemas."""
    if key in _DATA:
        return value
    if key in _NAMES and isinstance(value, dict):
        return {name: convert_nullable(part) for name, part in value.items()}
    return convert_nullable(value)
