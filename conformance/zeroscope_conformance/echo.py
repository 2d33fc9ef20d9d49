"""The input that responses show, in which the service redacts secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .document import Document


def is_echo(document: Document, shown: Any, sent: Any) -> bool:
    """Return whether a response shows an input as it was sent; in place of a secret, it may show anything."""
    if not isinstance(shown, Mapping) or not isinstance(sent, Mapping):
        return bool(shown == sent)
    fields = document.input.get("properties", {})
    secret = {name for name in sent if document.deref(fields.get(name, {})).get("writeOnly") is True}
    return shown.keys() == sent.keys() and all(shown[name] == sent[name] for name in sent if name not in secret)
