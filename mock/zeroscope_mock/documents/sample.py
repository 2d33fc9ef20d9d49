"""Samples: values that a schema allows, made from the schema alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil, floor
from operator import ge, gt, le, lt
from typing import Any

Resolve = Callable[[Any], Any]

# Below this depth only required properties are made, so that a schema that contains itself comes to an end.
_OPTIONAL_DEPTH = 4
_MAX_DEPTH = 20
# A schema may ask for more than the memory holds.
_MOST_ITEMS, _MOST_LETTERS = 10_000, 1_000_000
_BOUNDS = {"minimum": ge, "maximum": le, "exclusiveMinimum": gt, "exclusiveMaximum": lt}
_TEXTS = {
    "date": "2026-01-01",
    "date-time": "2026-01-01T00:00:00Z",
    "email": "someone@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def sample(schema: Any, resolve: Resolve, *, whole: bool = True, depth: int = 0) -> Any:
    """A value that a schema allows: an example or a default where it has one, else the smallest one.

    Patterns and the rarer keywords are ignored, so a caller that needs a valid value must validate it.

    Args:
        resolve: Finds what a schema refers to.
        whole: Whether objects have all their properties instead of the required ones alone.
        depth: How many schemas this one is nested in.

    Raises:
        RecursionError: For a schema that requires itself.
    """
    if depth > _MAX_DEPTH:
        raise RecursionError("the schema requires itself")
    schema = resolve(schema)
    if not isinstance(schema, Mapping):
        return None
    for name in ("const", "example", "default"):
        if name in schema:
            return schema[name]
    for name in ("examples", "enum"):
        if schema.get(name):
            return schema[name][0]

    def part(inner: Any) -> Any:
        return sample(inner, resolve, whole=whole and depth < _OPTIONAL_DEPTH, depth=depth + 1)

    for name in ("anyOf", "oneOf"):
        if schema.get(name):
            return part(next((one for one in schema[name] if resolve(one).get("type") != "null"), schema[name][0]))
    parts = [part(inner) for inner in schema.get("allOf", [])]
    own = _of_type(_kind(schema), schema, part, whole and depth < _OPTIONAL_DEPTH)
    objects = [value for value in (*parts, own) if isinstance(value, Mapping)]
    if objects:
        return {name: value for one in objects for name, value in one.items()}
    return parts[0] if parts and own is None else own


def _kind(schema: Mapping[str, Any]) -> str | None:
    named = schema.get("type")
    kinds = [kind for kind in (named if isinstance(named, list) else [named]) if kind != "null"]
    return kinds[0] if kinds else None


def _of_type(kind: str | None, schema: Mapping[str, Any], part: Callable[[Any], Any], whole: bool) -> Any:
    match kind:
        case "object":
            properties = schema.get("properties", {})
            names = [name for name in properties if whole or name in schema.get("required", [])]
            missing = [name for name in schema.get("required", []) if name not in properties]
            return {name: part(properties.get(name, {})) for name in (*names, *missing)}
        case "array":
            return [part(schema.get("items", {})) for _ in range(min(int(schema.get("minItems", 0)), _MOST_ITEMS))]
        case "integer" | "number":
            return _number(schema, whole=kind == "integer")
        case "boolean":
            return False
        case "string":
            text = _TEXTS.get(schema.get("format", ""), "text")
            # JSON has one kind of number, so 3.0 is an integer.
            least, most = min(int(schema.get("minLength", 0)), _MOST_LETTERS), schema.get("maxLength")
            return text.ljust(least, "-")[: None if most is None else int(most)]
        case _:
            return None


def _number(schema: Mapping[str, Any], *, whole: bool) -> Any:
    step = schema.get("multipleOf", 1)
    bounds = [schema[name] for name in _BOUNDS if name in schema]
    # A bound itself, and the multiples on both sides of it.
    near = [count * step for bound in bounds for count in (ceil(bound / step), floor(bound / step), bound // step + 1)]
    near += [(ceil(bound / step) - 1) * step for bound in bounds]
    for value in (step, *near, *(() if whole else bounds)):
        if all(within(value, schema[name]) for name, within in _BOUNDS.items() if name in schema):
            return value
    return step
