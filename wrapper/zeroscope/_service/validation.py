"""Checks a create against the spec before it is sent, all faults at once."""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ..errors import InvalidField, InvalidInputError
from .spec import spec

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator, ValidationError

# The service's words for kinds of faults (recorded traffic), by the schema keyword that finds them.
_KINDS = {
    "required": "required",
    "minimum": "number_gte",
    "maximum": "number_lte",
    "enum": "enum",
    "type": "invalid_type",
    "additionalProperties": "additional_property_not_allowed",
}

# What writing or encoding JSON raises for a value that it cannot carry.
_NOT_JSON = (TypeError, ValueError, RecursionError)


def faults(body: Mapping[str, Any], extra: Collection[str] = ()) -> list[InvalidField]:
    """Everything in a body that the spec forbids, and every name in its input that the spec does not know.

    Args:
        body: The body of a create.
        extra: The names that the input may have although the spec does not know them.
    """
    found = _unknown_names(body["input"], extra)
    try:
        as_sent = body if _arrives_as_it_is(body) else plain(body)
    except _NOT_JSON:
        found += _not_json(body)
        unusable = {fault.field for fault in found}
        usable = {name: value for name, value in body["input"].items() if f"input.{name}" not in unusable}
        rest = {name: value for name, value in body.items() if name not in unusable}
        as_sent = plain({**rest, "input": usable})
    return found + [_fault(error) for error in _validator().iter_errors(as_sent)]


def merge(input: Mapping[str, Any], extra: object) -> tuple[dict[str, Any], list[InvalidField]]:
    """An input with extra fields in it, and what is wrong with those.

    Args:
        input: The input.
        extra: The fields to add, under names that the input does not have.
    """
    if not isinstance(extra, Mapping):
        fault = f"{show(extra)} is not a mapping of fields"
        return dict(input), [InvalidField("invalid_type", "extra_input", fault)]
    found = [
        InvalidField("duplicate", f"extra_input.{name}", f"{show(value)} is for a field that the input has as well")
        for name, value in extra.items()
        if name in input
    ]
    found += [
        InvalidField("invalid_type", f"extra_input.{name}", "the name of a field should be a text")
        for name in extra
        if not isinstance(name, str)
    ]
    return {**{name: value for name, value in extra.items() if isinstance(name, str)}, **input}, found


def unknown_options(given: Mapping[str, Any], known: Mapping[str, Any]) -> list[InvalidField]:
    """The options of a create that there are not.

    Args:
        given: Those that were given.
        known: Those that there are.
    """
    of_the_input = "it is a field of the model, which belongs into the input"
    return [
        InvalidField(
            "additional_property_not_allowed",
            name,
            of_the_input if name in input_schema()["properties"] else f"there is no such option{_meant(name, known)}",
        )
        for name in given
        if name not in known
    ]


def header_faults(parameter: str, argument: str, value: object, header: str) -> list[InvalidField]:
    """What is wrong with an argument whose header breaks the pattern in the spec.

    Args:
        parameter: The header's name among the spec's parameters.
        argument: The argument's name.
        value: The argument.
        header: What would be sent.
    """
    described = spec()["components"]["parameters"][parameter]
    if re.search(described["schema"]["pattern"], header):
        return []
    return [InvalidField("pattern", argument, f"{show(value)} is not allowed: {described['description']}")]


def refuse(found: Sequence[InvalidField]) -> None:
    """Raise an error that lists faults in the order of their fields, if there are any.

    Raises:
        InvalidInputError: With every fault.
    """
    if found:
        raise InvalidInputError(sorted(found, key=lambda fault: fault.field))


def input_schema() -> dict[str, Any]:
    """The schema of the model's input."""
    schema: dict[str, Any] = spec()["components"]["schemas"]["PredictionInput"]
    return schema


def instead_of_none(field: str | int) -> str:
    """What a message says to those who give None for a field: nothing, where the field is required."""
    return "" if field in input_schema().get("required", ()) else "; leave it out for the default"


