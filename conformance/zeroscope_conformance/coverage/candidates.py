"""Candidates: requests that may reach the points that are left."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import inf, nextafter
from typing import Any

from ..document import Document
from .nodes import Node
from .operations import OperationPoints
from .points import Point
from .requests import FORM, MALFORMED, DecodedRequest
from .values import ABSENT, is_type

Path = tuple[str | int, ...]

_OTHER_TYPES: tuple[Any, ...] = (None, True, 1, 1.5, "text", [], {})
_UNKNOWN = "unheard_of"
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
# A value of such a size would say more of the network than of the server.
_MAX_SIZE = 100_000
_BOUNDARY = "zeroscope-conformance"


def requests_for(
    points: OperationPoints, missed: set[Point], document: Document, base: DecodedRequest
) -> Iterator[tuple[DecodedRequest, bool]]:
    """Yield requests that reach points, each with whether the document allows it.

    Args:
        points: The points of the operation.
        missed: The points to reach. Those that a request reaches are removed.
        document: The document.
        base: A request that the document allows.
    """
    for request in (base, *_variants(points, document, base)):
        if not missed:
            return
        reached = points.evaluate(request)
        found = reached.points() & missed
        if found:
            missed -= found
            yield request, not reached.broken


def encode(request: DecodedRequest) -> bytes | None:
    """Return the body of a request as it is sent; None for none."""
    if request.body is ABSENT:
        return None
    if request.body is MALFORMED:
        return b'{"'
    if request.media_type != FORM:
        return json.dumps(request.body).encode()
    parts = []
    for name, value in request.body.items() if isinstance(request.body, Mapping) else ():
        text = value if isinstance(value, str) else json.dumps(value)
        parts.append(f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n')
    return f"{''.join(parts)}--{_BOUNDARY}--\r\n".encode()


def content_type(request: DecodedRequest) -> str:
    """Return the `Content-Type` of a request with a body."""
    return f"{FORM}; boundary={_BOUNDARY}" if request.media_type == FORM else request.media_type


def _variants(points: OperationPoints, document: Document, base: DecodedRequest) -> Iterator[DecodedRequest]:
    for _, parameter in points.parameters:
        key = (parameter["in"], parameter["name"])
        if parameter["in"] == "path":
            continue
        yield replace(base, parameters={name: one for name, one in base.parameters.items() if name != key})
        node = points.nodes[key]
        examples = [parameter[name] for name in ("example",) if name in parameter]
        for value in (*examples, *_values(node, document)):
            yield replace(base, parameters={**base.parameters, key: value})
    if not points.bodies:
        return
    for media_type, node in points.bodies.items():
        for path, child in _places(node, ()):
            for value in _values(child, document):
                body = _with_value(base.body, path, value)
                yield replace(base, media_type=media_type, body=body)
    yield replace(base, body=ABSENT)
    yield replace(base, body=MALFORMED)
    yield replace(base, media_type="text/plain")


def _places(node: Node, path: Path) -> Iterator[tuple[Path, Node]]:
    yield path, node
    for name, child in node.properties.items():
        yield from _places(child, (*path, name))
    if node.additional is not None:
        yield from _places(node.additional, (*path, _UNKNOWN))
    if node.items is not None:
        yield from _places(node.items, (*path, 0))
    for choice in node.choices:
        for branch in choice.branches:
            yield from _places(branch.node, path)


def _values(node: Node, document: Document) -> Iterator[Any]:
    """Yield values at the edges of a schema and beyond them."""
    schema = node.schema
    yield ABSENT
    yield from (schema[name] for name in ("example", "default", "const") if name in schema)
    yield from schema.get("examples", [])
    yield from schema.get("enum", [])
    for bound in (schema[name] for name in _BOUNDS if is_type(schema.get(name), "number")):
        yield from (bound, bound - 1, bound + 1, nextafter(bound, -inf), nextafter(bound, inf))
    for name in ("minLength", "maxLength", "minItems", "maxItems"):
        size = schema.get(name)
        if isinstance(size, int) and size <= _MAX_SIZE:
            item = "a" if name.endswith("Length") else [document.sample(schema.get("items", {}))]
            yield from (item * count for count in (size, size - 1, size + 1) if count >= 0)
    typical = _typical(schema, document)
    yield typical
    if isinstance(typical, dict):
        whole = document.sample(schema, whole=True)
        yield whole
        yield {**typical, _UNKNOWN: 1}
        # Without one of all properties, as a form without any part is none.
        yield from ({name: one for name, one in whole.items() if name != left_out} for left_out in whole)
    if "items" in schema:
        yield from ([], [document.sample(schema["items"])])
    if "enum" in schema and schema["enum"] and isinstance(schema["enum"][0], str):
        yield f"{schema['enum'][0]}-"
    if "format" in schema or "pattern" in schema:
        yield from ("", "§")
    yield from _OTHER_TYPES


def _typical(schema: Mapping[str, Any], document: Document) -> Any:
    try:
        return document.sample(schema)
    except RecursionError:
        return None


def _with_value(whole: Any, path: Path, value: Any) -> Any:
    """Return a copy of a value with another one at a path; `ABSENT` removes it."""
    if not path:
        return value
    name, *rest = path
    if isinstance(name, int):
        return [_with_value(None, tuple(rest), value)] if rest or value is not ABSENT else []
    changed = copy.deepcopy(dict(whole)) if isinstance(whole, Mapping) else {}
    if not rest and value is ABSENT:
        changed.pop(name, None)
    else:
        changed[name] = _with_value(changed.get(name), tuple(rest), value)
    return changed
