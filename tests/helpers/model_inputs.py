"""Inputs for any model: the smallest one, those at the edges, those beyond them."""

from __future__ import annotations

import base64
import io
import json
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from math import inf, nextafter
from typing import Any

from helpers.model_files import Field, ModelFile

LONG_TEXT = "a long text, " * 1000
UNKNOWN = "unheard_of"
_SOUND = ("audio", "speaker", "voice", "sound", "recording")
_BOUNDS = (("minimum", "exclusiveMinimum", 1, inf), ("maximum", "exclusiveMaximum", -1, -inf))


@dataclass(frozen=True)
class Allowed:
    """An input that the schema allows.

    Args:
        reason: The value that is at an edge, in words.
    """

    reason: str
    input: dict[str, Any]


@dataclass(frozen=True)
class Forbidden:
    """An input that the schema forbids, and the error that the service reports.

    Args:
        field: The path of the invalid field.
        type: The service's name for the kind of error; empty where the schema contradicts itself.
        description: The service's words, or the beginning of them.
    """

    input: dict[str, Any]
    field: str
    type: str = ""
    description: str = ""


def minimal_input(model: ModelFile) -> dict[str, Any]:
    """The required fields alone."""
    return {field.name: sample(model, field) for field in model.fields if field.required}


def allowed_inputs(model: ModelFile) -> Iterator[Allowed]:
    """Yield inputs with each field at each of its edges, then with all fields at the lower and the upper ones."""
    smallest = minimal_input(model)
    lowest, highest = dict(smallest), dict(smallest)
    for field in model.fields:
        values = list(_edges(model, field))
        for value in values:
            yield Allowed(f"{field.name}: {json.dumps(value)[:60]}", {**smallest, field.name: value})
        if values:
            lowest[field.name], highest[field.name] = values[0], values[-1]
    yield Allowed("all fields at their first edge", lowest)
    yield Allowed("all fields at their last edge", highest)


def forbidden_inputs(model: ModelFile) -> Iterator[Forbidden]:
    """Yield an input for each way to violate the schema, by the nearest value."""
    smallest = minimal_input(model)
    for field in model.fields:
        for value, kind, description in _violations(model, field):
            yield Forbidden({**smallest, field.name: value}, f"input.{field.name}", kind, description)
        if field.required:
            rest = {name: value for name, value in smallest.items() if name != field.name}
            yield Forbidden(rest, "input", "required", f"{field.name} is required")
    if model.input.get("additionalProperties") is False:
        error = ("additional_property_not_allowed", f"Additional property {UNKNOWN} is not allowed")
        yield Forbidden({**smallest, UNKNOWN: 1}, "input", *error)


def sample(model: ModelFile, field: Field) -> Any:
    """A valid value of a field."""
    schema = field.schema
    if schema.get("default") is not None and not field.contradictory:
        return schema["default"]
    if "enum" in schema:
        return schema["enum"][0]
    match field.type:
        case "string":
            return _text(field)
        case "integer" | "number":
            return next(iter(_numbers(field)), 1)
        case "boolean":
            return True
        case "array":
            return [_item(model, field)] * max(1, schema.get("minItems", 0))
        case None if "anyOf" in schema:
            return sample(model, model.resolve(field.name, schema["anyOf"][0]))
        case _ if "const" in schema:
            return schema["const"]
        case _:
            return _object(model, field)


def _item(model: ModelFile, field: Field) -> Any:
    return sample(model, model.resolve(field.name, field.schema.get("items", {})))


def _object(model: ModelFile, field: Field) -> dict[str, Any]:
    """An object with the required properties alone."""
    properties = field.schema.get("properties", {})
    return {name: sample(model, model.resolve(name, properties[name])) for name in field.schema.get("required", [])}


def _text(field: Field) -> str:
    schema = field.schema
    match schema.get("format"):
        case "uri":
            return sound_uri() if any(word in field.name for word in _SOUND) else picture_uri()
        case "date":
            return "2024-02-29"
        case "date-time":
            return "2024-02-29T12:00:00Z"
        case _:
            return str(schema.get("examples", ["a lighthouse"])[0])[: schema.get("maxLength")]


