"""Converts `nullable: true` of OpenAPI 3.0 to the null type of OpenAPI 3.1."""

from __future__ import annotations

from typing import Any


def convert_nullable(part: Any) -> Any:
    """Return a part of a document with each `nullable: true` replaced by the type null.

    The service still writes `nullable`. The generator knows both forms; JSON Schema, which checks inputs, does not know
    `nullable`.
    """
    if isinstance(part, list):
        return [convert_nullable(item) for item in part]
    if not isinstance(part, dict):
        return part
    schema = {key: convert_nullable(value) for key, value in part.items() if key != "nullable" or value is not True}
    if part.get("nullable") is not True:
        return schema
    if isinstance(name := schema.get("type"), str):
        return {**schema, "type": [name, "null"]}
    # What stands beside a reference stays beside the union that takes the reference's place.
    inner = {key: schema.pop(key) for key in ("$ref", "allOf", "anyOf", "oneOf") if key in schema}
    return {**schema, "anyOf": [inner, {"type": "null"}]}
