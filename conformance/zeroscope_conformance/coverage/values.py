"""Values of JSON: their types, and whether two are the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

ABSENT = object()
"""What stands for a value that is not there."""


def is_type(value: Any, name: str) -> bool:
    """Return whether a value has a type of JSON Schema."""
    match name:
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "array":
            return isinstance(value, list)
        case "object":
            return isinstance(value, Mapping)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "integer":
            return is_type(value, "number") and (isinstance(value, int) or value.is_integer())
        case _:
            return False


def same(one: Any, other: Any) -> bool:
    """Return whether two values are the same in JSON, where true is not 1."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def as_text(value: Any) -> str:
    """Return a value as a parameter has it."""
    return value if isinstance(value, str) else json.dumps(value)
