"""Validation of a create against the OpenAPI document before it is sent."""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .._numbers import conversion_hint
from ..errors import InvalidField, InvalidInputError
from .spec import parameters, spec

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator, ValidationError

_UNKNOWN = "additional_property_not_allowed"
# The service's error types (recorded traffic), by schema keyword.
_ERROR_TYPES = {
    "required": "required",
    "minimum": "number_gte",
    "maximum": "number_lte",
    "enum": "enum",
    "type": "invalid_type",
    "additionalProperties": _UNKNOWN,
}
_FORMAT_HINTS = {"date-time": " with an offset from UTC, such as 2026-01-31T08:30:00Z"}
# The most levels of arrays and objects in a body. Python's own limit depends on the caller's stack: what was validated
# might be too deep when it is sent.
_MAX_DEPTH = 100
# What json.dumps and encoding raise for a value that JSON cannot represent.
NOT_JSON = (TypeError, ValueError, RecursionError)


def invalid_fields(
    body: Mapping[str, Any], extra: Collection[str] = (), options: Collection[str] = ()
) -> list[InvalidField]:
    """Return what the spec forbids in a create's body: unknown names in the input, too, unless they are `extra`.

    An unknown name may mean one of the call's `options`.
    """
    invalid = _unknown_names(body["input"], extra, options)
    # The spec allows any text; the service answers an empty one with an error about the version.
    if body["version"] == "":
        invalid.append(InvalidField("invalid_type", "version", "it is empty; name a version, or leave it out"))
    try:
        sent = body if _is_plain_json(body) else to_json(body)
    except NOT_JSON:
        rest, invalid_rest = _fields_to_json({name: value for name, value in body.items() if name != "input"}, "")
        input, invalid_input = _fields_to_json(body["input"], "input.")
        invalid += invalid_rest + invalid_input
        sent = {**rest, "input": input}
    refused = {field.field for field in invalid}
    return invalid + [
        _invalid_field(error)
        for error in _validator().iter_errors(sent)
        # A field that JSON cannot represent is absent from what is validated, although the caller gave it.
        if _missing_field(error) not in refused
    ]


def merge_extra_input(input: Mapping[str, Any], extra: object) -> tuple[dict[str, Any], list[InvalidField]]:
    """Return an input with extra fields added, and the extra fields that are invalid."""
    if not isinstance(extra, Mapping):
        description = f"{display(extra)} is not a mapping of fields"
        return dict(input), [InvalidField("invalid_type", "extra_input", description)]
    invalid = [
        InvalidField("duplicate", f"extra_input.{name}", f"{display(value)} is for a field that the input has as well")
        for name, value in extra.items()
        if name in input
    ]
    invalid += [
        InvalidField("invalid_type", f"extra_input.{name}", "the name of a field should be a string")
        for name in extra
        if not isinstance(name, str)
    ]
    return {**{name: value for name, value in extra.items() if isinstance(name, str)}, **input}, invalid


def unknown_options(given: Iterable[str], known: Collection[str]) -> list[InvalidField]:
    """Return the options of a call that do not exist."""
    fields, hint = input_schema()["properties"], "it is a field of the model, which belongs in the input"
    return [
        InvalidField(_UNKNOWN, name, hint if name in fields else f"there is no such option{_hint(name, known, fields)}")
        for name in given
        if name not in known
    ]


def invalid_header(parameter: str, argument: str, value: object, header: str) -> list[InvalidField]:
    """Return an argument if its header does not match the pattern of the spec's parameter, or nothing."""
    described = spec()["components"]["parameters"][parameter]
    if re.search(described["schema"]["pattern"], header):
        return []
    reason = conversion_hint(value) or f": {described['description']}"
    return [InvalidField("pattern", argument, f"{display(value)} is not allowed{reason}")]


def invalid_parameters(operation_id: str, given: Mapping[str, Any]) -> list[InvalidField]:
    """Return the parameters of an operation that the spec forbids."""
    sent, invalid = _fields_to_json(given, "")
    return invalid + [_invalid_field(error) for error in _parameter_validator(operation_id).iter_errors(sent)]


def raise_if_invalid(invalid: Sequence[InvalidField]) -> None:
    """Raise an `InvalidInputError` with the invalid fields, sorted by name, if there are any."""
    if invalid:
        raise InvalidInputError(sorted(invalid, key=lambda field: field.field))


def input_schema() -> dict[str, Any]:
    """Return the schema of the model's input."""
    schema: dict[str, Any] = spec()["components"]["schemas"]["PredictionInput"]
    return schema


def none_hint(field: str | int) -> str:
    """Return the end of a message about None as a field's value; an empty string if the field is required."""
    return "" if field in input_schema().get("required", ()) else "; leave it out for the default"


