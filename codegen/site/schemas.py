"""Describes the schemas of an OpenAPI document in Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from codegen.document.references import component_name

Schema = Mapping[str, Any]

_BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "below {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minProperties": "at least {} fields",
    "maxProperties": "at most {} fields",
    "pattern": "matches {}",
    "format": "format {}",
    "contentEncoding": "encoded as {}",
    "contentMediaType": "media type {}",
}


def anchor(name: str) -> str:
    """The anchor of a schema's section."""
    return f"schema-{name.lower()}"


def type_of(schema: Schema | bool) -> str:
    """The type of a value, in a few words, with links to the schemas that have a name."""
    if isinstance(schema, bool):
        return "any value" if schema else "no value"
    if "$ref" in schema:
        name = component_name(schema["$ref"])
        return f"[{name}](#{anchor(name)})"
    for keyword in ("anyOf", "oneOf", "allOf"):
        if keyword in schema:
            parts = list(dict.fromkeys(map(type_of, schema[keyword])))
            return (" and " if keyword == "allOf" else " or ").join(parts)
    if "const" in schema:
        return code(schema["const"])
    if "enum" in schema:
        return " or ".join(map(code, schema["enum"]))
    types = schema.get("type", "any value")
    return " or ".join(_simple(kind, schema) for kind in ([types] if isinstance(types, str) else types))


def remarks(schema: Schema, *, description: bool = True) -> str:
    """What a schema says of a value besides its type: the description, bounds, default, examples and annotations."""
    parts = [schema["description"]] if description and "description" in schema else []
    bounds = [
        text.format(code(schema[key]) if key in ("pattern", "format") else schema[key])
        for key, text in _BOUNDS.items()
        if key in schema
    ]
    if bounds:
        parts.append(f"{bounds[0][0].upper()}{', '.join(bounds)[1:]}.")
    if "default" in schema:
        parts.append(f"Default: {code(schema['default'])}.")
    examples = schema.get("examples", [schema["example"]] if "example" in schema else [])
    if examples:
        parts.append(f"Example: {', '.join(map(code, examples))}.")
    if schema.get("deprecated"):
        parts.append("Deprecated.")
    return " ".join(" ".join(parts).split())


def extensions(part: Mapping[str, Any]) -> Iterator[str]:
    """The keywords `x-…` of a part of the document, each as a line."""
    for key, value in part.items():
        if isinstance(key, str) and key.startswith("x-"):
            name = key.removeprefix("x-")
            if name in ("departure", "uncertain"):
                yield f"**{'Differs from the published description' if name == 'departure' else 'Uncertain'}:** {value}"
            else:
                yield f"`{key}`: {value if isinstance(value, str) and ' ' in value else code(value)}"


def schema_section(name: str, schema: Schema) -> str:
    """The section of a schema that has a name."""
    parts = [f"### {name} {{ #{anchor(name)} }}", schema.get("description", "")]
    parts.append(f"Type: {type_of(schema)}. {remarks(schema, description=False)}".rstrip())
    parts += extensions(schema)
    parts.append(field_table(schema))
    if schema.get("additionalProperties") is False:
        parts.append("Further fields are refused.")
    return "\n\n".join(filter(None, parts))


def field_table(schema: Schema) -> str:
    """The fields of an object, of the items of an array, and of what is in them; empty if there are none."""
    rows = list(_fields(schema))
    head = "| field | type | required | meaning |\n|---|---|---|---|\n"
    return head + "\n".join(rows) if rows else ""


def code(value: object) -> str:
    """A value as JSON in code; a long one is cut."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split()) or '""'
    mark = "``" if "`" in text else "`"
    return f"{mark}{text}{mark}"


def cell(text: str) -> str:
    """A text for a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def _fields(schema: Schema, prefix: str = "") -> Iterator[str]:
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        if isinstance(field, Mapping):
            meaning = "<br>".join([remarks(field), *extensions(field)]).strip()
            needed = "yes" if name in required else ""
            yield f"| `{prefix}{name}` | {cell(type_of(field))} | {needed} | {cell(meaning)} |"
            yield from _fields(field, f"{prefix}{name}.")
    items, values = schema.get("items"), schema.get("additionalProperties")
    if isinstance(items, Mapping):
        yield from _part(items, f"{prefix.removesuffix('.')}[]")
    if isinstance(values, Mapping):
        yield from _part(values, f"{prefix}*")
    for keyword in ("anyOf", "oneOf", "allOf"):
        for part in schema.get(keyword, ()):
            if isinstance(part, Mapping):
                yield from _part(part, prefix.removesuffix("."))


def _part(schema: Schema, name: str) -> Iterator[str]:
    """What a schema that has no name of its own says of a value."""
    meaning = "<br>".join(filter(None, [remarks(schema), *extensions(schema)]))
    if meaning and name:
        yield f"| `{name}` | {cell(type_of(schema))} | | {cell(meaning)} |"
    yield from _fields(schema, f"{name}." if name else "")


def _simple(kind: str, schema: Schema) -> str:
    if kind == "array" and "items" in schema:
        return f"array of {type_of(schema['items'])}"
    values = schema.get("additionalProperties")
    if kind == "object" and isinstance(values, Mapping):
        return f"object of {type_of(values)}"
    return kind
