"""The error of a document from which no client comes out, and the places in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from ruamel.yaml.nodes import MappingNode, SequenceNode

from ..document.yaml import compose

_SCHEMA = re.compile(r"/components/schemas/([^\s/:,]+)")
_OPERATION = re.compile(r"\b(GET|PUT|POST|DELETE|OPTIONS|HEAD|PATCH|TRACE) (/\S*)")


class GenerationError(Exception):
    """No client could be generated from the document, or not one that works.

    Args:
        reason: One sentence, without its full stop.
        place: The keys of the document that lead to what is at fault; empty if it is no single place.
    """

    def __init__(self, reason: str, place: Iterable[str] = ()) -> None:
        super().__init__(reason)
        self.place = tuple(place)


def place_in(text: str) -> tuple[str, ...]:
    """Return the place in the document that a message of the generator names; empty if it names none."""
    if found := _SCHEMA.search(text):
        return ("components", "schemas", found[1])
    if found := _OPERATION.search(text):
        return ("paths", found[2], found[1].lower())
    return ()


def line_of(spec: Path, place: Iterable[str]) -> int | None:
    """Return the number of the line that a place begins in, or the last part of the way there that exists."""
    line = None
    try:
        node = compose(spec.read_text(encoding="utf-8"))
        for token in place:
            if isinstance(node, MappingNode):
                key, node = next((key, value) for key, value in node.value if key.value == token)
                line = int(key.start_mark.line) + 1
            elif isinstance(node, SequenceNode):
                node = node.value[int(token)]
                line = int(node.start_mark.line) + 1
    except (OSError, ValueError, StopIteration, IndexError):
        pass
    return line
