"""Converts a model's schema of its input to a JSON Schema that can be compiled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..documents.validation import Schema
from .resolver import Resolver

_TYPES = frozenset({"string", "integer", "number", "boolean", "array", "object", "null"})
# Keywords whose values are no schemas; all others but those that the converter knows are left out.
_PLAIN = (
    "enum",
    "minimum",
    "exclusiveMinimum",
    "maximum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "required",
)
_MAX_DEPTH = 40


class JsonSchema:
    """The schema of an object, as far as it can be checked.

    Args:
        resolver: Resolves the schemas of the document.
        schema: The schema, in the form that Cog wrote.
        name: The name of the object in warnings, such as `input`.

    Attributes:
        compiled: The schema, compiled.
    """

    def __init__(self, resolver: Resolver, schema: Any, name: str) -> None:
        self._resolver = resolver
        self._components: dict[str, Any] = {}
        self._begun: dict[int, str] = {}
        self._warnings: dict[str, None] = {}
        self._name = name
        self.compiled = self._compiled(self._object(schema))

    @property
    def warnings(self) -> list[str]:
        """One sentence for each part that is not checked or contradicts itself."""
        return list(self._warnings)

    def _warn(self, where: str, what: str) -> None:
        self._warnings[f"{where} {what}."] = None

    def _object(self, schema: Any) -> dict[str, Any]:
        """The schema of the object itself, which is checked in any case for being one."""
        converted = self._converted(schema, self._name, 0)
        if converted.setdefault("type", "object") == "object":
            return converted
        self._warn(self._name, "is always an object, but the schema has another type, so its fields are not checked")
        return {"type": "object"}

    def _compiled(self, converted: dict[str, Any]) -> Schema:
        """The schema, compiled, without the parts that are no valid schemas."""
        try:
            return Schema(converted, self._components)
        except ValueError:
            pass
        properties = converted.get("properties", {})
        for name, schema in properties.items():
            try:
                Schema(schema, self._components)
            except ValueError as error:
                reason = str(error).partition("\n")[0]
                self._warn(f"{self._name}.{name}", f"is not checked, because its schema is invalid: {reason:.120}")
                properties[name] = {}
        try:
            return Schema(converted, self._components)
        except ValueError as error:
            reason = str(error).partition("\n")[0]
            self._warn(self._name, f"is checked by its fields alone, because its schema is invalid: {reason:.120}")
            return Schema({"type": "object", "properties": properties}, self._components)

    def _converted(self, schema: Any, where: str, depth: int) -> dict[str, Any]:
        # A schema may contain itself, so one that was begun is referred to. Objects of the document keep their ids.
        if isinstance(schema, Mapping):
            if (known := self._begun.get(id(schema))) is not None:
                return {"$ref": f"#/components/{known}"}
            self._begun[id(schema)] = str(len(self._begun))
        if depth > _MAX_DEPTH:
            self._warn(where, "is nested too deeply to be checked")
            return {}
        problems: list[str] = []
        resolved = self._resolver.resolve(schema, problems.append)
        converted = dict(self._keywords(resolved, where, depth))
        for problem in problems:
            self._warn(where, problem)
        if not converted and not problems:
            self._warn(where, "has no type, so any value is accepted")
        if resolved.get("nullable") is True:
            converted = _nullable(converted)
        if isinstance(schema, Mapping):
            self._components[self._begun[id(schema)]] = converted
        return converted

    def _keywords(self, schema: dict[str, Any], where: str, depth: int) -> Iterator[tuple[str, Any]]:
        """The keywords of a resolved schema that can be compiled."""
        yield from ((key, schema[key]) for key in _PLAIN if key in schema)
        kinds = schema.get("type")
        if isinstance(kinds, str | list):
            unknown = [kind for kind in ([kinds] if isinstance(kinds, str) else kinds) if not _is_type(kind)]
            if not unknown:
                yield "type", kinds
            else:
                self._warn(where, f"has the unknown type {unknown[0]!r:.40}, so any type is accepted")
        for key in ("properties", "patternProperties"):
            if isinstance(inner := schema.get(key), Mapping):
                yield key, {name: self._converted(part, f"{where}.{name}", depth + 1) for name, part in inner.items()}
        for key in ("items", "additionalProperties"):
            if isinstance(inner := schema.get(key), Mapping):
                yield key, self._converted(inner, f"{where}.{key}", depth + 1)
            elif isinstance(inner, bool):
                yield key, inner
        for key in ("anyOf", "oneOf"):
            if isinstance(inner := schema.get(key), list):
                yield key, [self._converted(part, where, depth + 1) for part in inner]


def _is_type(kind: Any) -> bool:
    return isinstance(kind, str) and kind in _TYPES


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema that allows null as well."""
    if "anyOf" in schema or "oneOf" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    schema = dict(schema)
    if "type" in schema:
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        schema["type"] = [*kinds, "null"] if "null" not in kinds else kinds
    if isinstance(schema.get("enum"), list):
        schema["enum"] = [*schema["enum"], None]
    return schema
