"""Secret fields of the model's input, whose values are neither shown nor stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .spec import input_schema

REDACTED = "[REDACTED]"
"""What the service shows in place of a secret."""

# Cog writes both; a spec that another program has written may have only the one that JSON Schema knows.
_MARKS = ("writeOnly", "x-cog-secret")
# A shorter secret may be part of a word, so it is redacted in its field only.
_MIN_LENGTH = 8


def is_secret(name: object) -> bool:
    """Whether a field's value should not be shown: the spec marks the field, or the items of its list, as a secret."""
    return _is_marked(input_schema()["properties"].get(name))


def without_secrets(prediction: Mapping[str, Any]) -> dict[str, Any]:
    """Return a prediction without the secrets of its input, which a server may have returned."""
    shown, input = dict(prediction), prediction.get("input")
    secrets = {name: value for name, value in input.items() if is_secret(name)} if isinstance(input, Mapping) else {}
    if secrets:
        shown["input"] = {**(input or {}), **{name: _redacted(value) for name, value in secrets.items()}}
    for secret in sorted(_texts([*secrets.values()]), key=len, reverse=True):
        # The service redacts them there as well.
        for name in ("logs", "error"):
            if isinstance(text := shown.get(name), str):
                shown[name] = text.replace(secret, REDACTED)
    return shown


def _is_marked(schema: object) -> bool:
    if not isinstance(schema, dict):
        return False
    inner = (*schema.get("anyOf", ()), *schema.get("oneOf", ()), schema.get("items"))
    return any(schema.get(mark) is True for mark in _MARKS) or any(map(_is_marked, inner))


def _redacted(value: Any) -> Any:
    return [_redacted(inner) for inner in value] if isinstance(value, list) else value and REDACTED


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str) and len(value) >= _MIN_LENGTH and value != REDACTED:
        yield value
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
