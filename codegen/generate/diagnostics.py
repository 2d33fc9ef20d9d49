"""Diagnostics of the generator, each boiled down to one sentence and a place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .errors import place_in

_OBJECT = re.compile(r"<\S+ object at \w+> ?")
"""What the generator prints of its own objects."""
_WARNING = re.compile(r"WARNING parsing (?P<operation>[A-Z]+ /\S*) within \S+")
_REASON = re.compile(r"\((?P<reason>[^()]+)\)")
_FAULT = re.compile(r"^(?P<where>\S+)\n +(?P<what>.+?)(?: \[type=.*)?$", re.MULTILINE)
"""A fault that pydantic finds."""


def described(error: Any, document: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Return what an error or a warning of the generator says, as one sentence, and the place that it names."""
    header, detail = str(error.header or "the generator warns"), str(error.detail or "")
    if "validation error" in detail and (fault := _FAULT.search(detail)):
        return _invalid(fault["where"].split("."), fault["what"], document)
    if found := _WARNING.search(header):
        # The last of what stands in parentheses is the reason of what stands before it.
        reasons = _REASON.findall(detail) or [detail.strip().partition("\n")[0]]
        reason = reasons[-1].strip().rstrip(".")
        return f"{found['operation']}: {reason[:1].lower()}{reason[1:200]}", place_in(header)
    lines = f"{header}\n{detail}".splitlines()
    text = _OBJECT.sub("", ": ".join(line.strip().rstrip(".:") for line in lines if line.strip()))
    return text[:300], place_in(text)


def _invalid(tokens: Sequence[str], what: str, document: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Describe a value that is missing or not what OpenAPI has there."""
    if "swagger" in document:
        return "it is a Swagger document, which must be converted to OpenAPI 3.1 first", ("swagger",)
    place, value, rest = _walk(tokens, document)
    subject = ".".join(place) or "the document"
    if len(place) > 2 and place[0] == "paths":
        subject = f"{place[2].upper()} {place[1]}"
        subject += "".join(f", {token}" for token in place[3:])
    if what == "Field required" and rest:
        return f"{subject} has no {rest[-1]}", place
    what = what.removeprefix("Value error, ").rstrip(".")
    shown = f" is {value!r:.40}" if isinstance(value, str | int | float) else ""
    return f"{subject}{shown}: {what[:1].lower()}{what[1:200]}", place


def _walk(tokens: Sequence[str], document: Any) -> tuple[tuple[str, ...], Any, list[str]]:
    """Return the place that tokens lead to, what stands there, and the tokens that lead no further.

    Keys can have dots in them, and pydantic names its own classes on the way.
    """
    place: tuple[str, ...] = ()
    left, value = list(tokens), document
    while left:
        for count in range(len(left), 0, -1):
            key = ".".join(left[:count])
            if isinstance(value, Mapping) and key in value:
                value = value[key]
                break
            if isinstance(value, list) and key.isdigit() and int(key) < len(value):
                value = value[int(key)]
                break
        else:
            if len(left) == 1 or not left[0][:1].isupper():
                return place, value, left
            left = left[1:]
            continue
        place, left = (*place, key), left[count:]
    return place, value, []
