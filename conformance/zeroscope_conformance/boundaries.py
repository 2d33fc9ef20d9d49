"""Boundary values: the last that the document allows, the first it forbids."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf, nextafter
from typing import Any

from .document import Document, schema_type

UNKNOWN_PROPERTY = "unheard_of"


@dataclass(frozen=True, slots=True)
class BoundaryInput:
    """A valid input with values at the bounds of the document.

    Args:
        rule: The name of the rule that demands its acceptance.
        reason: Why it is valid.
    """

    rule: str
    reason: str
    input: dict[str, Any]


@dataclass(frozen=True, slots=True)
class InvalidRequest:
    """The body of a create that is invalid for one reason.

    Args:
        rule: The name of the rule that demands its refusal.
        field: The path of the invalid field.
        constraint: The constraint that it violates, in words.
    """

    rule: str
    field: str
    body: dict[str, Any]
    constraint: str


def boundary_inputs(document: Document) -> Iterator[BoundaryInput]:
    """Yield inputs with every bound and every enum value."""
    for bound in ("minimum", "maximum"):
        found = {name: schema[bound] for name, schema in document.input_fields if bound in schema}
        if found:
            values = ", ".join(f"input.{name} {value}" for name, value in found.items())
            reason = f"each {bound} is allowed: {values}"
            yield BoundaryInput("bounds-enforced", reason, {**document.required_input, **found})
    for name, schema in document.input_fields:
        for value in schema.get("enum", []):
            reason = f"input.{name} may be {value!r}"
            yield BoundaryInput("enum-enforced", reason, {**document.required_input, name: value})


def invalid_requests(document: Document) -> Iterator[InvalidRequest]:
    """Yield one request for each way to violate a constraint of the document, by the nearest value."""
    for name, schema in document.input_fields:
        yield from _invalid_values(document, name, schema)
    for name in document.input.get("required", []):
        input = {key: value for key, value in document.required_input.items() if key != name}
        field = f"input.{name}"
        yield InvalidRequest("required-enforced", field, document.body(input), f"{field} is required")
    for name in document.create_body.get("required", []):
        body = {key: value for key, value in document.body(document.required_input).items() if key != name}
        yield InvalidRequest("required-enforced", name, body, f"{name} is required")
    if document.create_body.get("additionalProperties") is False:
        body = {**document.body(document.required_input), UNKNOWN_PROPERTY: 1}
        yield InvalidRequest("unknown-names-refused", UNKNOWN_PROPERTY, body, "no unknown properties are allowed")


def _invalid_values(document: Document, name: str, schema: Mapping[str, Any]) -> Iterator[InvalidRequest]:
    field = f"input.{name}"

    def request(rule: str, value: Any, constraint: str) -> InvalidRequest:
        body = document.body({**document.required_input, name: value})
        return InvalidRequest(rule, field, body, f"{field}: {constraint}")

    is_integer = schema_type(schema) == "integer"
    for bound, step, direction in (("minimum", -1, -inf), ("maximum", 1, inf)):
        if bound in schema:
            value = schema[bound] + step if is_integer else nextafter(schema[bound], direction)
            yield request("bounds-enforced", value, f"{bound} {schema[bound]}")
    if "enum" in schema:
        yield request("enum-enforced", f"{schema['enum'][0]}-", f"one of {json.dumps(schema['enum'])}")
    for value, word in _values_of_other_types(schema):
        yield request("types-enforced", value, f"{schema_type(schema)}, not {word}")


def _values_of_other_types(schema: Mapping[str, Any]) -> Iterator[tuple[Any, str]]:
    """Yield values that a lenient server would convert to the type of a schema, each with its type in words."""
    expected = schema_type(schema)
    if expected is None:
        return
    others: dict[str, tuple[Any, str]] = {
        "string": (7, "a number"),
        "integer": (1.5, "a fraction"),
        "number": ("1", "a string"),
        "boolean": ("true", "a string"),
        "array": ("a", "a string"),
        "object": ([], "an array"),
    }
    yield others[expected]
    if expected in {"integer", "number"}:
        yield True, "a boolean"
    if "null" not in (schema["type"] if isinstance(schema["type"], list) else []):
        yield None, "null"
