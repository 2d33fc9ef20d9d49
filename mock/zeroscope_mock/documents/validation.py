"""Validates values by schemas, with errors in the service's words.

The service words its errors as the Go library gojsonschema does: `required`, `number_lte` and the like in recorded
traffic are that library's names. Kinds that were never recorded follow the same pattern.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from ..messages import encode
from .invalid_field import InvalidField
from .places import Parts

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator as Validator
    from jsonschema_rs import ValidationError

Locate = Callable[[Parts], str | None]
"""Returns the place of a keyword in its document, by its path in the compiled schema; None if it has none."""


def _nowhere(path: Parts) -> None:
    """The place of a keyword that stands in no document."""


class Schema:
    """One schema, compiled.

    Args:
        schema: The schema, which may refer to components of the document.
        components: The document's components.
        lazy: Whether the schema is compiled when it is first used, because it is known to be valid.
        locate: Returns the places of its keywords.

    Attributes:
        source: The schema with the components, as JSON values.

    Raises:
        ValueError: For something that is not a schema.
    """

    def __init__(
        self,
        schema: Mapping[str, Any],
        components: Mapping[str, Any],
        *,
        lazy: bool = False,
        locate: Locate = _nowhere,
    ) -> None:
        self.source = {**schema, "components": components}
        self._locate = locate
        if not lazy:
            _ = self._validator

    @cached_property
    def _validator(self) -> Validator:
        # Slow to import, and needed only once a server exists.
        import jsonschema_rs

        return jsonschema_rs.Draft202012Validator(self.source, validate_formats=True)

    def is_valid(self, value: Any) -> bool:
        """Return whether a value, as the json module reads it, has no error."""
        return self._validator.is_valid(value)

    def invalid_fields(self, value: Any, field: str = "") -> list[InvalidField]:
        """The errors in a value, parents before children; an empty list for a valid value.

        Args:
            value: The value, as the json module reads it.
            field: The path of the value itself.
        """
        if self._validator.is_valid(value):
            return []
        errors = self._validator.iter_errors(value)
        invalid = [one for error in errors for one in _invalid_fields(error, field, self._locate)]
        return sorted(invalid, key=lambda one: (one.field.split(".") if one.field else [], _rank(one)))


def _rank(invalid: InvalidField) -> int:
    """The place of an error among those of one field: recorded bodies name missing fields first, then unknown ones."""
    order = ("required", "additional_property_not_allowed")
    return order.index(invalid.type) if invalid.type in order else len(order)


def _invalid_fields(error: ValidationError, root: str, locate: Locate) -> Iterator[InvalidField]:
    field = ".".join([*([root] if root else []), *(str(part) for part in error.instance_path)])
    kind, details, place = error.kind.name, error.kind.as_dict(), locate(error.schema_path)
    if kind == "additionalProperties":
        for name in details["unexpected"]:
            description = f"Additional property {name} is not allowed"
            value = _json(cast("dict[str, Any]", error.instance).get(name))
            yield InvalidField("additional_property_not_allowed", field, description, value, place=place)
    elif kind in ("anyOf", "oneOf") and (branch := _matching_branch(details["context"], error)):
        for inner in branch:
            yield from _invalid_fields(inner, root, locate)
    elif kind == "required":
        yield InvalidField("required", field, f"{details['property']} is required", place=place)
    elif kind in _WORDING:
        name, word = _WORDING[kind]
        relation = _RELATIONS[kind](details, error) if kind in _RELATIONS else None
        yield InvalidField(name, field, word(details, error, field), _json(error.instance), relation, place)
    else:
        yield InvalidField(kind, field, error.message, _json(error.instance), place=place)


def _json(value: Any) -> str | None:
    """A value as JSON; None for one that cannot be written, such as one that is nested too deeply."""
    try:
        return encode(value).decode()
    except (RecursionError, TypeError):
        return None


def _matching_branch(branches: Iterable[list[ValidationError]], error: ValidationError) -> list[ValidationError] | None:
    """The branch of an `anyOf` or `oneOf` whose type the value has, if there is exactly one."""
    depth = len(error.instance_path)
    matching = [
        branch
        for branch in branches
        if not any(inner.kind.name == "type" and len(inner.instance_path) == depth for inner in branch)
    ]
    return matching[0] if len(matching) == 1 else None


def _type_of(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def _wrong_type(details: Mapping[str, Any], error: ValidationError, field: str) -> str:
    return f"Invalid type. Expected: {'/'.join(details['types'])}, given: {_type_of(error.instance)}"


def _not_listed(details: Mapping[str, Any], error: ValidationError, field: str) -> str:
    allowed = ", ".join(json.dumps(option, ensure_ascii=False) for option in details["options"])
    return f"{field} must be one of the following: {allowed}"


def _template(template: str, detail: str) -> Callable[[Mapping[str, Any], ValidationError, str], str]:
    def word(details: Mapping[str, Any], error: ValidationError, field: str) -> str:
        return template.format(_shown(details[detail]))

    return word


def _shown(value: Any) -> Any:
    # 4.0 in the document is 4 in the service's words.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _relation(template: str, detail: str) -> Callable[[Mapping[str, Any], ValidationError], str]:
    return lambda details, error: template.format(_shown(details[detail]))


def _unlike_type(details: Mapping[str, Any], error: ValidationError) -> str:
    return f"is {_with_article(_type_of(error.instance))}, not {' or '.join(map(_with_article, details['types']))}"


def _with_article(kind: str) -> str:
    return kind if kind == "null" else f"{'an' if kind[0] in 'aio' else 'a'} {kind}"


def _none_of(details: Mapping[str, Any], error: ValidationError) -> str:
    if not details["options"]:
        return "is not allowed"
    return f"is none of {', '.join(json.dumps(option, ensure_ascii=False) for option in details['options'])}"


_WORDING: dict[str, tuple[str, Callable[[Mapping[str, Any], ValidationError, str], str]]] = {
    "type": ("invalid_type", _wrong_type),
    "enum": ("enum", _not_listed),
    "minimum": ("number_gte", _template("Must be greater than or equal to {}", "limit")),
    "maximum": ("number_lte", _template("Must be less than or equal to {}", "limit")),
    "exclusiveMinimum": ("number_gt", _template("Must be greater than {}", "limit")),
    "exclusiveMaximum": ("number_lt", _template("Must be less than {}", "limit")),
    "multipleOf": ("multiple_of", _template("Must be a multiple of {}", "multiple_of")),
    "minLength": ("string_gte", _template("String length must be greater than or equal to {}", "limit")),
    "maxLength": ("string_lte", _template("String length must be less than or equal to {}", "limit")),
    "pattern": ("pattern", _template("Does not match pattern '{}'", "pattern")),
    "format": ("format", _template("Does not match format '{}'", "format")),
    "minItems": ("array_min_items", _template("Array must have at least {} items", "limit")),
    "maxItems": ("array_max_items", _template("Array must have at most {} items", "limit")),
    "anyOf": ("number_any_of", lambda *_: "Must validate at least one schema (anyOf)"),
    "oneOf": ("number_one_of", lambda *_: "Must validate one and only one schema (oneOf)"),
}

# The ends of sentences that begin with an invalid value.
_RELATIONS: dict[str, Callable[[Mapping[str, Any], ValidationError], str]] = {
    "type": _unlike_type,
    "enum": _none_of,
    "minimum": _relation("< {}", "limit"),
    "maximum": _relation("> {}", "limit"),
    "exclusiveMinimum": _relation("<= {}", "limit"),
    "exclusiveMaximum": _relation(">= {}", "limit"),
    "multipleOf": _relation("is no multiple of {}", "multiple_of"),
}
