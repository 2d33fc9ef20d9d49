"""JSON pointers to places in documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .reading import unescape

Parts = Sequence[str | int]
"""The names and indexes that lead from the root of a document to a place in it."""

# References beyond these lead nowhere.
_MAX_REFERENCES = 50
_NOTHING = object()


def pointer(parts: Parts) -> str:
    """The JSON pointer of a place, as the fragment of a URL without its percent-encoding."""
    return "#" + "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def locate(document: Mapping[str, Any], parts: Parts) -> Parts:
    """The place that parts lead to, where references are followed; if there is none, the last place on the way.

    Args:
        document: The document.
        parts: The parts, which may pass through references.
    """
    node: Any = document
    place: Parts = ()
    references = 0
    for part in parts:
        while references < _MAX_REFERENCES and isinstance(node, Mapping) and "$ref" in node and not has(node, (part,)):
            references += 1
            place = tuple(map(unescape, str(node["$ref"]).removeprefix("#/").split("/")))
            node = value_at(document, place)
        if not has(node, (part,)):
            break
        node = value_at(node, (part,))
        place = (*place, part)
    return place


def has(node: Any, parts: Parts) -> bool:
    """Return whether a value has a part, where references are not followed."""
    return value_at(node, parts, _NOTHING) is not _NOTHING


def value_at(node: Any, parts: Parts, otherwise: Any = None) -> Any:
    """The part of a value, where references are not followed; `otherwise` if there is none."""
    for part in parts:
        # Names that are numbers and indexes cannot be told apart in a pointer.
        if isinstance(node, Mapping) and str(part) in node:
            node = node[str(part)]
        elif isinstance(node, list) and str(part).isdecimal() and int(part) < len(node):
            node = node[int(part)]
        else:
            return otherwise
    return node
