"""Python types of JSON schemas, as source code."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..document.references import dereference

ANY, NONE, TEXT, FILE = "Any", "None", "str", "FileInput"
OBJECT = "Mapping[str, Any]"
# A list of another type is no list of this one, as one of paths is none of all forms of a file; a sequence is.
_AS_TEXTS = {
    f"Sequence[{FILE}]": f"list[{TEXT}]",
    f"Sequence[{FILE} | {NONE}]": f"list[{TEXT} | {NONE}]",
}
NAMES = frozenset(
    {"Any", "FileInput", "Literal", "Mapping", "Required", "Sequence", "bool", "date", "datetime", "float", "int"}
    | {"list", "str"}
)
"""All names in the types."""

_SIMPLE = {
    "integer": ["int"],
    "number": ["float"],
    "boolean": ["bool"],
    "null": [NONE],
    "object": [OBJECT],
}
_TEXTS = {"date": ["date", TEXT], "date-time": ["datetime", TEXT], "uri": [FILE]}
_KEYWORDS = {"properties": "object", "additionalProperties": "object", "items": "array", "prefixItems": "array"}
"""The types of values that keywords are about, for a schema that names no type."""


def type_of(document: Mapping[str, Any], schema: Any) -> str:
    """Return the type of the values that a schema allows, as they are passed from Python.

    A type may allow more than the schema, against which each value is validated, but nothing less.

    Args:
        document: What the references in the schema point into.
    """
    found = _Types(document).alternatives(schema, ())
    # What uploads files would take any value beside a list of them for one that is wrong.
    if len(set(found) - {NONE}) > 1:
        found = [_AS_TEXTS.get(name, name) for name in found]
    return _union(_files(found))


def names_in(types: Iterable[str]) -> list[str]:
    """Return the names that the source of types uses."""
    nodes = (node for text in types for node in ast.walk(ast.parse(text, mode="eval")))
    return sorted({node.id for node in nodes if isinstance(node, ast.Name)} & NAMES)


class _Types:
    """The types of the schemas of a document, each as a list of alternatives."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def alternatives(self, schema: Any, trail: tuple[str, ...]) -> list[str]:
        """Return the types of which a value has one.

        Args:
            trail: The references that led to the schema.
        """
        if not isinstance(schema, Mapping):
            return [ANY]
        return _intersection([part for part in self._parts(schema, trail) if ANY not in part])

    def _parts(self, schema: Mapping[str, Any], trail: tuple[str, ...]) -> Iterator[list[str]]:
        """Yield the alternatives of everything that a value must satisfy at once."""
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference not in trail:
            try:
                yield self.alternatives(dereference(self._document, {"$ref": reference}), (*trail, reference))
            except (KeyError, TypeError):
                yield [ANY]
        for part in _list(schema, "allOf"):
            yield self.alternatives(part, trail)
        for union in ("anyOf", "oneOf"):
            if branches := _list(schema, union):
                yield _unique(name for branch in branches for name in self.alternatives(branch, trail))
        if "const" in schema:
            yield _values([schema["const"]])
        elif isinstance(schema.get("enum"), list):
            yield _values(schema["enum"])
        else:
            named = schema.get("type") or next((kind for key, kind in _KEYWORDS.items() if key in schema), None)
            kinds = named if isinstance(named, list) else [named]
            yield _unique(name for kind in kinds for name in self._of_kind(kind, schema, trail))

    def _of_kind(self, kind: Any, schema: Mapping[str, Any], trail: tuple[str, ...]) -> list[str]:
        if kind == "string":
            return _TEXTS.get(str(schema.get("format")), [TEXT])
        if kind == "array":
            items = [ANY] if "prefixItems" in schema else self.alternatives(schema.get("items"), trail)
            items = _files([_AS_TEXTS.get(name, name) for name in items])
            inner = _union(items)
            # A text is a sequence of texts, too.
            nested = {ANY, FILE} & {*items} or any("[" in name and not name.startswith("Literal[") for name in items)
            return [f"Sequence[{inner}]" if nested else f"list[{inner}]"]
        return _SIMPLE.get(kind, [ANY]) if isinstance(kind, str) else [ANY]


def _files(found: Sequence[str]) -> list[str]:
    """Return alternatives with files, or with text in place of them where there is anything but text beside them."""
    if FILE not in found:
        return list(found)
    # What uploads files would take any other value for one that is wrong.
    if set(found) - {FILE, TEXT, NONE}:
        return [TEXT if name == FILE else name for name in found]
    return [FILE, *(name for name in found if name == NONE)]


def _intersection(parts: Sequence[list[str]]) -> list[str]:
    """Return the narrowest alternatives among several that hold at once, with None only where all have it."""
    if not parts:
        return [ANY]
    narrowest = next((part for part in parts if any(name.startswith("Literal[") for name in part)), parts[0])
    optional = all(NONE in part for part in parts)
    return [name for name in narrowest if optional or name != NONE] or [NONE]


def _values(values: Sequence[Any]) -> list[str]:
    """Return the type of a choice of values; those that no Literal can hold have the type of their kind."""
    literals = {(type(value).__name__, value) for value in values if isinstance(value, str | int)}
    found = [f"Literal[{', '.join(repr(value) for _, value in sorted(literals))}]"] if literals else []
    for value in values:
        if isinstance(value, float):
            found.append("float")
        elif isinstance(value, Mapping):
            found.append(OBJECT)
        elif isinstance(value, list):
            found.append("Sequence[Any]")
        elif value is None:
            found.append(NONE)
    return _unique(found) or [ANY]


def _union(names: Sequence[str]) -> str:
    """Return the source of a union, with None at its end."""
    if ANY in names:
        return ANY
    return " | ".join(sorted(_unique(names), key=lambda name: name == NONE))


def _unique(names: Iterator[str] | Sequence[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _list(schema: Mapping[str, Any], key: str) -> list[Any]:
    found = schema.get(key)
    return found if isinstance(found, list) else []
