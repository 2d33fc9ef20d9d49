"""Converts a schema that Cog wrote to a JSON Schema that can be compiled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from ..documents.places import Parts, value_at
from ..documents.validation import Schema
from .places import Places
from .resolver import Resolver

# Keywords whose values are not schemas, one schema, a list of schemas, and schemas by name.
_PLAIN = (
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
_ONE = ("items", "additionalProperties", "not", "contains", "propertyNames")
_LISTED = ("anyOf", "oneOf", "prefixItems")
_NAMED = ("properties", "patternProperties")

_UNCHECKED = (
    "$dynamicRef",
    "$recursiveRef",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "if",
    "unevaluatedItems",
    "unevaluatedProperties",
)
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
_MAX_DEPTH = 40


class JsonSchema:
    """A schema of a document, as far as it can be checked.

    Args:
        resolver: Resolves the schemas of the document.
        schema: The schema, in the form that Cog wrote.
        name: Its name in warnings, such as `input`.
        is_input: Whether it describes fields that callers send. Such a schema is always of an object, and says of each
            field what it is.

    Attributes:
        compiled: The schema, compiled.
    """

    def __init__(self, resolver: Resolver, schema: Any, name: str, *, is_input: bool) -> None:
        self._resolver = resolver
        self._name = name
        self._is_input = is_input
        self._components: dict[str, dict[str, Any]] = {}
        self._referred: set[str] = set()
        # The schemas are kept because their ids are those of other objects once they are gone.
        self._begun: dict[int, tuple[str, Any]] = {}
        self._origins: dict[int, Any] = {}
        self._root = schema
        self._warnings: dict[str, None] = {}
        self.compiled = self._compiled(self._object(schema) if is_input else self._converted(schema, name, 0))

    @property
    def warnings(self) -> list[str]:
        """One sentence for each part that is not checked or contradicts itself, beginning with the field."""
        return list(self._warnings)

    def _warn(self, where: str, what: str) -> None:
        self._warnings[printable(f"{where:.200} {what}.")] = None

    def _object(self, schema: Any) -> dict[str, Any]:
        """The schema of an input, converted; one that allows no object counts as allowing any."""
        resolved = self._resolver.resolve(schema, lambda problem: self._warn(self._name, problem))
        if resolved.setdefault("type", "object") != "object":
            self._warn(
                self._name, f"has the type {resolved['type']!r:.40}, but is an object, so any object is accepted"
            )
            return {"type": "object"}
        resolved.pop("nullable", None)
        return self._converted(resolved, self._name, 0)

    def _compiled(self, converted: dict[str, Any]) -> Schema:
        """The schema, compiled, without the fields whose schemas cannot be."""
        components = {name: self._components[name] for name in self._referred}
        try:
            return Schema(converted, components, locate=self._locate)
        except ValueError as error:
            whole = error
        properties = converted.get("properties", {})
        for name, schema in properties.items():
            try:
                Schema(schema, components)
            except ValueError as error:
                self._warn(f"{self._name}.{name}", f"is not checked, because its schema is invalid: {_reason(error)}")
                properties[name] = {}
        try:
            return Schema(converted, components, locate=self._locate)
        except ValueError:
            self._warn(self._name, f"is checked by its fields alone, because its schema is invalid: {_reason(whole)}")
            kind = {"type": "object"} if self._is_input else {}
            return Schema({**kind, "properties": properties}, components, locate=self._locate)

    def _locate(self, path: Parts) -> str | None:
        """The place in the document of a keyword of the compiled schema."""
        node: Any = self.compiled.source
        schema, rest = self._root, path
        for n, part in enumerate(path):
            node = value_at(node, (part,))
            if id(node) in self._origins:
                schema, rest = self._origins[id(node)], path[n + 1 :]
        return self._places.find(schema, rest)

    @cached_property
    def _places(self) -> Places:
        return Places(self._resolver.document)

    def _converted(self, schema: Any, where: str, depth: int) -> dict[str, Any]:
        # A schema may contain itself, so one that was begun is referred to.
        if isinstance(schema, Mapping):
            if (known := self._begun.get(id(schema))) is not None:
                self._referred.add(known[0])
                return {"$ref": f"#/components/{known[0]}"}
            self._begun[id(schema)] = str(len(self._begun)), schema
        converted = self._begin(schema, where, depth)
        if isinstance(schema, Mapping):
            self._components[self._begun[id(schema)][0]] = converted
            self._origins[id(converted)] = schema
        return converted

    def _begin(self, schema: Any, where: str, depth: int) -> dict[str, Any]:
        """Convert a schema that was not converted before."""
        if depth > _MAX_DEPTH:
            self._warn(where, "is nested too deeply to be checked")
            return {}
        before = len(self._warnings)
        resolved = self._resolver.resolve(schema, lambda problem: self._warn(where, problem))
        converted = {**dict(self._keywords(resolved, where, depth)), **self._kinds(resolved, where)}
        if not converted and self._is_input and len(self._warnings) == before:
            self._warn(where, "has no type, so any value is accepted")
        if isinstance(schema, Mapping):
            # As it is before a union with null is wrapped around it.
            self._origins[id(converted)] = schema
        return _nullable(converted) if resolved.get("nullable") is True else converted

    def _keywords(self, schema: Mapping[str, Any], where: str, depth: int) -> Iterator[tuple[str, Any]]:
        """All keywords of a resolved schema that are checked, but `type` and `enum`."""
        for key, value in schema.items():
            if key in _PLAIN:
                yield key, value
            elif key in _UNCHECKED:
                self._warn(where, f"has {key}, which is not checked")
            elif key in _NAMED:
                yield key, {name: self._converted(part, f"{where}.{name}", depth + 1) for name, part in value.items()}
            elif key in _ONE and not isinstance(value, list):
                yield key, value if isinstance(value, bool) else self._converted(value, f"{where}.{key}", depth + 1)
            elif value and (key in _LISTED or key == "items"):
                # In OpenAPI 3.0, `items` may be a list as well.
                parts = [self._converted(part, where, depth + 1) for part in value]
                yield "prefixItems" if key == "items" else key, parts
                if key in ("anyOf", "oneOf") and any(map(self._is_object, value)):
                    self._warn(where, f"is {key} of objects, so an error may not name the field within")

    def _is_object(self, schema: Any) -> bool:
        return self._resolver.resolve(schema).get("type") == "object"

    def _kinds(self, schema: Mapping[str, Any], where: str) -> dict[str, Any]:
        """The keywords `type` and `enum` of a resolved schema."""
        kept = {key: schema[key] for key in ("type", "enum") if key in schema}
        kinds, enum = kept.get("type"), kept.get("enum")
        names = kinds if isinstance(kinds, list) else [] if kinds is None else [kinds]
        if unknown := [name for name in names if name not in _TYPES]:
            self._warn(where, f"has the unknown type {unknown[0]!r:.40}, so any type is accepted")
            kept.pop("type")
        elif names and enum is not None and not all(_is_of(value, names) for value in enum):
            # Cog 0.1 wrote the choices of integers as text.
            allowed = " or ".join(names)
            self._warn(where, f"has choices that are not of the type {allowed}, so numbers are accepted as text too")
            kept.pop("type")
            kept["enum"] = [*enum, *(other for value in enum for other in _other_form(value) if other not in enum)]
        return kept


def printable(sentence: str) -> str:
    """A sentence on one line, whatever the names and values in it are."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in sentence)


def _reason(error: ValueError) -> str:
    return f"{str(error).partition(chr(10))[0]:.120}"


def _is_of(value: Any, names: list[str]) -> bool:
    """Return whether a value is of one of the types."""
    for name in names:
        if isinstance(value, _TYPES[name]) and (name == "boolean" or not isinstance(value, bool)):
            return True
        if name == "integer" and isinstance(value, float) and value.is_integer():
            return True
    return False


def _other_form(value: Any) -> Iterator[Any]:
    """A number as text, or the number that a text is."""
    if isinstance(value, str):
        for read in (int, float):
            try:
                yield read(value)
                return
            except ValueError:
                pass
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema that allows null as well."""
    if schema.keys() & {"anyOf", "oneOf", "not"}:
        return {"anyOf": [schema, {"type": "null"}]}
    # As one type rather than a union, so that errors name the field's own problem.
    if "type" in schema:
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        schema["type"] = [*kinds, *(["null"] if "null" not in kinds else [])]
    if "enum" in schema:
        schema["enum"] = [*schema["enum"], None]
    return schema
