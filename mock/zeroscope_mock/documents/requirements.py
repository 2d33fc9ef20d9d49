"""The requirements of handlers on the operations that they carry out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .operation import FORM, Operation
from .validation import Schema

_PATH_PARAMETERS: Mapping[str, frozenset[str]] = {
    "listPredictions": frozenset(),
    "getPrediction": frozenset({"prediction_id"}),
    "cancelPrediction": frozenset({"prediction_id"}),
    "streamPrediction": frozenset({"prediction_id"}),
    "getOutput": frozenset({"prediction_id", "filename"}),
    "getFile": frozenset({"file_id"}),
    "deleteFile": frozenset({"file_id"}),
    "downloadFile": frozenset({"file_id"}),
    "createModelPrediction": frozenset({"owner", "name"}),
    "getModel": frozenset({"owner", "name"}),
    "listModelVersions": frozenset({"owner", "name"}),
    "getModelVersion": frozenset({"owner", "name", "version_id"}),
}
"""The path parameters of the operations whose handlers read them or whose URLs appear in responses."""

_PREDICTION_LINKS = ("getPrediction", "cancelPrediction", "getOutput", "streamPrediction")
LINKS: Mapping[str, tuple[str, ...]] = {
    "createPrediction": _PREDICTION_LINKS,
    "createModelPrediction": _PREDICTION_LINKS,
    "createDeploymentPrediction": _PREDICTION_LINKS,
    "createTraining": _PREDICTION_LINKS,
    "createFile": ("getFile",),
}
"""The operations whose URLs appear in the responses of operations that create something."""

RUNS = frozenset({"createPrediction", "createModelPrediction", "createDeploymentPrediction"})
"""The operations whose input is checked by the schema of the model that they run."""

_TEXTS = frozenset({"cursor", "Prefer", "Cancel-After", "Last-Event-ID"}).union(*_PATH_PARAMETERS.values())
"""The parameters that handlers read as text."""


def check_parameters(operation: Operation, in_path: set[str]) -> None:
    """Refuse an operation without the parameters that its handler or its URL needs."""
    wanted = _PATH_PARAMETERS.get(operation.id)
    declared = {parameter.name for parameter in operation.parameters if parameter.place == "path"}
    if wanted is not None and not (wanted == in_path and wanted <= declared):
        names = " and ".join(f"{{{name}}}" for name in sorted(wanted)) or "no parameter"
        raise ValueError(f"the path of {operation.id} must hold {names}, declared as a parameter in path")
    for parameter in operation.parameters:
        if parameter.name in _TEXTS and parameter.is_number:
            raise ValueError(f"the parameter {parameter.name} must be a string")


def check_body(
    operation: Operation,
    resolve: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    compile: Callable[[Mapping[str, Any]], Schema],
) -> None:
    """Refuse an operation whose body lacks what its handler reads.

    Args:
        resolve: Follows the references of the document.
        compile: Compiles its schemas.
    """
    if operation.id not in LINKS:
        return
    if not operation.bodies or not operation.body_required:
        raise ValueError("it must have a requestBody with content that is required")
    for kind, (body, schema) in operation.bodies.items():
        if allows_non_objects(schema):
            raise ValueError(f"the {kind} body must be an object")
        fields = body.get("properties", {})
        if operation.id == "createFile":
            content = resolve(fields.get("content", {}))
            if kind != FORM or content.get("format") != "binary" or "content" not in body.get("required", []):
                raise ValueError(f"the body must be {FORM} and require content, of the format binary")
        elif "input" not in fields or allows_non_objects(compile(fields["input"])):
            raise ValueError(f"the {kind} body must have a property input, which is an object")


def allows_non_objects(schema: Schema) -> bool:
    """Return whether a schema allows a value that is not an object."""
    values: tuple[Any, ...] = (None, True, 0, "", [])
    return not all(schema.invalid_fields(value) for value in values)


def has_all(operation: Operation, wanted: Operation) -> bool:
    """Return whether an operation has the parameters and the required fields of another one."""
    required = {kind: set(body.get("required", ())) for kind, (body, _) in operation.bodies.items()}
    return (
        {(one.name, one.place, one.is_number) for one in wanted.parameters}
        <= {(one.name, one.place, one.is_number) for one in operation.parameters}
        and operation.body_required >= wanted.body_required
        and all(
            kind in required and required[kind].issuperset(body.get("required", ()))
            for kind, (body, _) in wanted.bodies.items()
        )
    )
