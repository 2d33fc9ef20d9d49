"""Readers of the values of an input's fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, TypeGuard

_NUMBER = re.compile(r"\s*(-?\d{1,15}(?:\.\d{1,15})?)")
_EXPONENT = re.compile(r"\s*-?\d{1,15}(?:\.\d{1,15})?[eE][-+]?\d{1,3}\s*")
_MOST_TEXTS = 100


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether a JSON value is a number that is finite."""
    # The defaults of a document may be infinite; isfinite() takes no integer beyond the range of floats.
    return isinstance(value, int) or (isinstance(value, float) and isfinite(value))


def text_in(value: Any) -> str | None:
    """The text in a value: of messages that of the last one, of other lists all; None if there is none."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        if any(isinstance(one, dict) for one in value):
            return next((text for one in reversed(value) if (text := text_in(one))), None)
        return ", ".join(text for one in value[:_MOST_TEXTS] if (text := text_in(one))) or None
    if isinstance(value, dict):
        return next((text for name in ("content", "text", "prompt") if (text := text_in(value.get(name)))), None)
    return str(value) if is_number(value) else None


def _number(value: Any) -> int | float | None:
    if type(value) is int or is_number(value):
        return value
    if not isinstance(value, str):
        return None
    # A whole number first, so that 1e3 is not taken for 1; then the digits that a text such as `14_frames` begins with.
    if _EXPONENT.fullmatch(value) and isfinite(whole := float(value)):
        return int(whole) if whole.is_integer() else whole
    found = _NUMBER.match(value)
    return None if found is None else float(found[1]) if "." in found[1] else int(found[1])


def _word(value: Any) -> str | None:
    return value.strip() if isinstance(value, str) else str(value) if is_number(value) else None


def _words(value: Any) -> tuple[str, ...] | None:
    if isinstance(value, str):
        value = value.split(",")
    return tuple(one for one in value if isinstance(one, str) and one) if isinstance(value, list) else None


def _presence(value: Any) -> bool | None:
    return None if value is None else True


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _file(value: Any) -> str | None:
    """The URL of a file, of several that of the first."""
    if isinstance(value, list):
        return next((url for one in value if (url := _file(one))), None)
    return value if isinstance(value, str) and value.startswith(("http:", "https:", "data:")) else None


READERS: Mapping[str, Callable[[Any], Any]] = {
    "text": text_in,
    "number": _number,
    "word": _word,
    "words": _words,
    "flag": _flag,
    "file": _file,
    "presence": _presence,
}
"""Takes what a field means from a value of it, by the kind of the meaning; None if nothing can be read from that."""
