"""References (`$ref`) within an OpenAPI document, and the JSON Pointers in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def pointer_tokens(reference: str) -> list[str]:
    """Split a reference such as `#/components/schemas/a~1b` into its reference tokens, unescaped."""
    return [token.replace("~1", "/").replace("~0", "~") for token in reference.removeprefix("#/").split("/")]


def component_name(reference: str) -> str:
    """Return the last token of a reference, which is the name of the component."""
    return pointer_tokens(reference)[-1]


def resolve(document: Mapping[str, Any], reference: str) -> Any:
    """Return the object that a reference points to.

    Raises:
        KeyError: If the document has no such object.
    """
    target: Any = document
    for token in pointer_tokens(reference):
        try:
            target = target[int(token) if isinstance(target, list) else token]
        except (IndexError, TypeError, ValueError) as error:
            raise KeyError(reference) from error
    return target


def dereference(document: Mapping[str, Any], part: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow an object that may be a reference, or a chain of them, to the object itself."""
    while "$ref" in part:
        part = resolve(document, part["$ref"])
    return part
