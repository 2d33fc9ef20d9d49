"""Formats of the values in recorded responses."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from zeroscope_conformance.timestamps import parse_timestamp


def _matches(pattern: str) -> Callable[[Any], bool]:
    compiled = re.compile(pattern, re.DOTALL)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def _is_timestamp(value: Any) -> bool:
    """Return whether a value is a timestamp with three to nine digits of a second."""
    return parse_timestamp(value) is not None and re.search(r"\.\d{3,9}Z$", value) is not None


FORMATS: dict[str, Callable[[Any], bool]] = {
    "anything": lambda value: True,
    "base64": _matches(r"[A-Za-z0-9_-]{26,}={0,2}"),
    "boolean": lambda value: isinstance(value, bool),
    "digits": _matches(r"\d+"),
    "hex32": _matches(r"[0-9a-f]{32}"),
    "hex64": _matches(r"[0-9a-f]{64}"),
    "id": _matches(r"[a-z0-9]{26}"),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 0,
    "lines": _matches(r".*\S.*"),
    "members": lambda value: isinstance(value, dict) and bool(value),
    "name": _matches(r"[a-z0-9._-]+/[a-z0-9._-]+"),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool) and value >= 0,
    "object": lambda value: isinstance(value, dict),
    "text": lambda value: isinstance(value, str),
    "timestamp": _is_timestamp,
    "url": _matches(r"https://\S+"),
}


def has_format(value: Any, expected: Any, id: str) -> bool:
    """Return whether a value, which is neither a list nor an object of a shape, is as expected.

    Args:
        expected: The value in the shape; shapes.yaml describes its forms.
        id: The id of the body, for URLs that have it.
    """
    if not isinstance(expected, str) or not expected:
        return type(value) is type(expected) and bool(value == expected)
    if expected.startswith("="):
        return any(value == word.removeprefix("=") for word in expected.split(" | "))
    if match := re.fullmatch(r"/(.*)/(i?)", expected, re.DOTALL):
        return _matches(f"(?i:{match[1]})" if match[2] else match[1])(value)
    if expected.startswith("https://"):
        pattern = re.escape(expected).replace(r"\{id\}", re.escape(id)).replace(r"\{any\}", r"[^?\s]+")
        return _matches(pattern)(value)
    return any(FORMATS[name](value) for name in expected.split(" | "))
