"""Keywords of a schema: the values at the edge of each, and those beyond it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from math import inf, nextafter
from typing import Any, NamedTuple

from .points import Group
from .values import is_type, same

AT: Group = "keywords at the edge"
BEYOND: Group = "keywords beyond the edge"

Predicate = Callable[[Any], bool]
Validate = Callable[[Mapping[str, Any]], Predicate]
"""Returns the test of whether a value is valid against a schema, formats included."""

# Bounds of numbers: the direction in which they allow values, and whether the bound itself is forbidden.
_BOUNDS = {
    "minimum": (1, False),
    "maximum": (-1, False),
    "exclusiveMinimum": (1, True),
    "exclusiveMaximum": (-1, True),
}
# The keywords that bound the size of a value, by its type: from below and from above.
_SIZES = {
    "string": ("minLength", "maxLength"),
    "array": ("minItems", "maxItems"),
    "object": ("minProperties", "maxProperties"),
}
# Keywords that only a validator can test, with those that change their meaning and the type of value that they concern.
_VALIDATED: Mapping[str, tuple[tuple[str, ...], str | None]] = {
    "not": ((), None),
    "if": (("then", "else"), None),
    "multipleOf": ((), "number"),
    "pattern": ((), "string"),
    "uniqueItems": ((), "array"),
    "contains": (("minContains", "maxContains"), "array"),
    "prefixItems": ((), "array"),
    "propertyNames": ((), "object"),
    "patternProperties": ((), "object"),
    "dependentRequired": ((), "object"),
    "dependentSchemas": ((), "object"),
}
# A format that rejects none of these is an annotation.
_IMPROBABLE = ("", " ", "%", "-", "\x00")


class KeywordTest(NamedTuple):
    """A test of whether a value is at the edge of a keyword, or beyond it.

    Args:
        group: Which of the two it tests.
        keyword: The keyword.
        words: The keyword and its value, in words.
        reaches: Returns whether a value is there.
    """

    group: Group
    keyword: str
    words: str
    reaches: Predicate


def keyword_tests(schema: Mapping[str, Any], types: Collection[str], validate: Validate) -> Iterator[KeywordTest]:
    """Yield the tests of each keyword that asserts something of a value as a whole.

    Args:
        schema: The schema.
        types: The types that the value may have.
        validate: Returns a validator.
    """
    yield from _members(schema)
    step = 1 if "integer" in types and "number" not in types else 0
    for keyword, (sign, is_open) in _BOUNDS.items():
        if is_type(schema.get(keyword), "number"):
            yield from _bound(keyword, schema[keyword], sign, is_open, step)
    for name, (least, most) in _SIZES.items():
        for keyword, sign in ((least, 1), (most, -1)):
            if is_type(schema.get(keyword), "number"):
                yield from _size(name, keyword, schema[keyword], sign)
    if isinstance(schema.get("format"), str):
        yield from _format(schema["format"], validate({"type": "string", "format": schema["format"]}))
    for keyword, (others, concerned) in _VALIDATED.items():
        if keyword in schema and schema[keyword] is not False:
            valid = validate({name: schema[name] for name in (keyword, *others) if name in schema})
            yield from _validated(keyword, schema[keyword], concerned, valid)


def _members(schema: Mapping[str, Any]) -> Iterator[KeywordTest]:
    for keyword in ("enum", "const"):
        if keyword not in schema:
            continue
        members = schema[keyword] if keyword == "enum" else [schema[keyword]]
        for member in members:
            yield KeywordTest(AT, keyword, f"{keyword} {json.dumps(member)}", partial(same, member))

        def is_no_member(value: Any, members: Any = members) -> bool:
            return not any(same(value, member) for member in members)

        yield KeywordTest(BEYOND, keyword, f"{keyword} {json.dumps(schema[keyword])}", is_no_member)


def _bound(keyword: str, bound: float, sign: int, is_open: bool, step: int) -> Iterator[KeywordTest]:
    words = f"{keyword} {bound}"
    last = bound
    if is_open:
        last = bound + sign * step if step else nextafter(bound, sign * inf)

    def is_last(value: Any) -> bool:
        return is_type(value, "number") and value == last

    def is_beyond(value: Any) -> bool:
        return is_type(value, "number") and (value - last) * sign < 0

    yield KeywordTest(AT, keyword, words, is_last)
    yield KeywordTest(BEYOND, keyword, words, is_beyond)


def _size(name: str, keyword: str, bound: float, sign: int) -> Iterator[KeywordTest]:
    yield KeywordTest(AT, keyword, f"{keyword} {bound}", lambda value: is_type(value, name) and len(value) == bound)
    if sign < 0 or bound > 0:

        def is_beyond(value: Any) -> bool:
            return is_type(value, name) and (len(value) - bound) * sign < 0

        yield KeywordTest(BEYOND, keyword, f"{keyword} {bound}", is_beyond)


def _format(name: str, valid: Predicate) -> Iterator[KeywordTest]:
    yield KeywordTest(AT, "format", f"format {name}", valid)
    if not all(map(valid, _IMPROBABLE)):
        yield KeywordTest(
            BEYOND, "format", f"format {name}", lambda value: is_type(value, "string") and not valid(value)
        )


def _validated(keyword: str, value: Any, concerned: str | None, valid: Predicate) -> Iterator[KeywordTest]:
    words = f"{keyword} {value}" if isinstance(value, str | int | float) and value is not True else keyword

    def concerns(value: Any) -> bool:
        return concerned is None or is_type(value, concerned)

    yield KeywordTest(AT, keyword, words, lambda value: concerns(value) and valid(value))
    yield KeywordTest(BEYOND, keyword, words, lambda value: concerns(value) and not valid(value))
