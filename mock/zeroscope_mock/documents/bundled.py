"""The documents that come with the server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from .places import has
from .spec import Spec
from .validation import Schema

SERVICE = ("account", "collections", "deployments", "files", "models", "trainings")
"""The documents of the service's operations that the model's document lacks, by tag."""

_NAMES = (*(f"service/{tag}" for tag in SERVICE), "outputs")
_PREDICTION_ID = {"name": "prediction_id", "in": "path", "required": True, "schema": {"type": "string"}}


def bundled_documents() -> dict[str, Any]:
    """The paths and components of what other clients of the service call, and of what it serves on its other hosts."""
    paths: dict[str, Any] = {}
    # The added paths refer to it, but a user's document may write it out at each operation.
    components: dict[str, Any] = {"parameters": {"PredictionId": _PREDICTION_ID}}
    for name in _NAMES:
        document = _read(name)
        paths |= document["paths"]
        for part, named in document.get("components", {}).items():
            components[part] = {**components.get(part, {}), **named}
    return {"paths": paths, "components": components}


@cache
def bundled_file(place: tuple[str, ...]) -> str | None:
    """The path of the bundled document that has a place, in the folder of Python's packages; None if none has it."""
    for name in _NAMES:
        if has(_read(name), place):
            return f"zeroscope_mock/documents/{name}.json"
    return None


def load_spec(source: str | Path | Mapping[str, Any] | None) -> Spec:
    """A document together with the bundled ones.

    Args:
        source: As `Spec.load` takes it.

    Raises:
        SpecError: For a file that cannot be read and a document that cannot be followed.
    """
    return _packaged() if source is None else Spec.load(source, bundled_documents())


@cache
def _packaged() -> Spec:
    # All servers share it: none of them changes it, and a test suite may make thousands of servers.
    return Spec.load(None, bundled_documents(), lazy=True)


@cache
def control_document() -> dict[str, Any]:
    """The document of the operations under `/_mock/`."""
    return _read("control")


@cache
def control_schema(name: str) -> Schema:
    """A schema of the control document, compiled."""
    return Schema({"$ref": f"#/components/schemas/{name}"}, control_document()["components"])


def _read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(Path(__file__).parent.joinpath(f"{name}.json").read_bytes())
    return document
