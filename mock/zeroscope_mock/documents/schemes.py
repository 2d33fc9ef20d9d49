"""The schemes of `Authorization` that a document accepts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .reading import object_of, text_of


def accepted_schemes(document: Mapping[str, Any]) -> frozenset[str]:
    """The names of the schemes under which a request may send its token, in lower case.

    These are `Bearer` and the `x-accepted-schemes` of the document's security schemes, which OpenAPI has no word for.
    """
    names = ["Bearer"]
    for scheme in document.get("components", {}).get("securitySchemes", {}).values():
        names += [text_of(name, "an accepted scheme") for name in object_of(scheme).get("x-accepted-schemes", [])]
    return frozenset(name.lower() for name in names)