def to_json(value: Any) -> Any:
    """Return a value as the server parses it; the validator does not accept subclasses of JSON's types."""
    text = json.dumps(value, allow_nan=False, ensure_ascii=False)
    text.encode()
    parsed = json.loads(text)
    level = [parsed]
    for _ in range(_MAX_DEPTH):
        nested = [inner for inner in level if isinstance(inner, list | dict)]
        level = [item for inner in nested for item in (inner.values() if isinstance(inner, dict) else inner)]
    if level:
        raise ValueError(f"it has more than {_MAX_DEPTH} levels of arrays and objects")
    return parsed


def _is_plain_json(value: Any, depth: int = 0) -> bool:
    """Whether a value is certain to be JSON as it is, as most bodies are; ten times as fast as `to_json`."""
    kind = type(value)
    if kind is dict:
        for name, inner in value.items():
            if type(name) is not str or not name.isascii() or not _is_plain_json(inner, depth + 1):
                return False
        return depth < _MAX_DEPTH
    if kind is str:
        return bool(value.isascii())
    if kind is int:
        return bool(value.bit_length() < 64)
    return kind is bool or (kind is float and math.isfinite(value))


def display(value: object, length: int = 80) -> str:
    """Return a value for a message, truncated; never the content of bytes."""
    text = f"this {type(value).__name__} object"
    if not isinstance(value, bytes | bytearray | memoryview):
        # Python refuses to convert an integer of more than 4300 digits.
        with suppress(ValueError, RecursionError):
            text = repr(value)
    return text if len(text) <= length else text[: length - 3] + "..."


@functools.cache
def _validator() -> Draft202012Validator:
    # Imported on first use: it takes as long as all other imports together, and a program that only reads needs none.
    from jsonschema_rs import Draft202012Validator

    root = {"$ref": "#/components/schemas/CreatePredictionRequest", "components": spec()["components"]}
    return Draft202012Validator(root, validate_formats=True)


@functools.cache
def _parameter_validator(operation_id: str) -> Draft202012Validator:
    from jsonschema_rs import Draft202012Validator

    root = {
        "properties": {name: parameter["schema"] for name, parameter in parameters(operation_id).items()},
        "components": spec()["components"],
    }
    return Draft202012Validator(root, validate_formats=True)


def _fields_to_json(fields: Mapping[str, Any], prefix: str) -> tuple[dict[str, Any], list[InvalidField]]:
    """Return fields as the server parses them, without those that JSON cannot represent, and the latter."""
    sent: dict[str, Any] = {}
    invalid = []
    for name, value in fields.items():
        try:
            sent |= to_json({name: value})
        except NOT_JSON as error:
            problem = f"{display(value)} cannot be sent as JSON{conversion_hint(value) or f': {error}'}"
            invalid.append(InvalidField("invalid_type", f"{prefix}{name}", problem))
    return sent, invalid


def _unknown_names(input: Mapping[str, Any], extra: Collection[str], options: Collection[str]) -> list[InvalidField]:
    known, hint = input_schema()["properties"], "it is an option, which is an argument of its own"
    return [
        InvalidField(
            _UNKNOWN,
            f"input.{name}",
            hint if name in options else f"there is no such field{_hint(name, known, options)}",
        )
        for name in input
        if name not in known and name not in extra
    ]


def _hint(name: object, known: Collection[str], others: Collection[str]) -> str:
    """Return the end of a message about an unknown name: a similar one among those known here or elsewhere, or all."""
    import difflib

    near = difflib.get_close_matches(str(name), [*known, *others], n=1)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(sorted(known))}"


def _invalid_field(error: ValidationError) -> InvalidField:
    error = _relevant_branch(error)
    keyword = error.kind.name
    field = ".".join(str(part) for part in error.instance_path)
    return InvalidField(_ERROR_TYPES.get(keyword, keyword), field, _description(keyword, error))


def _missing_field(error: ValidationError) -> str | None:
    """The path of a required field that is missing; None for any other error."""
    if error.kind.name != "required":
        return None
    return ".".join(map(str, [*error.instance_path, error.kind.as_dict()["property"]]))


def _relevant_branch(error: ValidationError) -> ValidationError:
    """The error in the branch of an anyOf whose type the value has, if there is one: a nullable field has two."""
    branches: list[list[ValidationError]] = error.kind.as_dict().get("context", [])
    of_its_type = [branch for branch in branches if all(inner.kind.name != "type" for inner in branch)]
    relevant = of_its_type[0][0] if len(of_its_type) == 1 else error
    return relevant if relevant.instance_path == error.instance_path else error


def _description(keyword: str, error: ValidationError) -> str:
    value, limit = display(error.instance), error.kind.value
    match keyword:
        case "minimum":
            return f"{value} is too small, at least {limit:g} is needed"
        case "maximum":
            return f"{value} is too large, at most {limit:g} is allowed"
        case "enum":
            return f"{value} is not one of {', '.join(map(str, limit))}"
        case "format":
            return f"{value} is not a {limit}{_FORMAT_HINTS.get(limit, '')}"
        case "type":
            hint = none_hint(error.instance_path[-1]) if error.instance is None else ""
            return f"{value} is not of type {' or '.join(limit)}{hint}"
        case "anyOf":
            return f"{value} is none of the forms that the spec allows"
        case _:
            return error.message
