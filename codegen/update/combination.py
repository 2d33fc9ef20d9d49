"""Combinations of schemas: with others that hold at once, and with null."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .choices import types_of

Schema = dict[str, Any]

_NULL = {"type": "null"}


def combine(parts: Iterable[Schema]) -> tuple[Schema, list[str]]:
    """Return the keywords of schemas that hold at once, and those of which the last one replaces another."""
    merged: Schema = {}
    replaced = []
    for part in parts:
        joined = {}
        for key in sorted(merged.keys() & part.keys() - {"description", "default", "type"}):
            joined[key] = _joined(key, merged[key], part[key])
            if joined[key] is None:
                joined[key] = part[key]
                replaced.append(key)
        merged |= part | joined
    return merged, replaced


def is_null(schema: Any) -> bool:
    """Return whether a schema allows null alone."""
    return isinstance(schema, dict) and schema.get("type") == "null"


def with_null(schema: Schema) -> Schema:
    """Return a schema that allows null as well."""
    found = dict(schema)
    for union in {"anyOf", "oneOf"} & found.keys():
        found[union] = [*(branch for branch in found[union] if branch != _NULL), _NULL]
    if "type" in found:
        if "null" not in types_of(found):
            found["type"] = [*types_of(found), "null"]
    elif isinstance(found.get("enum"), list):
        found["enum"] = [*found["enum"], None]
    return found


def _joined(key: str, one: Any, other: Any) -> Any:
    """Return the value of a keyword that says what two values say; None if there is none."""
    if one == other:
        return other
    if key == "properties" and isinstance(one, dict) and isinstance(other, dict):
        same = all(one[name] == other[name] for name in one.keys() & other.keys())
        return one | other if same else None
    if key == "required" and isinstance(one, list) and isinstance(other, list):
        return [*one, *(name for name in other if name not in one)]
    return None
