"""The OpenAPI document, loaded without the generated code."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import zeroscope_api


@functools.cache
def spec() -> dict[str, Any]:
    """Return the document that the client was generated from."""
    found: Any = zeroscope_api.__spec__
    # By the loader, as the package may be in a ZIP file; `pkgutil` does the same but is slow to import.
    document: dict[str, Any] = json.loads(found.loader.get_data(str(Path(found.origin).with_name("spec.json"))))
    return document


@functools.cache
def header_parameters() -> frozenset[str]:
    """Return the names of the headers that operations take as parameters, in title case."""
    operations = (each for item in spec()["paths"].values() for each in item.values() if isinstance(each, dict))
    described = [*spec()["components"]["parameters"].values()]
    described += [parameter for operation in operations for parameter in operation.get("parameters", ())]
    return frozenset(parameter["name"].title() for parameter in described if parameter.get("in") == "header")


def parameters(operation_id: str) -> dict[str, dict[str, Any]]:
    """Return the parameters of an operation by name."""
    operations = (operation for item in spec()["paths"].values() for operation in item.values())
    (described,) = (
        operation["parameters"]
        for operation in operations
        if isinstance(operation, dict) and operation.get("operationId") == operation_id
    )
    return {parameter["name"]: parameter for parameter in described}


def input_schema() -> dict[str, Any]:
    """Return the schema of the model's input."""
    schema: dict[str, Any] = spec()["components"]["schemas"]["PredictionInput"]
    return schema
