"""Checks a create against the spec before it is sent, all faults at once."""

from __future__ import annotations

import difflib
import functools
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ._api import spec
from .errors import InvalidField, InvalidInputError

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


def check(body: Mapping[str, Any]) -> None:
    """Refuse a body that the spec forbids, or whose input has a name that the spec does not know.

    Args:
        body: The body of a create.

    Raises:
        InvalidInputError: With every fault.
    """
    faults = _unknown_names(body["input"])
    try:
        plain = _plain(body)
    except _NOT_JSON:
        faults += _not_json(body)
        unusable = {fault.field for fault in faults}
        usable = {name: value for name, value in body["input"].items() if f"input.{name}" not in unusable}
        rest = {name: value for name, value in body.items() if name not in unusable}
        plain = _plain({**rest, "input": usable})
    faults += [_fault(error) for error in _validator().iter_errors(plain)]
    if faults:
        raise InvalidInputError(sorted(faults, key=lambda fault: fault.field))


def check_header(parameter: str, argument: str, value: object, header: str) -> None:
    """Refuse an argument whose header breaks the pattern in the spec.

    Args:
        parameter: The header's name among the spec's parameters.
        argument: The argument's name.
        value: The argument.
        header: What would be sent.

    Raises:
        InvalidInputError: If it breaks the pattern.
    """
    described = spec()["components"]["parameters"][parameter]
    if not re.search(described["schema"]["pattern"], header):
        fault = f"{_show(value)} is not allowed: {described['description']}"
        raise InvalidInputError([InvalidField("pattern", argument, fault)])


def input_schema() -> dict[str, Any]:
    """The schema of the model's input."""
    schema: dict[str, Any] = spec()["components"]["schemas"]["PredictionInput"]
    return schema


@functools.cache
def _validator() -> Draft202012Validator:
    # Imported on first use: it takes as long as everything else together, and a program that only reads needs none.
    from jsonschema_rs import Draft202012Validator

    root = {"$ref": "#/components/schemas/CreatePredictionRequest", "components": spec()["components"]}
    return Draft202012Validator(root, validate_formats=True)


def _plain(value: Any) -> Any:
    """A value as it arrives after it was sent; the validator does not take subclasses of its types."""
    text = json.dumps(value, allow_nan=False, ensure_ascii=False)
    text.encode()
    return json.loads(text)


def _not_json(body: Mapping[str, Any]) -> list[InvalidField]:
    """The values that JSON cannot carry."""
    values = {name: value for name, value in body.items() if name != "input"}
    values |= {f"input.{name}": value for name, value in body["input"].items()}
    faults = []
    for name, value in values.items():
        try:
            _plain(value)
        except _NOT_JSON as error:
            faults.append(InvalidField("invalid_type", name, f"{_show(value)} cannot be sent as JSON: {error}"))
    return faults


def _unknown_names(input: Mapping[str, Any]) -> list[InvalidField]:
    known = input_schema()["properties"]
    return [
        InvalidField("additional_property_not_allowed", f"input.{name}", f"there is no such field{_meant(name, known)}")
        for name in input
        if name not in known
    ]


def _meant(name: str, known: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(str(name), known, n=1)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(sorted(known))}"


def _fault(error: ValidationError) -> InvalidField:
    keyword = error.kind.name
    field = ".".join(str(part) for part in error.instance_path)
    return InvalidField(_KINDS.get(keyword, keyword), field, _describe(keyword, error))


def _describe(keyword: str, error: ValidationError) -> str:
    value, limit = _show(error.instance), error.kind.value
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
            return f"None is not of type {' or '.join(limit)}; leave it out for the default"
        case "type":
            return f"{value} is not of type {' or '.join(limit)}"
        case "anyOf":
            return f"{value} is none of the forms that the spec allows"
        case _:
            return error.message


def _show(value: object) -> str:
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        # Python writes no integer of more than 4300 digits.
        text = f"this {type(value).__name__}"
    return text if len(text) <= 80 else text[:77] + "..."
