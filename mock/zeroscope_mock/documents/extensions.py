"""Extensions of a document: the keywords with `x-` that the server follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .operation import Operation
from .reading import object_of, text_of


def accepted_schemes(document: Mapping[str, Any]) -> frozenset[str]:
    """The names of the schemes under which a request may send its token, in lower case.

    These are `Bearer` and the `x-accepted-schemes` of the document's security schemes, which OpenAPI has no word for.
    """
    names = ["Bearer"]
    for scheme in document.get("components", {}).get("securitySchemes", {}).values():
        names += [text_of(name, "an accepted scheme") for name in object_of(scheme).get("x-accepted-schemes", [])]
    return frozenset(name.lower() for name in names)


def default_events(filter: Mapping[str, Any], known: list[str]) -> frozenset[str]:
    """The events that a webhook without a filter gets.

    Args:
        filter: The schema of the filter, which may name them as `x-default-events`.
        known: All events; the result if the schema names none.
    """
    names = [text_of(name, "a default event") for name in filter.get("x-default-events", known)]
    return frozenset(names) & frozenset(known)


def default_hold(operations: Iterable[Operation]) -> float:
    """The time that `Prefer: wait` without a number holds a request, in seconds."""
    for operation in operations:
        for parameter in operation.parameters:
            if parameter.name == "Prefer":
                return float(parameter.described.get("x-default-seconds", 0))
    return 0.0


def service_number(document: Mapping[str, Any], name: str) -> float | None:
    """A number of the service in the document's `info.x-replicate`; None if the document does not have it."""
    number = document.get("info", {}).get("x-replicate", {}).get(name)
    return float(number) if isinstance(number, int | float) else None
