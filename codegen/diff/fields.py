"""Finds the schema of a field among those of an object."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any


def field_schema(name: str, keywords: Mapping[str, Any]) -> Mapping[str, Any] | bool:
    """Return the schema of a field: that of its name, or that of the fields that are not named."""
    schema: Mapping[str, Any] | bool = keywords.get("properties", {}).get(name, other_field_schema(name, keywords))
    return schema


def other_field_schema(name: str, keywords: Mapping[str, Any]) -> Mapping[str, Any] | bool:
    """Return the schema of a field that is not named: that of the patterns that match, or of additional properties."""
    matching = [schema for pattern, schema in keywords.get("patternProperties", {}).items() if _matches(pattern, name)]
    if matching:
        return matching[0] if len(matching) == 1 else {"allOf": matching}
    schema: Mapping[str, Any] | bool = keywords.get("additionalProperties", True)
    return schema


def _matches(pattern: str, name: str) -> bool:
    try:
        return re.search(pattern, name) is not None
    except re.error:
        # JSON Schema has the patterns of JavaScript, a few of which Python does not know.
        return False
