"""Tells parameters that are sent once from those that are sent for each item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .alternatives import Schema, normalize


@dataclass(frozen=True, slots=True)
class Array:
    """An array of which nothing but the items and their number is described.

    Args:
        items: The schema of the items.
        min_items: The least number of items.
    """

    items: Schema
    min_items: int


def array_of(document: Mapping[str, Any], schema: Schema) -> Array | None:
    """Return what a schema says about arrays, if it allows nothing else and describes no item by its position."""
    found = normalize(document, schema)
    if len(found) != 1 or found[0].json_type != "array":
        return None
    keywords = dict(found[0].keywords)
    items, (least, _), _ = (
        keywords.pop("items", True),
        keywords.pop("minItems", (0, False)),
        keywords.pop("maxItems", 0),
    )
    keywords.pop("uniqueItems", None)
    return None if keywords else Array(items, least)


def is_scalar(document: Mapping[str, Any], schema: Schema) -> bool:
    """Return whether a schema allows neither arrays nor objects."""
    found = normalize(document, schema)
    return bool(found) and not any(alternative.json_type in {"array", "object"} for alternative in found)
