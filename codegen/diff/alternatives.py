"""Normalizes a schema to a disjunction of alternatives, each for one JSON type.

`type: [string, "null"]`, an `anyOf` with null, a `$ref` with siblings and an `allOf` of one schema become the same
alternatives, so that two schemas are compared by the values that they allow, however they are written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, TypeAlias

from ..document.references import component_name, resolve
from ..document.values import equal
from .bounds import numeric_bounds, with_integer_bounds
from .enumerations import LOWER_BOUNDS, UPPER_BOUNDS, with_fitting_values
from .fields import field_schema

Schema: TypeAlias = Mapping[str, Any] | bool

ASSERTIONS = ("pattern", "format", "multipleOf", "contentEncoding", "contentMediaType", "uniqueItems")
"""An alternative holds a tuple for each, since the schemas of an `allOf` may have different values."""
SCHEMA_MAPS = ("patternProperties", "dependentSchemas")
_REPEATABLE = ("not", "if", "contains")
"""An alternative holds a tuple for each: all schemas of `not`, and all schemas with `if` or with `contains`."""
_PARTS = {"if": ("if", "then", "else"), "contains": ("contains", "minContains", "maxContains")}

_ANY_TYPE = ("not", "if")
_KEYWORDS: dict[str, tuple[str, ...]] = {
    "null": _ANY_TYPE,
    "boolean": _ANY_TYPE,
    "number": (*_ANY_TYPE, "multipleOf", "format"),
    "string": (*_ANY_TYPE, "minLength", "maxLength", "pattern", "format", "contentEncoding", "contentMediaType"),
    "array": (
        *(*_ANY_TYPE, "items", "minItems", "maxItems", "uniqueItems"),
        *("contains", "prefixItems", "unevaluatedItems"),
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
    "prefixItems": ([],),
    "propertyNames": (True, {}),
    "not": (False,),
    # Without `s` flags, the last four exclude line breaks; their authors mean any text.
    "pattern": ("", "^", "$", ".*", "^.*", ".*$", "[\\s\\S]*", "^[\\s\\S]*$", "^.*$", "^(.*)$", "(.*)", "^(.*?)$"),
    "uniqueItems": (False,),
    "required": ([],),
}
# Without other schemas beside them, these are the same.
_UNEVALUATED = {"unevaluatedProperties": "additionalProperties", "unevaluatedItems": "items"}
_EVALUATING = {"$ref", "allOf", "anyOf", "oneOf", "if", "dependentSchemas", "contains"}
_STRUCTURAL = {"$ref", "allOf", "anyOf", "oneOf", "type", "enum", "const"}
_NUMERIC_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_NOT_ANNOTATIONS = _STRUCTURAL.union(*_KEYWORDS.values(), *_PARTS.values(), _NUMERIC_BOUNDS)
_RESTRICTIONS = _NOT_ANNOTATIONS - {"$ref", "allOf", "anyOf", "oneOf", "type"}


@dataclass(frozen=True, slots=True)
class Alternative:
    """The values of one JSON type that a schema allows.

    Args:
        json_type: The type; an integer is a number with the keyword `integer`.
        keywords: The keywords of JSON Schema that restrict the values.
        annotations: The annotations of the whole schema.
        own_annotations: The annotations of this alternative alone.
        component: The name of the component that defines it, if it is a single one.
        others: The alternatives of the other schemas of its `oneOf`, which refuses what two schemas match.
    """

    json_type: str
    keywords: Mapping[str, Any] = field(default_factory=dict)
    annotations: Mapping[str, Any] = field(default_factory=dict)
    own_annotations: Mapping[str, Any] = field(default_factory=dict)
    component: str | None = None
    others: tuple[Alternative, ...] = ()


def normalize(
    document: Mapping[str, Any],
    schema: Schema,
    _seen: Mapping[str, int] = MappingProxyType({}),
    _depth: int = 0,
    _applied: set[str] | None = None,
    _absorbed: Mapping[str, int] = MappingProxyType({}),
) -> list[Alternative]:
    """Return the alternatives of a schema; a value is valid if it matches one of them."""
    applied = set() if _applied is None else _applied
    if isinstance(schema, bool):
        return [Alternative(json_type) for json_type in TYPES] if schema else []
    found = _own_alternatives(schema)
    if "$ref" in schema:
        reference = schema["$ref"]
        if reference in _seen:
            # A schema that is only a reference to itself, or one of several alternatives to itself, allows no value by
            # that. Where an `allOf` lies between, as in a base that lists its derived schemas, it restricts none.
            return found if _depth > _seen[reference] else []
        if _absorbed.get(reference) == _depth:
            # The union has this schema as a part of its own, which allows at least as much as what is found here.
            return []
        if reference in applied:
            # It restricts nothing a second time, and of paths to it there may be exponentially many.
            return found
        applied.add(reference)
        name = component_name(reference)
        target = normalize(
            document, resolve(document, reference), {**_seen, reference: _depth}, _depth, applied, _absorbed
        )
        found = _intersect(found, [replace(one, component=one.component or name) for one in target])
    for part in schema.get("allOf", ()):
        found = _intersect(found, normalize(document, part, _seen, _depth + 1, applied))
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            parts = schema[keyword]
            unions: list[list[Alternative]] = []
            for part in parts:
                absorbed = {**_absorbed, **dict.fromkeys(_mutual_references(document, part, parts), _depth)}
                unions.append([*map(_as_own, normalize(document, part, _seen, _depth, None, absorbed))])
            if keyword == "oneOf":
                rest = [unions[:index] + unions[index + 1 :] for index in range(len(unions))]
                unions = [[_beside(one, rest[index]) for one in union] for index, union in enumerate(unions)]
            found = _intersect(found, [one for union in unions for one in union])
    return found


def _mutual_references(document: Mapping[str, Any], part: Schema, parts: list[Schema]) -> list[str]:
    """Return the references among the parts of a union that a part leads to, and that lead back to it, by unions."""
    own, *others = (_references([one]) for one in (part, *parts))
    if not own:
        return []
    led_to = _union_references(document, own)
    named = dict.fromkeys(reference for one in others for reference in one if reference in led_to and one != own)
    return [reference for reference in named if own[0] in _union_references(document, [reference])]


def _union_references(document: Mapping[str, Any], references: list[str]) -> set[str]:
    """Return the references that some schemas lead to by unions alone."""
    found: set[str] = set()
    remaining = list(references)
    while remaining:
        schema = resolve(document, remaining.pop())
        if not isinstance(schema, bool):
            parts = [schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())]
            fresh = {*_references(parts)} - found
            found |= fresh
            remaining += fresh
    return found


def _references(schemas: list[Schema]) -> list[str]:
    return [schema["$ref"] for schema in schemas if not isinstance(schema, bool) and "$ref" in schema]


def _as_own(one: Alternative) -> Alternative:
    """Return an alternative of a union, whose annotations are not those of the whole schema."""
    return replace(one, annotations={}, own_annotations={**one.own_annotations, **one.annotations})


def _beside(one: Alternative, unions: list[list[Alternative]]) -> Alternative:
    """Return an alternative of a `oneOf` that has those of its other schemas beside it."""
    same = (other for union in unions for other in union if other.json_type == one.json_type)
    return replace(one, others=(*one.others, *same))


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
    if "discriminator" in schema:
        annotations["discriminator"] = _discriminator(schema)
    found = []
    restricted = not _RESTRICTIONS.isdisjoint(schema)
    for json_type in TYPES:
        if json_type not in types and not (json_type == "number" and "integer" in types):
            continue
        if not restricted and (json_type != "number" or "number" in types):
            found.append(Alternative(json_type, {}, annotations))
            continue
        keywords = {
            keyword: schema[keyword]
            for keyword in _KEYWORDS[json_type]
            if keyword in schema and not any(equal(schema[keyword], unset) for unset in _NO_EFFECT.get(keyword, ()))
        }
        for unevaluated, rest in _UNEVALUATED.items():
            if unevaluated in keywords and schema.keys().isdisjoint(_EVALUATING):
                value = keywords.pop(unevaluated)
                # Beside a schema for all the others, nothing is left unevaluated.
                if rest not in schema:
                    keywords[rest] = value
        if not schema.keys() & {"then", "else"}:
            keywords.pop("if", None)
        for keyword in keywords.keys() & _PARTS.keys():
            keywords[keyword] = {part: schema[part] for part in _PARTS[keyword] if part in schema}
        if schema.get("minContains") == 0 and "maxContains" not in schema:
            keywords.pop("contains", None)
        keywords.update({keyword: (keywords[keyword],) for keyword in _REPEATABLE if keyword in keywords})
        keywords.update({keyword: (value,) for keyword, value in keywords.items() if keyword in ASSERTIONS})
        bounds = {keyword: keywords[keyword] for keyword in (*LOWER_BOUNDS, *UPPER_BOUNDS) if keyword in keywords}
        keywords.update({keyword: (value, keyword in UPPER_BOUNDS) for keyword, value in bounds.items()})
        if json_type == "number":
            keywords.update(numeric_bounds(schema))
            if "number" not in types:
                keywords["integer"] = True
        enums = [[schema["const"]]] if "const" in schema else []
        enums += [schema["enum"]] if "enum" in schema else []
        if enums:
            keywords["enum"] = [value for value in _common_values(enums[0], enums[-1]) if type_of(value) == json_type]
        keywords = with_fitting_values(with_integer_bounds(keywords))
        if keywords.get("enum") != []:
            found.append(Alternative(json_type, keywords, annotations))
    return found


def _discriminator(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a discriminator with the reference for each value: those of its mapping, and the names of components."""
    written: Mapping[str, Any] = schema["discriminator"]
    mapping = {
        value: name if "/" in name else f"#/components/schemas/{name}"
        for value, name in written.get("mapping", {}).items()
    }
    references = [part["$ref"] for key in ("oneOf", "anyOf") for part in schema.get(key, ()) if "$ref" in part]
    named = {component_name(name): name for name in references if name not in mapping.values()}
    return {**written, "mapping": {**named, **mapping}}


