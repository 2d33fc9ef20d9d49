"""The documents that come with the server: what it serves beyond the document that it is told to follow."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from .spec import Spec

_PREDICTION_ID = {"name": "prediction_id", "in": "path", "required": True, "schema": {"type": "string"}}


def added_documents() -> dict[str, Any]:
    """The paths and components of what other clients of the service call and of what it answers on its other hosts."""
    paths: dict[str, Any] = {}
    # What is added takes it by reference, also where a document of somebody's own writes it out at each operation.
    components: dict[str, Any] = {"parameters": {"PredictionId": _PREDICTION_ID}}
    for name in ("service", "outputs"):
        document = _read(name)
        paths |= document["paths"]
        for part, named in document.get("components", {}).items():
            components[part] = {**components.get(part, {}), **named}
    return {"paths": paths, "components": components}


def load_spec(source: str | Path | Mapping[str, Any] | None) -> Spec:
    """A document with what is added to it.

    Args:
        source: as `Spec.load` takes it.

    Raises:
        SpecError: for a file that cannot be read and a document that cannot be followed.
    """
    return _packaged() if source is None else Spec.load(source, added_documents())


@cache
def _packaged() -> Spec:
    # Servers share it: none of them changes it, and a program's tests may need thousands.
    return Spec.load(None, added_documents())


@cache
def control_document() -> dict[str, Any]:
    """The document of what is served under `/_mock/`."""
    return _read("control")


def _read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(Path(__file__).with_name(f"{name}.json").read_bytes())
    return document
