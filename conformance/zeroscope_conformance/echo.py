"""The input that responses show, in which the service redacts secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zeroscope_mock.cog.secret_fields import REDACTED
from zeroscope_mock.journal.secrets import is_secret_mark

from .document import Document


def is_echo(document: Document, shown: Any, sent: Any, *, own_model: bool = True) -> bool:
    """Return whether a response shows an input as it was sent; in place of a secret, it may show anything.

    Args:
        document: The document.
        shown: The input that the response shows.
        sent: The input that was sent.
        own_model: Whether the input is of the document's model. Of another one the secret fields are unknown, so any
            value may be redacted.
    """
    if not isinstance(shown, Mapping) or not isinstance(sent, Mapping):
        return bool(shown == sent)
    fields = document.input.get("properties", {})
    secret = {name for name in sent if document.deref(fields.get(name, {})).get("writeOnly") is True}
    secret |= set() if own_model else {name for name, value in shown.items() if _is_redacted(value)}
    return shown.keys() == sent.keys() and all(shown[name] == sent[name] for name in sent if name not in secret)


def _is_redacted(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(map(_is_redacted, value))
    return value == REDACTED or is_secret_mark(value)