def _edges(model: ModelFile, field: Field) -> Iterator[Any]:
    """The values of a field at its edges, from the lowest to the highest."""
    schema = field.schema
    if field.nullable:
        yield None
    if "enum" in schema:
        yield from schema["enum"]
        if field.contradictory:
            yield from (int(value) for value in schema["enum"] if str(value).isdigit())
        return
    match field.type:
        case "integer" | "number":
            yield from _numbers(field)
        case "boolean":
            yield from (False, True)
        case "string" if "format" in schema or "pattern" in schema:
            yield sample(model, field)
            if schema.get("format") == "uri":
                yield "https://files.example/a%20file.png?size=1"
        case "string":
            yield "-" * schema.get("minLength", 0)
            yield "-" * schema["maxLength"] if "maxLength" in schema else LONG_TEXT
        case "array":
            item = _item(model, field)
            yield [item] * schema.get("minItems", 0)
            yield [item] * schema.get("maxItems", 3)
        case "object":
            yield _object(model, field)
        case None if "anyOf" not in schema and "const" not in schema:
            yield from (None, 0, "text", [1], {"a": {"b": []}})


def _numbers(field: Field) -> Iterator[Any]:
    integer = field.type == "integer"
    for bound, exclusive, step, inward in _BOUNDS:
        edge, excluded = _bound(field, bound, exclusive)
        if edge is not None and excluded:
            yield int(edge) + step if integer else nextafter(edge, inward)
        elif edge is not None:
            yield int(edge) if integer else edge


def _bound(field: Field, bound: str, exclusive: str) -> tuple[float | None, bool]:
    """A bound, and whether it is excluded: OpenAPI 3.0 says so with true, JSON Schema with a second number."""
    stated = field.schema.get(exclusive)
    if stated is None or isinstance(stated, bool):
        return field.schema.get(bound), bool(stated)
    return stated, True


def _violations(model: ModelFile, field: Field) -> Iterator[tuple[Any, str, str]]:
    """Values just beyond the edges of a field, each with the kind of error and the beginning of the service's words."""
    schema = field.schema
    name, integer = f"input.{field.name}", field.type == "integer"
    if field.contradictory:
        yield f"{schema['enum'][0]}-", "", ""
        return
    for bound, exclusive, step, inward in _BOUNDS:
        edge, excluded = _bound(field, bound, exclusive)
        if edge is not None:
            more = "greater" if bound == "minimum" else "less"
            beyond = edge if excluded else int(edge) - step if integer else nextafter(edge, -inward)
            word = f"{more} than" if excluded else f"{more} than or equal to"
            yield beyond, f"number_{more[0]}t{'' if excluded else 'e'}", f"Must be {word} {edge:.15g}"
    if "enum" in schema:
        unlisted = f"{schema['enum'][0]}-" if field.type == "string" else max(schema["enum"]) + 1
        listed = ", ".join(json.dumps(value, ensure_ascii=False) for value in schema["enum"])
        yield unlisted, "enum", f"{name} must be one of the following: {listed}"
    if "multipleOf" in schema:
        yield sample(model, field) + 1, "multiple_of", f"Must be a multiple of {schema['multipleOf']}"
    for bound, step, word in (("minLength", -1, "greater"), ("maxLength", 1, "less")):
        if bound in schema:
            description = f"String length must be {word} than or equal to {schema[bound]}"
            yield "-" * (schema[bound] + step), f"string_{word[0]}te", description
    for bound, step, word in (("minItems", -1, "least"), ("maxItems", 1, "most")):
        if bound in schema:
            items = [_item(model, field)] * (schema[bound] + step)
            yield items, f"array_{bound[:3]}_items", f"Array must have at {word} {schema[bound]} items"
    if "pattern" in schema:
        yield "?", "pattern", f"Does not match pattern '{schema['pattern']}'"
    if schema.get("format") in {"uri", "date", "date-time"}:
        yield "no such thing", "format", f"Does not match format '{schema['format']}'"
    if field.type is not None:
        for value, given in [*_OTHERS[field.type], *([] if field.nullable else [(None, "null")])]:
            # Where null is allowed, the types are listed.
            expected = "" if field.nullable else f"{field.type}, given: {given}"
            yield value, "invalid_type", f"Invalid type. Expected: {expected}"


_OTHERS: dict[str, list[tuple[Any, str]]] = {
    "string": [(7, "integer"), ([], "array")],
    "integer": [(1.5, "number"), ("1", "string"), (True, "boolean")],
    "number": [("1", "string"), (True, "boolean")],
    "boolean": [("true", "string"), (1, "integer")],
    "array": [("a", "string"), ({}, "object")],
    "object": [("a", "string"), ([], "array")],
}


@cache
def picture_uri() -> str:
    """A picture as a `data:` URI."""
    from PIL import Image

    content = io.BytesIO()
    Image.new("RGB", (48, 32), (200, 40, 40)).save(content, "PNG")
    return f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}"


@cache
def sound_uri() -> str:
    """A tenth of a second of silence as a `data:` URI."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(1600))
    return f"data:audio/wav;base64,{base64.b64encode(content.getvalue()).decode()}"
