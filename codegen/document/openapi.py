"""Reads an OpenAPI document from which a client can be generated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from .operations import METHODS
from .references import pointer_tokens
from .yaml import compose, load


def load_document(text: str) -> dict[str, Any]:
    """Read an OpenAPI document, each of whose operations has an operationId of its own.

    Raises:
        ValueError: If the text is not such a document; the message is one line, with the line and the column of the
            fault.
    """
    document = load(text)
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
        raise ValueError("it is not an OpenAPI document with paths")
    known: dict[str, str] = {}
    for name, place, operation in _operations(document):
        if not isinstance(operation, dict):
            raise ValueError(f"{name} is {operation!r:.40}, not an operation, {position(text, place)}")
        found = operation.get("operationId")
        if not isinstance(found, str) or not found:
            raise ValueError(f"{name} has no operationId, {position(text, place)}")
        if found in known:
            place = (*place, "operationId")
            raise ValueError(f"{name} has the operationId of {known[found]}, {found!r:.80}, {position(text, place)}")
        known[found] = name
    return document


def position(text: str, place: tuple[str, ...]) -> str:
    """Return where an entry stands, as `in line 3, column 5`; of a merged one, where the mapping does that has it.

    Args:
        text: The document.
        place: The keys that lead to the entry.
    """
    node, mark = compose(text), None
    for key in place:
        entry = next((pair for pair in _entries(node) if pair[0] == key), None)
        if entry is None:
            break
        _, mark, node = entry
    mark = mark or node.start_mark
    return f"in line {mark.line + 1}, column {mark.column + 1}"


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...], Any]]:
    """Yield the name, the place and the content of each operation of a path."""
    for path, item in document["paths"].items():
        place: tuple[str, ...] = ("paths", str(path))
        seen = set()
        while isinstance(item, dict) and isinstance(item.get("$ref"), str) and item["$ref"] not in seen:
            seen.add(item["$ref"])
            place, item = tuple(pointer_tokens(item["$ref"])), document
            for token in place:
                item = item.get(token) if isinstance(item, dict) else None
        for method, operation in item.items() if isinstance(item, dict) else ():
            if method in METHODS:
                yield f"{method.upper()} {path}", (*place, method), operation


def _entries(node: Node) -> Iterator[tuple[str, Any, Node]]:
    """Yield the key of each entry of a node, where it begins, and its value."""
    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield str(key.value), key.start_mark, value
    elif isinstance(node, SequenceNode):
        for index, value in enumerate(node.value):
            yield str(index), value.start_mark, value
