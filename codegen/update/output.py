"""Converts the schema of a model's output, and describes it in a few words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from ..document.nullable import convert_nullable
from ..document.references import resolve

Schema: TypeAlias = dict[str, Any]

# What only Cog uses.
_DROPPED = {"title", "x-order", "$ref"}


def convert_output(document: Any) -> Schema | None:
    """Return the schema of the output, with its references resolved; None if the version describes none.

    Args:
        document: The `openapi_schema` of the version.
    """
    try:
        schema = document["components"]["schemas"]["Output"]
    except (KeyError, TypeError):
        return None
    found = convert_nullable(_resolved(document, schema, ())) if isinstance(schema, dict) else None
    return found if isinstance(found, dict) else None


def describe_output(schema: Mapping[str, Any]) -> str:
    """Describe a schema for a message, such as `an array of URLs`."""
    match schema:
        case {"type": "string", "format": "uri"}:
            return "a URL"
        case {"type": "array", "items": {"type": "string", "format": "uri"}}:
            return "an array of URLs"
        case {"type": "array", "items": {"type": str(kind)}}:
            return f"an array of items of type {kind}"
        case {"type": "object", "properties": dict(properties)} if properties:
            names = ", ".join(map(str, properties))
            return f"an object with {names if len(names) <= 80 else names[:79] + '…'}"
        case {"type": str(kind)}:
            return f"of type {kind}"
    return "of several types" if schema.keys() & {"anyOf", "oneOf", "type"} else "of any type"


def has_videos(schema: Mapping[str, Any]) -> bool:
    """Return whether the client finds videos in such an output, which is a URL or an array of them."""
    return describe_output(schema) in {"a URL", "an array of URLs"}


def _resolved(document: Any, schema: Any, trail: tuple[str, ...]) -> Any:
    """Return a schema with its references written out; where one leads back to itself, anything is allowed."""
    if isinstance(schema, list):
        return [_resolved(document, part, trail) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found: Schema = {}
    reference = schema.get("$ref")
    if isinstance(reference, str):
        try:
            target = {} if reference in trail else resolve(document, reference)
        except KeyError:
            target = {}
        found = _resolved(document, target, (*trail, reference))
        found = found if isinstance(found, dict) else {}
    for key, value in schema.items():
        # The names of properties are no keywords.
        if key == "properties" and isinstance(value, dict):
            found[key] = {name: _resolved(document, part, trail) for name, part in value.items()}
        elif key not in _DROPPED:
            found[key] = _resolved(document, value, trail)
    return found
