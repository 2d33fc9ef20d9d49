"""The OpenAPI document, loaded without the generated code."""

from __future__ import annotations

import functools
import importlib.util
import json
from pathlib import Path
from typing import Any


@functools.cache
def spec() -> dict[str, Any]:
    """Return the document that the client was generated from."""
    # Not imported: for example, the command's help needs neither the generated client nor httpx.
    found: Any = importlib.util.find_spec("zeroscope_api")
    # By the loader, as the package may be in a ZIP file; `pkgutil` does the same but is slow to import.
    document: dict[str, Any] = json.loads(found.loader.get_data(str(Path(found.origin).with_name("spec.json"))))
    return document


def parameters(operation_id: str) -> dict[str, dict[str, Any]]:
    """Return the parameters of an operation by name."""
    operations = (operation for item in spec()["paths"].values() for operation in item.values())
    (described,) = (
        operation["parameters"]
        for operation in operations
        if isinstance(operation, dict) and operation.get("operationId") == operation_id
    )
    return {parameter["name"]: parameter for parameter in described}
