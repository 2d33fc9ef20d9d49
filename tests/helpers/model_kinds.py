"""Names the kinds of fields and outputs that a model's schema has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from helpers.model_files import ModelFile

_PREFIX = "#/components/schemas/"
# What has no keyword of interest, or is named in another way.
_IGNORED = {"title", "description", "type", "format", "properties", "items", "enum", "$ref", "x-order", "x-cog-secret"}
# A schema may contain itself.
_MAX_DEPTH = 8


def kinds(model: ModelFile) -> set[str]:
    """The kinds, such as `input.property integer minimum`: a place, a type and a keyword."""
    parts = (("input", "Input"), ("output", "Output"), ("training", "TrainingInput"))
    return {kind for place, name in parts for kind in _kinds(model, model.components.get(name), place, 0)}


def _kinds(model: ModelFile, schema: Any, place: str, depth: int) -> Iterator[str]:
    if not isinstance(schema, Mapping) or depth > _MAX_DEPTH:
        return
    if target := schema.get("$ref"):
        yield f"{place} $ref"
        yield from _kinds(model, model.components.get(target.removeprefix(_PREFIX)), place, depth + 1)
    type = f"{schema.get('type', 'any')}{'-' + schema['format'] if 'format' in schema else ''}"
    if "enum" in schema:
        yield f"{place} enum of {type}: {schema['enum'][0].__class__.__name__}"
    else:
        yield f"{place} {type}"
    for keyword, value in schema.items():
        if keyword not in _IGNORED:
            yield f"{place} {type} {keyword}{f'={value}' if keyword.startswith('x-') else ''}"
    for keyword in ("allOf", "anyOf", "oneOf"):
        for inner in schema.get(keyword, []):
            yield from _kinds(model, inner, place, depth + 1)
    yield from _kinds(model, schema.get("items"), f"{place}.item", depth + 1)
    for inner in schema.get("properties", {}).values():
        yield from _kinds(model, inner, f"{place}.property", depth + 1)
