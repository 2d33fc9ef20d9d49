"""Normalizes a schema to a disjunction of alternatives, each for one JSON type.

`type: [string, "null"]`, an `anyOf` with null, a `$ref` with siblings and an `allOf` of one schema become the same
alternatives, so that two schemas are compared by the values that they allow, however they are written.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Any, TypeAlias

from ..document.references import component_name, resolve
from ..document.values import equal

Schema: TypeAlias = Mapping[str, Any] | bool

LOWER_BOUNDS = ("minimum", "minLength", "minItems", "minProperties")
"""An alternative holds a pair for each: the bound, and whether it is exclusive."""
UPPER_BOUNDS = ("maximum", "maxLength", "maxItems", "maxProperties")
"""An alternative holds a pair for each: the bound, and whether it is inclusive."""
ASSERTIONS = ("pattern", "format", "multipleOf", "contentEncoding", "contentMediaType", "uniqueItems")
"""An alternative holds a tuple for each, since the schemas of an `allOf` may have different values."""
_ANY_TYPE = ("not", "if", "then", "else")
PLAIN_VALUES = ("minContains", "maxContains", "dependentRequired")
SCHEMA_ARRAYS = ("prefixItems",)
SCHEMA_MAPS = ("patternProperties", "dependentSchemas")
OPAQUE_KEYWORDS = (
    *(*_ANY_TYPE, *PLAIN_VALUES, *SCHEMA_ARRAYS, *SCHEMA_MAPS),
    *("contains", "propertyNames", "unevaluatedItems", "unevaluatedProperties"),
)
"""The keywords whose changes cannot be classified, only detected."""

_KEYWORDS: dict[str, tuple[str, ...]] = {
    "null": _ANY_TYPE,
    "boolean": _ANY_TYPE,
    "number": (*_ANY_TYPE, "multipleOf", "format"),
    "string": (*_ANY_TYPE, "minLength", "maxLength", "pattern", "format", "contentEncoding", "contentMediaType"),
    "array": (
        *(*_ANY_TYPE, "items", "minItems", "maxItems", "uniqueItems"),
        *("contains", "minContains", "maxContains", "prefixItems", "unevaluatedItems"),
    ),
    "object": (
        *(*_ANY_TYPE, "properties", "required", "additionalProperties", "minProperties", "maxProperties"),
        *("propertyNames", "patternProperties", "dependentRequired", "dependentSchemas", "unevaluatedProperties"),
    ),
}
TYPES = tuple(_KEYWORDS)
# The values that have the same effect as leaving the keyword out.
_NO_EFFECT: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("minLength", "minItems", "minProperties"), (0,)),
    **dict.fromkeys(("additionalProperties", "items", "unevaluatedItems", "unevaluatedProperties"), (True, {})),
    **dict.fromkeys(("properties", "patternProperties", "dependentRequired", "dependentSchemas"), ({},)),
    "uniqueItems": (False,),
    "required": ([],),
}
_STRUCTURAL = {"$ref", "allOf", "anyOf", "oneOf", "type", "enum", "const"}
_NUMERIC_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_NOT_ANNOTATIONS = _STRUCTURAL.union(*_KEYWORDS.values(), _NUMERIC_BOUNDS)


@dataclass(frozen=True, slots=True)
class Alternative:
    """The values of one JSON type that a schema allows.

    Args:
        json_type: The type; an integer is a number with the keyword `integer`.
        keywords: The keywords of JSON Schema that restrict the values.
        annotations: The annotations of the whole schema.
        own_annotations: The annotations of this alternative alone.
        component: The name of the component that defines it, if it is a single one.
    """

    json_type: str
    keywords: Mapping[str, Any] = field(default_factory=dict)
    annotations: Mapping[str, Any] = field(default_factory=dict)
    own_annotations: Mapping[str, Any] = field(default_factory=dict)
    component: str | None = None


def normalize(document: Mapping[str, Any], schema: Schema, _seen: tuple[str, ...] = ()) -> list[Alternative]:
    """Return the alternatives of a schema; a value is valid if it matches one of them."""
    if isinstance(schema, bool):
        return [Alternative(json_type) for json_type in TYPES] if schema else []
    found = _own_alternatives(schema)
    if "$ref" in schema:
        reference = schema["$ref"]
        # A schema that is only a reference to itself allows no value.
        if reference in _seen:
            return []
        name = component_name(reference)
        target = normalize(document, resolve(document, reference), (*_seen, reference))
        found = _intersect(found, [replace(one, component=one.component or name) for one in target])
    for part in schema.get("allOf", ()):
        found = _intersect(found, normalize(document, part, _seen))
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            union = [_as_own(one) for part in schema[keyword] for one in normalize(document, part, _seen)]
            found = _intersect(found, union)
    return found


def _as_own(one: Alternative) -> Alternative:
    """Return an alternative of a union, whose annotations are not those of the whole schema."""
    return replace(one, annotations={}, own_annotations={**one.own_annotations, **one.annotations})


def type_of(value: Any) -> str:
    """Return the JSON type of a value."""
    if value is None:
        return "null"
    names: dict[type, str] = {bool: "boolean", int: "number", float: "number", list: "array", dict: "object"}
    return names.get(type(value), "string")


def _own_alternatives(schema: Mapping[str, Any]) -> list[Alternative]:
    """Return the alternatives of a schema without its references, `allOf`, `anyOf` and `oneOf`."""
    types = schema.get("type", list(TYPES))
    types = {types} if isinstance(types, str) else set(types)
    annotations = {keyword: value for keyword, value in schema.items() if keyword not in _NOT_ANNOTATIONS}
    found = []
    for json_type in TYPES:
        if json_type not in types and not (json_type == "number" and "integer" in types):
            continue
        keywords = {
            keyword: schema[keyword]
            for keyword in _KEYWORDS[json_type]
            if keyword in schema and not any(equal(schema[keyword], unset) for unset in _NO_EFFECT.get(keyword, ()))
        }
        keywords.update({keyword: (value,) for keyword, value in keywords.items() if keyword in ASSERTIONS})
        bounds = {keyword: keywords[keyword] for keyword in (*LOWER_BOUNDS, *UPPER_BOUNDS) if keyword in keywords}
        keywords.update({keyword: (value, keyword in UPPER_BOUNDS) for keyword, value in bounds.items()})
        if json_type == "number":
            keywords.update(_numeric_bounds(schema))
            if "number" not in types:
                keywords["integer"] = True
        enums = [[schema["const"]]] if "const" in schema else []
        enums += [schema["enum"]] if "enum" in schema else []
        if enums:
            keywords["enum"] = [value for value in _common_values(enums[0], enums[-1]) if type_of(value) == json_type]
        if keywords.get("enum") != []:
            found.append(Alternative(json_type, _with_integer_bounds(keywords), annotations))
    return found


def _numeric_bounds(schema: Mapping[str, Any]) -> dict[str, tuple[Any, bool]]:
    """Return the bounds of a number, the stricter one of an inclusive and an exclusive bound."""
    lower = [(schema[key], key != "minimum") for key in ("minimum", "exclusiveMinimum") if key in schema]
    upper = [(schema[key], key == "maximum") for key in ("maximum", "exclusiveMaximum") if key in schema]
    return {
        **({"minimum": max(lower)} if lower else {}),
        **({"maximum": min(upper)} if upper else {}),
    }


def _with_integer_bounds(keywords: dict[str, Any]) -> dict[str, Any]:
    """Return the keywords of an integer with inclusive integer bounds."""
    if "integer" not in keywords:
        return keywords
    keywords = dict(keywords)
    if "minimum" in keywords:
        bound, exclusive = keywords["minimum"]
        keywords["minimum"] = (math.floor(bound) + 1 if exclusive else math.ceil(bound), False)
    if "maximum" in keywords:
        bound, inclusive = keywords["maximum"]
        keywords["maximum"] = (math.floor(bound) if inclusive else math.ceil(bound) - 1, True)
    return keywords


def _intersect(outer: Iterable[Alternative], inner: list[Alternative]) -> list[Alternative]:
    """Return the alternatives that match both."""
    both = [_intersection(one, other) for one in outer for other in inner if one.json_type == other.json_type]
    return [alternative for alternative in both if alternative.keywords.get("enum") != []]


def _intersection(outer: Alternative, inner: Alternative) -> Alternative:
    keywords = {**inner.keywords, **outer.keywords}
    for keyword in set(outer.keywords) & set(inner.keywords):
        keywords[keyword] = _conjunction(keyword, outer.keywords[keyword], inner.keywords[keyword])
    names = {name: None for alternative in (outer, inner) for name in alternative.keywords.get("properties", ())}
    if names:
        keywords["properties"] = {name: _conjoined_property(name, outer.keywords, inner.keywords) for name in names}
    # If both restrict the values, neither component defines the whole.
    component = outer.component or inner.component
    if outer.keywords and inner.keywords and outer.component != inner.component:
        component = None
    annotations = {**inner.annotations, **outer.annotations}
    own_annotations = {**inner.own_annotations, **outer.own_annotations}
    return Alternative(outer.json_type, _with_integer_bounds(keywords), annotations, own_annotations, component)


def _conjunction(keyword: str, one: Any, other: Any) -> Any:
    """Return the value of a keyword that has the effect of two values together."""
    if keyword in LOWER_BOUNDS:
        return max(one, other)
    if keyword in UPPER_BOUNDS:
        return min(one, other)
    if keyword in ASSERTIONS:
        return tuple(dict.fromkeys((*one, *other)))
    if keyword == "required":
        return list(dict.fromkeys((*one, *other)))
    if keyword == "enum":
        return _common_values(one, other)
    if equal(one, other):
        return one
    if keyword in SCHEMA_MAPS:
        return {**one, **{key: {"allOf": [one[key], value]} if key in one else value for key, value in other.items()}}
    if keyword in SCHEMA_ARRAYS:
        return [{"allOf": list(pair)} for pair in zip_longest(one, other, fillvalue=True)]
    return [one, other] if keyword in PLAIN_VALUES else {"allOf": [one, other]}


def _conjoined_property(name: str, *keywords: Mapping[str, Any]) -> Schema:
    """Return the schema of a property under several sets of keywords.

    Where a set does not name the property, its `additionalProperties` applies.
    """
    found: list[Schema] = []
    for one in keywords:
        schema = one.get("properties", {}).get(name, one.get("additionalProperties", True))
        if schema is not True and not any(equal(schema, other) for other in found):
            found.append(schema)
    return found[0] if len(found) == 1 else {"allOf": found} if found else True


def _common_values(one: list[Any], other: list[Any]) -> list[Any]:
    return [value for value in one if any(equal(value, match) for match in other)]