def _intersect(outer: Iterable[Alternative], inner: list[Alternative]) -> list[Alternative]:
    """Return the alternatives that match both."""
    both = [intersection(one, other) for one in outer for other in inner if one.json_type == other.json_type]
    return [alternative for alternative in both if alternative.keywords.get("enum") != []]


def intersection(outer: Alternative, inner: Alternative) -> Alternative:
    """Return the alternative of the values that match two alternatives of the same type."""
    keywords = {**inner.keywords, **outer.keywords}
    for keyword in set(outer.keywords) & set(inner.keywords):
        keywords[keyword] = _conjunction(keyword, outer.keywords[keyword], inner.keywords[keyword])
    names = {name: None for alternative in (outer, inner) for name in alternative.keywords.get("properties", ())}
    if names:
        keywords["properties"] = {
            name: every(*(field_schema(name, one.keywords) for one in (outer, inner))) for name in names
        }
    rows = [one.keywords["prefixItems"] for one in (outer, inner) if "prefixItems" in one.keywords]
    if rows:
        positions = range(max(map(len, rows)))
        keywords["prefixItems"] = [
            every(*(item_schema(one.keywords, index) for one in (outer, inner))) for index in positions
        ]
    # If both restrict the values, neither component defines the whole.
    component = outer.component or inner.component
    if outer.keywords and inner.keywords and outer.component != inner.component:
        component = None
    annotations = {**inner.annotations, **outer.annotations}
    own_annotations = {**inner.own_annotations, **outer.own_annotations}
    keywords = with_fitting_values(with_integer_bounds(keywords))
    others = (*outer.others, *inner.others)
    return Alternative(outer.json_type, keywords, annotations, own_annotations, component, others)


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
    if keyword in _REPEATABLE:
        return (*one, *(value for value in other if not any(equal(value, known) for known in one)))
    if keyword in SCHEMA_MAPS:
        return {**one, **{key: every(one[key], value) if key in one else value for key, value in other.items()}}
    if keyword == "dependentRequired":
        return {key: list(dict.fromkeys((*one.get(key, ()), *other.get(key, ())))) for key in {**one, **other}}
    return every(one, other)


def every(*schemas: Schema) -> Schema:
    """Return a schema that allows what all of some schemas allow.

    It is flat and names each schema once, so that of schemas that refer to themselves there are finitely many.
    """
    found: list[Schema] = []
    for schema in schemas:
        parts = schema["allOf"] if isinstance(schema, Mapping) and set(schema) == {"allOf"} else [schema]
        found += [part for part in parts if part is not True and not any(equal(part, other) for other in found)]
    return found[0] if len(found) == 1 else {"allOf": found} if found else True


def item_schema(keywords: Mapping[str, Any], index: int) -> Schema:
    """Return the schema of an item of an array: that of its position, or of the items that have none."""
    row = keywords.get("prefixItems", ())
    schema: Schema = row[index] if index < len(row) else keywords.get("items", True)
    return schema


def _common_values(one: list[Any], other: list[Any]) -> list[Any]:
    return [value for value in one if any(equal(value, match) for match in other)]
