"""A schema as the shapes of values that it admits, one for each kind of value and alternative.

`type: [string, "null"]`, an `anyOf` with null, a `$ref` with something beside it and an `allOf` of one are all the same
here, so that only what they admit is compared, never how it is written.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Any, TypeAlias

from ..document.references import resolve
from ..document.values import equal

Schema: TypeAlias = Mapping[str, Any] | bool

LOWER = ("minimum", "minLength", "minItems", "minProperties")
"""Their values are pairs here: the bound, and whether the bound itself is refused."""
UPPER = ("maximum", "maxLength", "maxItems", "maxProperties")
"""Their values are pairs here: the bound, and whether the bound itself is admitted."""
DEMANDS = ("pattern", "format", "multipleOf", "contentEncoding", "contentMediaType", "uniqueItems")
"""Their values are tuples here, as an `allOf` may make the same demand twice, differently."""
_EVERYWHERE = ("not", "if", "then", "else")
COUNTED = ("minContains", "maxContains", "dependentRequired")
LISTED = ("prefixItems",)
NAMED = ("patternProperties", "dependentSchemas")
OPAQUE = (
    *(*_EVERYWHERE, *COUNTED, *LISTED, *NAMED),
    *("contains", "propertyNames", "unevaluatedItems", "unevaluatedProperties"),
)
"""What cannot be weighed, only told apart: plain values, lists and tables of schemas, and schemas."""

_WORDS: dict[str, tuple[str, ...]] = {
    "null": _EVERYWHERE,
    "boolean": _EVERYWHERE,
    "number": (*_EVERYWHERE, "multipleOf", "format"),
    "string": (*_EVERYWHERE, "minLength", "maxLength", "pattern", "format", "contentEncoding", "contentMediaType"),
    "array": (
        *(*_EVERYWHERE, "items", "minItems", "maxItems", "uniqueItems"),
        *("contains", "minContains", "maxContains", "prefixItems", "unevaluatedItems"),
    ),
    "object": (
        *(*_EVERYWHERE, "properties", "required", "additionalProperties", "minProperties", "maxProperties"),
        *("propertyNames", "patternProperties", "dependentRequired", "dependentSchemas", "unevaluatedProperties"),
    ),
}
KINDS = tuple(_WORDS)
# Written out or left out, these say the same.
_IDLE: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("minLength", "minItems", "minProperties"), (0,)),
    **dict.fromkeys(("additionalProperties", "items", "unevaluatedItems", "unevaluatedProperties"), (True, {})),
    **dict.fromkeys(("properties", "patternProperties", "dependentRequired", "dependentSchemas"), ({},)),
    "uniqueItems": (False,),
    "required": ([],),
}
_STRUCTURE = {"$ref", "allOf", "anyOf", "oneOf", "type", "enum", "const"}
_RULES = _STRUCTURE.union(*_WORDS.values(), ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"))


@dataclass(frozen=True, slots=True)
class Shape:
    """What values of one kind must be like.

    Args:
        kind: The kind of value; integers are numbers with the rule `integer`.
        rules: What they must keep to, by JSON Schema's own words.
        notes: What is said of them and binds nobody.
        aside: What is said of them alone, and not of the other alternatives.
        name: The component that says so, if it is one alone.
    """

    kind: str
    rules: Mapping[str, Any] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)
    aside: Mapping[str, Any] = field(default_factory=dict)
    name: str | None = None


def shapes(document: Mapping[str, Any], schema: Schema, _seen: tuple[str, ...] = ()) -> list[Shape]:
    """The shapes that a schema of the document admits."""
    if isinstance(schema, bool):
        return [Shape(kind) for kind in KINDS] if schema else []
    found = _own(schema)
    if "$ref" in schema:
        reference = schema["$ref"]
        # A schema that is nothing but itself admits no value by any rule of its own.
        if reference in _seen:
            return []
        name = component(reference)
        target = shapes(document, resolve(dict(document), reference), (*_seen, reference))
        found = _meet(found, [replace(shape, name=shape.name or name) for shape in target])
    for part in schema.get("allOf", ()):
        found = _meet(found, shapes(document, part, _seen))
    for word in ("anyOf", "oneOf"):
        if word in schema:
            alternatives = [shape for part in schema[word] for shape in shapes(document, part, _seen)]
            found = _meet(found, [replace(one, notes={}, aside={**one.aside, **one.notes}) for one in alternatives])
    return found


def component(reference: str) -> str:
    """The name of what a reference leads to."""
    return reference.rpartition("/")[2].replace("~1", "/").replace("~0", "~")


def kind_of(value: Any) -> str:
    """The kind of a value."""
    if value is None:
        return "null"
    kinds: dict[type, str] = {bool: "boolean", int: "number", float: "number", list: "array", dict: "object"}
    return kinds.get(type(value), "string")


def _own(schema: Mapping[str, Any]) -> list[Shape]:
    """What a schema admits by itself, without what it refers to."""
    types = schema.get("type", list(KINDS))
    types = {types} if isinstance(types, str) else set(types)
    notes = {word: value for word, value in schema.items() if word not in _RULES}
    found = []
    for kind in KINDS:
        if kind not in types and not (kind == "number" and "integer" in types):
            continue
        rules = {
            word: schema[word]
            for word in _WORDS[kind]
            if word in schema and not any(equal(schema[word], idle) for idle in _IDLE.get(word, ()))
        }
        rules.update({word: (value,) for word, value in rules.items() if word in DEMANDS})
        rules.update({word: (value, word in UPPER) for word, value in rules.items() if word in (*LOWER, *UPPER)})
        if kind == "number":
            rules.update(_limits(schema))
            if "number" not in types:
                rules["integer"] = True
        choices = [[schema[word]] if word == "const" else schema[word] for word in ("const", "enum") if word in schema]
        if choices:
            rules["enum"] = [value for value in _common(choices[0], choices[-1]) if kind_of(value) == kind]
        if rules.get("enum") != []:
            found.append(Shape(kind, _whole(rules), notes))
    return found


def _limits(schema: Mapping[str, Any]) -> dict[str, tuple[Any, bool]]:
    """The bounds of a number, of two at the same end the one that counts."""
    lower = [(schema[word], word != "minimum") for word in ("minimum", "exclusiveMinimum") if word in schema]
    upper = [(schema[word], word == "maximum") for word in ("maximum", "exclusiveMaximum") if word in schema]
    return {
        **({"minimum": max(lower)} if lower else {}),
        **({"maximum": min(upper)} if upper else {}),
    }


def _whole(rules: dict[str, Any]) -> dict[str, Any]:
    """The same rules with bounds that an integer can reach."""
    if "integer" not in rules:
        return rules
    rules = dict(rules)
    if "minimum" in rules:
        bound, refused = rules["minimum"]
        rules["minimum"] = (math.floor(bound) + 1 if refused else math.ceil(bound), False)
    if "maximum" in rules:
        bound, admitted = rules["maximum"]
        rules["maximum"] = (math.floor(bound) if admitted else math.ceil(bound) - 1, True)
    return rules


def _meet(outer: Iterable[Shape], inner: list[Shape]) -> list[Shape]:
    """What both admit."""
    met = [_both(one, other) for one in outer for other in inner if one.kind == other.kind]
    return [shape for shape in met if shape.rules.get("enum") != []]


def _both(outer: Shape, inner: Shape) -> Shape:
    rules = {**inner.rules, **outer.rules}
    for word in set(outer.rules) & set(inner.rules):
        rules[word] = _joint(word, outer.rules[word], inner.rules[word])
    names = {name: None for shape in (outer, inner) for name in shape.rules.get("properties", ())}
    if names:
        rules["properties"] = {name: _field(name, outer.rules, inner.rules) for name in names}
    # Of two with rules neither names the whole.
    name = outer.name or inner.name
    if outer.rules and inner.rules and outer.name != inner.name:
        name = None
    return Shape(outer.kind, _whole(rules), {**inner.notes, **outer.notes}, {**inner.aside, **outer.aside}, name)


def _joint(word: str, one: Any, other: Any) -> Any:
    """A value that demands what two values of a word demand."""
    if word in LOWER:
        return max(one, other)
    if word in UPPER:
        return min(one, other)
    if word in DEMANDS:
        return tuple(dict.fromkeys((*one, *other)))
    if word == "required":
        return list(dict.fromkeys((*one, *other)))
    if word == "enum":
        return _common(one, other)
    if equal(one, other):
        return one
    if word in NAMED:
        return {**one, **{key: {"allOf": [one[key], value]} if key in one else value for key, value in other.items()}}
    if word in LISTED:
        return [{"allOf": list(pair)} for pair in zip_longest(one, other, fillvalue=True)]
    return [one, other] if word in COUNTED else {"allOf": [one, other]}


def _field(name: str, *rules: Mapping[str, Any]) -> Schema:
    """A field of an object that keeps to several rules; to those that do not name it, it is one more name."""
    found: list[Schema] = []
    for one in rules:
        schema = one.get("properties", {}).get(name, one.get("additionalProperties", True))
        if schema is not True and not any(equal(schema, other) for other in found):
            found.append(schema)
    return found[0] if len(found) == 1 else {"allOf": found} if found else True


def _common(one: list[Any], other: list[Any]) -> list[Any]:
    return [value for value in one if any(equal(value, twin) for twin in other)]
