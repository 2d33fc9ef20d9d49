"""Invalid fields: what the validator's errors say, in the words of the service."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from typing import TYPE_CHECKING

from ..errors import InvalidField
from .secret_fields import is_secret
from .spec import input_schema

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError

UNKNOWN = "additional_property_not_allowed"
# The service's error types (recorded traffic), by schema keyword.
_ERROR_TYPES = {
    "required": "required",
    "minimum": "number_gte",
    "maximum": "number_lte",
    "enum": "enum",
    "type": "invalid_type",
    "additionalProperties": UNKNOWN,
}
_FORMAT_HINTS = {"date-time": " with an offset from UTC, such as 2026-01-31T08:30:00Z"}
_SECRET = "this secret"
# The field of a message about what encloses the input, as there is no name for it.
_BODY = "body"


def none_hint(field: str | int) -> str:
    """Return the end of a message about None as a field's value; an empty string if the field is required."""
    return "" if field in input_schema().get("required", ()) else "; leave it out for the default"


def display(value: object, length: int = 80) -> str:
    """Return a value for a message, truncated; never the content of bytes."""
    text = f"this {type(value).__name__} object"
    if not isinstance(value, bytes | bytearray | memoryview):
        # Python refuses to convert an integer of more than 4300 digits.
        with suppress(ValueError, RecursionError):
            text = repr(value)
    return text if len(text) <= length else text[: length - 3] + "..."


def invalid_field(error: ValidationError, options: Collection[str] = ()) -> InvalidField:
    error = _relevant_branch(error)
    keyword = error.kind.name
    path = [*error.instance_path]
    field = ".".join(map(str, path)) or _BODY
    secret = path[:1] == ["input"] and len(path) > 1 and is_secret(path[1])
    description = f"{_SECRET} is not allowed by {keyword}" if secret else _description(keyword, error)
    # Given as an argument of `run`, it was the option.
    if path == ["input"] and (option := (missing_field(error) or "").removeprefix("input.")) in options:
        description += f"; {option}= is an option, so pass the field in extra_input"
    return InvalidField(_ERROR_TYPES.get(keyword, keyword), field, description)


def shown(name: object, value: object) -> str:
    """Return a field's value for a message, unless it is a secret."""
    return _SECRET if is_secret(name) else display(value)


def missing_field(error: ValidationError) -> str | None:
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
