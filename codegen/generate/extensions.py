"""Checks the extensions (`x-` keywords) of the document that the wrapper reads."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from .client import SCHEMAS
from .errors import GenerationError

_SERVICE = ("info", "x-replicate")
_PREDICTION = (*SCHEMAS, "Prediction", "properties")
_STATUSES = (*SCHEMAS, "PredictionStatus")


def check_extensions(document: Mapping[str, Any]) -> None:
    """Check that the document has each extension that the wrapper reads, with a value that it can use.

    Raises:
        GenerationError: If one is missing, or has another value.
    """
    for place, (allows, expected) in READ.items():
        value: Any = document
        for depth, token in enumerate(place):
            if not isinstance(value, Mapping) or token not in value:
                missing = ".".join(place[: depth + 1])
                raise GenerationError(f"the document has no {missing}, which the wrapper reads", place[:depth])
            value = value[token]
        if not allows(value):
            items = enumerate(value) if isinstance(value, list) else ()
            at, wrong = next(((str(index), item) for index, item in items if not allows([item])), ("", value))
            if at:
                place, problem = (*place, at), f"is {wrong!r:.80}, but the list should be {expected}"
            elif isinstance(wrong, Mapping | list):
                problem = f"should be {expected}"
            else:
                problem = f"is {wrong!r:.80}, but should be {expected}"
            raise GenerationError(f"{'.'.join(place)} {problem}", place)
    _check_statuses(document)


def _check_statuses(document: Mapping[str, Any]) -> None:
    """Refuse final statuses that are none, for which the wrapper would wait in vain."""
    schema: Any = document
    for token in _STATUSES:
        schema = schema[token]
    unknown = [status for status in schema["x-final"] if status not in schema.get("enum", schema["x-final"])]
    if unknown:
        reason = f"PredictionStatus has {unknown[0]!r} in x-final, but not in its enum"
        raise GenerationError(reason, (*_STATUSES, "x-final"))


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 0


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_text, value))


def _are_patterns(value: object) -> bool:
    """Whether these are regular expressions with the group that holds the code."""
    if not isinstance(value, list):
        return False
    try:
        return all(isinstance(pattern, str) and re.compile(pattern).groups > 0 for pattern in value)
    except re.error:
        return False


def _is_object_of_texts(value: object) -> bool:
    return isinstance(value, Mapping) and all(map(_is_text, value.values()))


_TEXT = (_is_text, "a text")
_AMOUNT = (_is_amount, "a number above 0")

READ: dict[tuple[str, ...], tuple[Callable[[Any], bool], str]] = {
    (*_SERVICE, "model"): _TEXT,
    (*_SERVICE, "version"): _TEXT,
    (*_SERVICE, "output-host"): _TEXT,
    (*_SERVICE, "run-limit-seconds"): _AMOUNT,
    (*_SERVICE, "retention-seconds"): _AMOUNT,
    (*_SERVICE, "data-uri-bytes"): _AMOUNT,
    (*_SERVICE, "file-bytes"): _AMOUNT,
    (*_STATUSES, "x-final"): (_are_texts, "one of statuses, at least one"),
    (*_PREDICTION, "version", "x-hidden"): _TEXT,
    (*_PREDICTION, "error", "x-error-codes", "patterns"): (
        _are_patterns,
        "one of regular expressions with a group each",
    ),
    (*_PREDICTION, "error", "x-error-codes", "meanings"): (_is_object_of_texts, "an object of texts"),
}
"""The places that the wrapper reads, each with a test of its value and what it should be."""
