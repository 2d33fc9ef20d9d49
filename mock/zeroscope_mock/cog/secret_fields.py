"""Secret fields of an input, and their redaction as the service redacts them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..documents.invalid_field import InvalidField

REDACTED = "[REDACTED]"
"""What the service shows in place of a secret, in the inputs of published predictions."""

SHORTEST = 8
"""The least length of a secret that is redacted outside its field: a shorter one may be part of any word."""

# Cog writes both; a document that was made of its schema may have kept the one that OpenAPI knows.
_MARKS = ("writeOnly", "x-cog-secret")
# How deep a mark is looked for, as in the items of a list that may be null: a schema may be recursive.
_DEPTH = 2
# Not every token or key is one: a model may take an `eos_token` or a `sort_key`.
_SERVICES = "anthropic|aws|azure|civitai|github|google|hf|hugging[-_]?face|openai|replicate|wandb"
_LIKELY = re.compile(
    rf"(?:(?:{_SERVICES}|access|api|auth|private|secret)[-_]?(?:key|token)|secret|password|passwd|credential)s?$",
    re.IGNORECASE,
)
# A name in JSON; within a text, its quotes have escapes.
_NAME = re.compile(rb'"([^"\\]*)\\*"\s*:')


def secret_fields(
    properties: Mapping[str, Mapping[str, Any]], resolve: Callable[[Any], Mapping[str, Any]]
) -> frozenset[str]:
    """The names of the fields that hold a secret, or a list of secrets.

    Args:
        properties: The schemas of the fields, resolved.
        resolve: Resolves a schema within them.
    """
    return frozenset(name for name, schema in properties.items() if _is_secret(schema, resolve))


def likely_secrets(names: Iterable[str]) -> frozenset[str]:
    """The names that fields with secrets usually have, of those of a model without a schema."""
    return frozenset(name for name in names if _LIKELY.search(name))


def likely_secrets_in(body: bytes) -> frozenset[str]:
    """The names of that kind in a body, which need not be valid JSON."""
    return likely_secrets(found.decode(errors="replace") for found in _NAME.findall(body))


def without_secrets(sent: Mapping[str, Any], secrets: Collection[str]) -> dict[str, Any]:
    """An input as the service shows it."""
    return {name: _redacted(value) if name in secrets else value for name, value in sent.items()}


def secret_texts(sent: Any, secrets: Collection[str]) -> list[str]:
    """The secrets in an input that are redacted wherever they occur, the longest first."""
    fields = sent if secrets and isinstance(sent, Mapping) else {}
    found = {text for name in secrets if name in fields for text in _texts(fields[name]) if len(text) >= SHORTEST}
    return sorted(found, key=lambda text: (-len(text), text))


def redact(text: str, secrets: Iterable[str]) -> str:
    """A text without some secrets, as they are or within JSON."""
    for secret in secrets:
        for form in (secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
            text = text.replace(form, REDACTED)
    return text


def redact_errors(
    invalid: Iterable[InvalidField], sent: Any, secrets: Collection[str], field: str = "input"
) -> list[InvalidField]:
    """The errors in an input, without the secrets that they quote.

    Args:
        invalid: The errors.
        sent: The input.
        secrets: The names of the secret fields.
        field: The path of the input.
    """
    return [_redacted_error(one, secret_texts(sent, secrets), secrets, field) for one in invalid]


def _redacted_error(one: InvalidField, texts: Collection[str], secrets: Collection[str], field: str) -> InvalidField:
    description, value = one.description, one.value
    if value is not None and any(f"{one.field}.".startswith(f"{field}.{name}.") for name in secrets):
        # However short the secret is; a description quotes nothing but texts.
        description = description.replace(value, REDACTED) if value.startswith('"') else description
        value = json.dumps(REDACTED)
    return replace(one, description=redact(description, texts), value=value and redact(value, texts))


def _is_secret(schema: Mapping[str, Any], resolve: Callable[[Any], Mapping[str, Any]], depth: int = _DEPTH) -> bool:
    if any(schema.get(mark) is True for mark in _MARKS):
        return True
    inner = (*schema.get("anyOf", ()), *schema.get("oneOf", ()), schema.get("items"))
    return depth > 0 and any(_is_secret(resolve(one), resolve, depth - 1) for one in inner if isinstance(one, Mapping))


def _redacted(value: Any) -> Any:
    if isinstance(value, list):
        return [_redacted(one) for one in value]
    return value if value is None else REDACTED


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
