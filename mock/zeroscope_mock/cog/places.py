"""The places of keywords in the document of a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from ..documents.places import Parts, has, pointer, value_at
from ..documents.reading import unescape
from .resolver import is_null

# Keywords as a converted schema has them, by those that Cog may have written in their place.
_OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "enum": ("const",),
    "exclusiveMinimum": ("minimum",),
    "exclusiveMaximum": ("maximum",),
    "prefixItems": ("items",),
}


class Places:
    """Finds keywords in a model's document, by the objects in it that are schemas.

    Args:
        document: The model's `openapi_schema`.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def find(self, schema: Any, path: Parts) -> str | None:
        """The place of a part of a schema, or else of the schema; None for a schema that the document does not have.

        Args:
            schema: The schema, an object of the document.
            path: The part, which the schema may have by a reference or an `allOf`.
        """
        place = self._places.get(id(schema))
        if place is None:
            return None
        return pointer(next(self._candidates(schema, place, path, set()), place))

    def _candidates(self, schema: Any, place: Parts, path: Parts, seen: set[int]) -> Iterator[Parts]:
        """The places that a part of a schema may have, those that hold before those that they replace."""
        if not isinstance(schema, Mapping) or id(schema) in seen or not path:
            return
        seen.add(id(schema))
        keyword = str(path[0])
        for name in (keyword, *_OTHER_NAMES.get(keyword, ())):
            if name in schema:
                rest = (name, *path[1:])
                # A part that was made for it, such as the schema of a false one, stands for what it was made of.
                yield (*place, *next(rest[:n] for n in range(len(rest), 0, -1) if has(schema, rest[:n])))
        for union in ("oneOf", "anyOf", "allOf"):
            parts = schema.get(union)
            real = [(n, one) for n, one in enumerate(parts if isinstance(parts, list) else []) if not is_null(one)]
            # The schemas of a union stay as they are, unless there is only one beside null.
            for n, part in reversed(real) if union == "allOf" or len(real) == 1 else ():
                yield from self._candidates(part, (*place, union, n), path, seen)
        target = tuple(map(unescape, unquote(str(schema.get("$ref", ""))).removeprefix("#").split("/")[1:]))
        if target:
            yield from self._candidates(value_at(self._document, target), target, path, seen)

    @cached_property
    def _places(self) -> Mapping[int, Parts]:
        """The place of each object of the document, by its identity."""
        places: dict[int, Parts] = {}
        waiting: list[tuple[Any, tuple[str | int, ...]]] = [(self._document, ())]
        while waiting:
            node, place = waiting.pop()
            if id(node) in places:
                continue
            if isinstance(node, Mapping):
                places[id(node)] = place
                waiting += [(part, (*place, name)) for name, part in node.items()]
            elif isinstance(node, list):
                places[id(node)] = place
                waiting += [(part, (*place, n)) for n, part in enumerate(node)]
        return places
