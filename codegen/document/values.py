"""Equality of JSON values."""

from __future__ import annotations

from typing import Any


def equal(one: Any, other: Any) -> bool:
    """Compare two JSON values as JSON Schema does: 1 equals 1.0, and 1 does not equal true."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def depth(value: Any) -> int:
    """Return how deeply values are nested in a JSON value, which is 1 for a number."""
    level, levels = [value], 0
    while level:
        levels += 1
        level = [
            part
            for item in level
            if isinstance(item, dict | list)
            for part in (item.values() if isinstance(item, dict) else item)
        ]
    return levels
