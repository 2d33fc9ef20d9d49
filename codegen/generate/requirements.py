"""Refuses documents that cannot become a client, before the generator runs."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from ..document.references import resolve
from .errors import GenerationError

Place = tuple[str, ...]

_VALUES = {"example", "default", "enum", "const"}
"""The keywords whose values are no schemas."""
_NAMED = {"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"}
"""The keywords whose keys are names, and no keywords."""
_DIALECTS = ("https://json-schema.org/", "http://json-schema.org/", "https://spec.openapis.org/")
_BRACES = re.compile(r"\{[^}]*\}")


def refuse_values(document: Any) -> None:
    """Refuse values that JSON does not have, and numbers that no program can compute with.

    Raises:
        GenerationError: With the place of the first one.
    """
    for place, value in _walk(document, ()):
        problem = _problem(value)
        if problem:
            raise GenerationError(f"{'.'.join(place) or 'the document'} {problem}", place)


def _problem(value: Any) -> str:
    if isinstance(value, Mapping):
        strange = next((key for key in value if not isinstance(key, str | int | float | None)), None)
        if strange is None:
            strange = next((key for key in value if isinstance(key, float) and not math.isfinite(key)), None)
        kind = "date" if isinstance(strange, date) else type(strange).__name__
        return "" if strange is None else f"has the key {strange!s:.40}, a {kind}; put it in quotes"
    if isinstance(value, float) and not math.isfinite(value):
        return f"is {value}, a number that JSON does not have"
    if isinstance(value, int):
        try:
            float(value)
        except OverflowError:
            return "is too large a number"
    if isinstance(value, str):
        try:
            # YAML reads a character that JSON escapes in two halves as two.
            value.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            return "holds half a character, a surrogate, which JSON does not have"
    if not isinstance(value, str | int | float | list | None):
        return f"is of type {type(value).__name__}, which JSON does not have; put it in quotes"
    return ""


def _walk(part: Any, place: Place) -> Iterator[tuple[Place, Any]]:
    yield place, part
    entries = part.items() if isinstance(part, Mapping) else enumerate(part) if isinstance(part, list) else ()
    for key, inner in entries:
        yield from _walk(inner, (*place, str(key)))


def refuse_references(document: Mapping[str, Any]) -> None:
    """Refuse references to another document, which might be fetched, and to what this one does not have.

    Raises:
        GenerationError: With the place of the first one.
    """
    # The outer ones first: nothing is resolved before all of them are known to stay within the document.
    found = list(_references(document, (), are_names=False))
    for place, keyword, reference in found:
        if keyword == "$schema" and not reference.startswith(_DIALECTS):
            reason = f"{'.'.join(place)} is of the dialect {reference}, which is not known"
            raise GenerationError(reason, (*place, keyword))
        if keyword != "$schema" and not reference.startswith("#/"):
            reason = f"{'.'.join(place)} refers to {reference}, but references must begin with #/"
            raise GenerationError(reason, (*place, keyword))
    for place, keyword, reference in found:
        if keyword == "$ref":
            try:
                resolve(document, reference)
            except (KeyError, TypeError) as error:
                reason = f"{'.'.join(place)} refers to {reference}, which is not in the document"
                raise GenerationError(reason, place) from error


def _references(part: Any, place: Place, *, are_names: bool) -> Iterator[tuple[Place, str, str]]:
    """Yield the place, the keyword and the target of each reference."""
    if isinstance(part, list):
        for index, item in enumerate(part):
            yield from _references(item, (*place, str(index)), are_names=False)
    if not isinstance(part, Mapping):
        return
    for key, inner in part.items():
        if isinstance(inner, str):
            if not are_names and key in {"$ref", "$dynamicRef", "$schema"}:
                yield place, key, inner
        elif are_names or key not in _VALUES:
            yield from _references(inner, (*place, key), are_names=not are_names and key in _NAMED)


def refuse_paths(document: Mapping[str, Any]) -> None:
    """Refuse paths that are the same but for the names of their parameters; requests would match either.

    Raises:
        GenerationError: With the place of the first such path.
    """
    known: dict[str, str] = {}
    for path in document["paths"]:
        other = known.setdefault(_BRACES.sub("{}", path), path)
        if other != path:
            reason = f"the paths {path} and {other} differ in the names of their parameters alone"
            raise GenerationError(reason, ("paths", path))


def refuse_server(document: Mapping[str, Any]) -> None:
    """Refuse a first server that is no URL to send requests to; the wrapper takes it for its base URL.

    Raises:
        GenerationError: If it has variables or is relative.
    """
    servers = document.get("servers")
    if not isinstance(servers, list) or not servers or not isinstance(servers[0], Mapping):
        raise GenerationError("it has no servers, of which the first one is the client's base URL", ("servers",))
    url = servers[0].get("url")
    place = ("servers", "0", "url")
    if not isinstance(url, str) or not url.startswith(("https://", "http://")):
        raise GenerationError(f"the URL of the first server, {url!r:.80}, does not begin with https://", place)
    if _BRACES.search(url):
        raise GenerationError(f"the URL of the first server, {url!r:.80}, has variables; write them out", place)
