"""Secret fields of the model's input, whose values are neither shown nor stored."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from .spec import input_schema

REDACTED = "[REDACTED]"
"""What the service shows in place of a secret."""

# Cog writes both; a spec that another program has written may have only the one that JSON Schema knows.
_MARKS = ("writeOnly", "x-cog-secret")
# A shorter secret may be part of a word, so it is redacted in its field only.
_MIN_LENGTH = 8
# The fields of a prediction that the client needs as they are: to read it again, and to download its videos.
_KEPT = ("id", "status", "urls", "output")
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"')


def is_secret(name: object) -> bool:
    """Whether a field's value should not be shown: the spec marks the field, or the items of its list, as a secret."""
    return name in secret_names()


@functools.cache
def secret_names() -> frozenset[str]:
    """Return the names of the fields that are secret."""
    return frozenset(name for name, field in input_schema()["properties"].items() if _is_marked(field))


def secret_texts(input: object) -> list[str]:
    """Return the secrets of an input that are redacted wherever they occur, the longest first."""
    fields = input if isinstance(input, Mapping) else {}
    found = {text for name in secret_names() if name in fields for text in _texts(fields[name])}
    return sorted(found, key=lambda text: (-len(text), text))


def redact(text: str, secrets: Iterable[str]) -> str:
    """Return a text without some secrets, as they are or within JSON."""
    for secret in secrets:
        # The raw form comes last: it may be the beginning of another.
        for form in (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], secret):
            text = text.replace(form, REDACTED)
    return text


def without_secrets(prediction: Mapping[str, Any], sent: Collection[str] = ()) -> dict[str, Any]:
    """Return a prediction without secrets: those that were sent, and those of its input, which a server may return."""
    shown, input = dict(prediction), prediction.get("input")
    if isinstance(input, Mapping):
        shown["input"] = {name: _redacted(value) if is_secret(name) else value for name, value in input.items()}
    secrets = sorted({*sent, *secret_texts(input)}, key=len, reverse=True)
    if not secrets:
        return shown
    return {name: value if name in _KEPT else _without(value, secrets) for name, value in shown.items()}


def _is_marked(schema: object) -> bool:
    if not isinstance(schema, dict):
        return False
    inner = (*schema.get("anyOf", ()), *schema.get("oneOf", ()), schema.get("items"))
    return any(schema.get(mark) is True for mark in _MARKS) or any(map(_is_marked, inner))


def _redacted(value: Any) -> Any:
    return [inner and REDACTED for inner in value] if isinstance(value, list) else value and REDACTED


def _without(value: Any, secrets: Collection[str]) -> Any:
    """Return JSON values whose texts and names have no secrets."""
    # By the text of the JSON, because a server may nest values too deeply for recursion.
    return json.loads(_STRING.sub(lambda found: json.dumps(redact(json.loads(found[0]), secrets)), json.dumps(value)))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str) and len(value) >= _MIN_LENGTH and value != REDACTED:
        yield value
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
