"""Validation of a create against the OpenAPI document before it is sent."""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from .._numbers import conversion_hint
from ..errors import InvalidField, InvalidInputError
from .invalid_fields import UNKNOWN, display, invalid_field, missing_field, shown
from .spec import input_schema, parameters, spec

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

# The most levels of arrays and objects in a body. Python's own limit depends on the caller's stack: what was validated
# might be too deep when it is sent.
_MAX_DEPTH = 100
# Values that are sent as they are, or refused by the validation of the whole.
_SCALARS = (str, int, float, bytes, bytearray, memoryview)
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
        invalid_field(error, options)
        for error in _validator().iter_errors(sent)
        # A field that JSON cannot represent is absent from what is validated, although the caller gave it.
        if missing_field(error) not in refused
    ]


def merge_extra_input(input: Mapping[str, Any], extra: object) -> tuple[dict[str, Any], list[InvalidField]]:
    """Return an input as it is sent, with extra fields added, and the extra fields that are invalid."""
    input = {name: _as_sent(value) for name, value in input.items()}
    if not isinstance(extra, Mapping):
        description = f"{display(extra)} is not a mapping of fields"
        return input, [InvalidField("invalid_type", "extra_input", description)]
    invalid = [
        InvalidField(
            "duplicate", f"extra_input.{name}", f"{shown(name, value)} is for a field that the input has as well"
        )
        for name, value in extra.items()
        if name in input
    ]
    invalid += [
        InvalidField("invalid_type", f"extra_input.{name}", "the name of a field should be a string")
        for name in extra
        if not isinstance(name, str)
    ]
    return {**{name: _as_sent(value) for name, value in extra.items() if isinstance(name, str)}, **input}, invalid


def _as_sent(value: Any) -> Any:
    """Return a value with dates in it as text, mappings as dicts and sequences as lists; any other as it is."""
    # First, as most values are of these types, and the check of an abstract class takes long.
    if isinstance(value, _SCALARS):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, Mapping | Sequence):
        return value
    converted = []

    def convert(inner: Any) -> Any:
        converted.append(inner)
        if isinstance(inner, date):
            return inner.isoformat()
        if isinstance(inner, Mapping):
            return dict(inner)
        if isinstance(inner, Sequence) and not isinstance(inner, bytes | bytearray | memoryview):
            return list(inner)
        raise TypeError(f"Object of type {type(inner).__name__} is not JSON serializable")

    try:
        text = json.dumps(value, default=convert)
    except NOT_JSON:
        # The validation of the whole says what is wrong.
        return value
    return json.loads(text) if converted else value


def unknown_options(given: Iterable[str], known: Collection[str]) -> list[InvalidField]:
    """Return the options of a call that do not exist."""
    fields, hint = input_schema()["properties"], "it is a field of the model, which belongs in the input"
    return [
        InvalidField(UNKNOWN, name, hint if name in fields else f"there is no such option{_hint(name, known, fields)}")
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
    return invalid + [invalid_field(error) for error in _parameter_validator(operation_id).iter_errors(sent)]


def raise_if_invalid(invalid: Sequence[InvalidField]) -> None:
    """Raise an `InvalidInputError` with the invalid fields, sorted by name, if there are any."""
    if invalid:
        raise InvalidInputError(sorted(invalid, key=lambda field: field.field))


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


def require_json(argument: str, value: Any) -> Any:
    """Return a value as the server parses it; an InvalidInputError says why it cannot be sent."""
    sent, invalid = _fields_to_json({argument: value}, "")
    raise_if_invalid(invalid)
    return sent[argument]


def require_query(argument: str, parameters: Any) -> dict[str, Any]:
    """Return the parameters of a query without those that are None; an InvalidInputError says what cannot be sent."""
    if not isinstance(parameters, Mapping):
        problem = f"this {type(parameters).__name__} object is not a mapping of parameters"
        raise InvalidInputError([InvalidField("invalid_type", argument, problem)])
    given = {name: value for name, value in parameters.items() if value is not None}
    # As JSON, a value of a subclass, such as a member of an enumeration, is that of its base class.
    sent = _fields_to_json({name: value for name, value in given.items() if isinstance(name, str)}, "")[0]
    kinds = (str, int, float)
    invalid = [
        InvalidField(
            "invalid_type", f"{argument}.{name}", f"{display(value)} is not text, a number, or a list of these"
        )
        for name, value in given.items()
        if name not in sent
        or not all(isinstance(each, kinds) for each in (sent[name] if isinstance(sent[name], list) else [sent[name]]))
    ]
    raise_if_invalid(invalid)
    return sent


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
            text = shown(name, value) if prefix == "input." else display(value)
            problem = f"{text} cannot be sent as JSON{conversion_hint(value) or f': {error}'}"
            invalid.append(InvalidField("invalid_type", f"{prefix}{name}", problem))
    return sent, invalid


def _unknown_names(input: Mapping[str, Any], extra: Collection[str], options: Collection[str]) -> list[InvalidField]:
    known, hint = input_schema()["properties"], "it is an option, which is an argument of its own"
    return [
        InvalidField(
            UNKNOWN,
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