def plain(value: Any) -> Any:
    """A value as it arrives after it was sent; the validator does not take subclasses of its types."""
    text = json.dumps(value, allow_nan=False, ensure_ascii=False)
    text.encode()
    return json.loads(text)


def _arrives_as_it_is(value: Any) -> bool:
    """Whether this is surely JSON as it stands, as most bodies are: to tell takes a fraction of what `plain` takes."""
    kind = type(value)
    if kind is dict:
        for name, inner in value.items():
            if type(name) is not str or not name.isascii() or not _arrives_as_it_is(inner):
                return False
        return True
    if kind is str:
        return bool(value.isascii())
    if kind is int:
        return bool(value.bit_length() < 64)
    return kind is bool or (kind is float and math.isfinite(value))


def show(value: object, length: int = 80) -> str:
    """A value for a message, cut where it is long; never the content of bytes."""
    text = f"this {type(value).__name__} object"
    if not isinstance(value, bytes | bytearray | memoryview):
        # Python writes no integer of more than 4300 digits.
        with suppress(ValueError, RecursionError):
            text = repr(value)
    return text if len(text) <= length else text[: length - 3] + "..."


@functools.cache
def _validator() -> Draft202012Validator:
    # Imported on first use: it takes as long as everything else together, and a program that only reads needs none.
    from jsonschema_rs import Draft202012Validator

    root = {"$ref": "#/components/schemas/CreatePredictionRequest", "components": spec()["components"]}
    return Draft202012Validator(root, validate_formats=True)


def _not_json(body: Mapping[str, Any]) -> list[InvalidField]:
    """The values that JSON cannot carry."""
    values = {name: value for name, value in body.items() if name != "input"}
    values |= {f"input.{name}": value for name, value in body["input"].items()}
    found = []
    for name, value in values.items():
        try:
            plain({name: value})
        except _NOT_JSON as error:
            found.append(InvalidField("invalid_type", name, f"{show(value)} cannot be sent as JSON: {error}"))
    return found


def _unknown_names(input: Mapping[str, Any], extra: Collection[str]) -> list[InvalidField]:
    known = input_schema()["properties"]
    return [
        InvalidField("additional_property_not_allowed", f"input.{name}", f"there is no such field{_meant(name, known)}")
        for name in input
        if name not in known and name not in extra
    ]


def _meant(name: str, known: Mapping[str, Any]) -> str:
    import difflib

    near = difflib.get_close_matches(str(name), known, n=1)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(sorted(known))}"


def _fault(error: ValidationError) -> InvalidField:
    error = _meant_branch(error)
    keyword = error.kind.name
    field = ".".join(str(part) for part in error.instance_path)
    return InvalidField(_KINDS.get(keyword, keyword), field, _describe(keyword, error))


def _meant_branch(error: ValidationError) -> ValidationError:
    """What is wrong with the value of a field that may be null as well, by what it may be otherwise."""
    branches: list[list[ValidationError]] = error.kind.as_dict().get("context", [])
    of_its_type = [branch for branch in branches if all(inner.kind.name != "type" for inner in branch)]
    meant = of_its_type[0][0] if len(of_its_type) == 1 else error
    return meant if meant.instance_path == error.instance_path else error


def _describe(keyword: str, error: ValidationError) -> str:
    value, limit = show(error.instance), error.kind.value
    match keyword:
        case "minimum":
            return f"{value} is too small, at least {limit:g} is needed"
        case "maximum":
            return f"{value} is too large, at most {limit:g} is allowed"
        case "enum":
            return f"{value} is not one of {', '.join(map(str, limit))}"
        case "format":
            return f"{value} is not a {limit}"
        case "type" if error.instance is None:
            return f"None is not of type {' or '.join(limit)}{instead_of_none(error.instance_path[-1])}"
        case "type":
            return f"{value} is not of type {' or '.join(limit)}"
        case "anyOf":
            return f"{value} is none of the forms that the spec allows"
        case _:
            return error.message
