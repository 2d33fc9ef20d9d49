"""Patterns of texts that every reader of openapi.yaml takes."""

from __future__ import annotations

import re
import warnings

from jsonschema_rs import Draft202012Validator

# An escape, a class, or a number of repetitions that Python alone knows.
_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{,(\d+)\}", re.DOTALL)
_ANCHORS = {r"\A": "^", r"\Z": "$"}


def convert_pattern(pattern: object) -> str | None:
    """Return a pattern in the form that both JSON Schema and Python know; None if it has none.

    Cog takes patterns of Python, and the service does not check them.
    """
    if not isinstance(pattern, str):
        return None
    found = _TOKEN.sub(_converted, pattern)
    try:
        with warnings.catch_warnings():
            # Python may read `[[` in another way one day.
            warnings.simplefilter("ignore", FutureWarning)
            re.compile(found)
        Draft202012Validator({"pattern": found})
    except (re.error, ValueError, OverflowError, RecursionError):
        return None
    return found


def _converted(token: re.Match[str]) -> str:
    return f"{{0,{token[1]}}}" if token[1] else _ANCHORS.get(token[0], token[0])
