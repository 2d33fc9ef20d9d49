"""Drift: where the document and the service part."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from ..coverage.nodes import BODY, Node, NodeBuilder, escape, place_of
from ..document import Document
from ..exchange import Exchange, excerpt
from ..operation import Operation

Kind = Literal[
    "operation", "status", "content type", "header", "field", "value", "schema", "parameter", "accepted", "refused"
]

_MAX_EXAMPLE = 80
# Headers of HTTP itself, of browsers and of caches, which no document describes.
_COMMON_HEADERS = re.compile(
    r"(accept|access-control|cf|content|cross-origin)-.*"
    r"|age|allow|alt-svc|cache-control|connection|date"
    r"|etag|expires|keep-alive|last-modified|location|nel"
    r"|permissions-policy|pragma|referrer-policy|report-to|server|server-timing"
    r"|set-cookie|strict-transport-security|trailer|transfer-encoding|upgrade|vary"
    r"|via|www-authenticate"
    r"|x-(content-type-options|frame-options|xss-protection)"
)


@dataclass
class Drift:
    """One way in which the service differs from the document.

    Args:
        kind: What differs.
        operation: The `operationId`; empty for an operation that the document lacks.
        pointer: The JSON pointer of the place in the document.
        what: What the document lacks, or what contradicts it.
        example: A value that was seen, and where.
        count: How often it was seen.
    """

    kind: Kind
    operation: str
    pointer: str
    what: str
    example: str
    count: int = 1

    def to_dict(self) -> dict[str, Any]:
        """Return the drift as JSON values."""
        return dict(vars(self))


@dataclass
class DriftCollector:
    """Collects what differs, and counts it.

    Args:
        document: The document.
        found: What differs, by kind, place and text.
    """

    document: Document
    found: dict[tuple[str, str, str, str], Drift] = field(default_factory=dict)
    _nodes: dict[str, Node] = field(default_factory=dict)

    def all(self) -> list[Drift]:
        """Return what differs, the most frequent of each kind first."""
        kinds = list(get_args(Kind))
        return sorted(self.found.values(), key=lambda one: (kinds.index(one.kind), -one.count, one.what))

    def add(self, kind: Kind, operation: str, pointer: str, what: str, value: Any, place: str) -> None:
        """Count something that differs.

        Args:
            kind: What differs.
            operation: The `operationId`.
            pointer: The JSON pointer of the place in the document.
            what: What the document lacks, or what contradicts it.
            value: The value that was seen.
            place: The place in the recording.
        """
        key = (kind, operation, pointer, what)
        if key in self.found:
            self.found[key].count += 1
        else:
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            self.found[key] = Drift(kind, operation, pointer, what, f"{excerpt(text, _MAX_EXAMPLE)} ({place})")

    def compare(self, exchange: Exchange, operation: Operation, place: str, *, has_body: bool) -> None:
        """Compare a response with its description.

        Args:
            exchange: The exchange.
            operation: Its operation.
            place: The place in the recording.
            has_body: Whether the recording has the body.
        """
        pointer = f"/paths/{escape(operation.path)}/{operation.method.lower()}/responses"
        key = self.document.response_key(operation, exchange.status)
        if key is None:
            what = f"status {exchange.status}"
            self.add("status", operation.id, pointer, what, exchange.summary, place)
            return
        described = operation.raw["responses"][key]
        pointer = place_of(f"{pointer}/{key}", described)
        response = self.document.deref(described)
        known = {name.lower() for name in response.get("headers", {})}
        for name, value in exchange.response_headers.items():
            if name not in known and not _COMMON_HEADERS.fullmatch(name):
                self.add("header", operation.id, f"{pointer}/headers", f"{key} with {name}", value, place)
        content = response.get("content", {})
        if not content or (not exchange.response_body and has_body and not exchange.media_type):
            return
        if exchange.media_type not in content:
            what = f"{key} as {exchange.media_type or 'no content type'}"
            self.add("content type", operation.id, f"{pointer}/content", what, exchange.summary, place)
        elif has_body and exchange.json is not None and "schema" in content[exchange.media_type]:
            where = f"{pointer}/content/{escape(exchange.media_type)}/schema"
            self.compare_value(where, content[exchange.media_type]["schema"], exchange.json, operation.id, place)

    def compare_value(self, pointer: str, schema: Mapping[str, Any], value: Any, operation: str, place: str) -> None:
        """Compare a value with its schema.

        Args:
            pointer: The JSON pointer of the schema.
            schema: The schema.
            value: The value.
            operation: The `operationId`.
            place: The place in the recording.
        """
        for error in self.document.validator(schema).iter_errors(value):
            path = "".join("[]" if isinstance(part, int) else f".{part}" for part in error.instance_path).lstrip(".")
            keyword = str(error.schema_path[-1]) if error.schema_path else ""
            what = f"{path or BODY}: not as {keyword} says"
            self.add("schema", operation, pointer, what, excerpt(error.message, _MAX_EXAMPLE), place)
        node = self._nodes.get(pointer)
        if node is None:
            node = self._nodes[pointer] = NodeBuilder(self.document, operation).build(pointer, schema, BODY)
        for kind, where, what, seen in _differences(node, value):
            self.add(kind, operation, where, what, seen, place)


def _differences(node: Node, value: Any) -> Iterator[tuple[Kind, str, str, Any]]:
    """Yield properties and members of enums that a schema allows, but does not mention."""
    fitting = [branch.node for choice in node.choices for branch in choice.branches if branch.fits(value)]
    members = [
        one for choice in node.choices for branch in choice.branches for one in branch.node.schema.get("enum", [])
    ]
    if members and isinstance(value, str) and value not in members and fitting:
        yield "value", node.pointer, f"{node.label}: {json.dumps(value)}", value
    nodes = [node, *fitting]
    if isinstance(value, Mapping):
        known: dict[str, Node | None] = {}
        for one in nodes:
            known |= one.properties
        for name, inner in value.items():
            if (child := known.get(name)) is not None:
                yield from _differences(child, inner)
            elif known and name not in known and all(one.additional is None for one in nodes):
                place = next(one.pointer for one in reversed(nodes) if one.properties)
                label = name if node.label == BODY else f"{node.label}.{name}"
                yield "field", f"{place}/properties", label, inner
    elif isinstance(value, list):
        for one in nodes:
            if one.items is not None:
                for inner in value:
                    yield from _differences(one.items, inner)
