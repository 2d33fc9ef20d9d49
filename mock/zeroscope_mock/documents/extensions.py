"""Extensions of a document: the keywords with `x-` that the server follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .operation import Operation
from .reading import object_of, text_of

LIST_OF_FILES: Mapping[str, Any] = {"type": "array", "items": {"type": "string", "format": "uri"}}
"""The output of models that return files."""
MODEL_OUTPUT = "x-model-output"
"""The keyword of a prediction's output that has the schema of the model's."""


def accepted_schemes(document: Mapping[str, Any]) -> frozenset[str]:
    """The names of the schemes under which a request may send its token, in lower case.

    These are `Bearer` and the `x-accepted-schemes` of the document's security schemes, which OpenAPI has no word for.
    """
    names = ["Bearer"]
    for scheme in document.get("components", {}).get("securitySchemes", {}).values():
        names += [text_of(name, "an accepted scheme") for name in object_of(scheme).get("x-accepted-schemes", [])]
    return frozenset(name.lower() for name in names)


def described_model(document: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """The model that a document is of, and its version; None for what it does not name."""
    info = document.get("info", {})
    model: str | None = info.get("x-replicate", {}).get("model")
    version: str | None = info.get("x-replicate", {}).get("version")
    for name, text in (
        ("description", info.get("description")),
        ("x-replicate.model", model),
        ("x-replicate.version", version),
    ):
        if text is not None:
            text_of(text, name)
    return model, version


def model_output(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of the model's output: the `x-model-output` of a prediction's output, or that of a list of files."""
    part: Any = document.get("components", {}).get("schemas", {})
    for name in ("Prediction", "properties", "output"):
        part = object_of(part.get(name, {}))
    return object_of(part.get(MODEL_OUTPUT, LIST_OF_FILES))


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
