"""Finds the schemas that the inputs of runs are checked by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..cog import ModelSchema
from ..state import State
from .deployments import deployed_version
from .version_references import find_model_version, find_version


def find_input_schema(
    state: State, operation_id: str, tenant: str, arguments: Mapping[str, Any], body: Any
) -> ModelSchema | None:
    """The schema of the model that a call runs; None if the document has that, or the call runs none.

    Args:
        state: The server's.
        operation_id: The operation of the call.
        tenant: The tenant that sent it.
        arguments: Its parameters.
        body: Its body.
    """
    if not state.registry.has_schemas:
        return None
    match operation_id:
        case "createPrediction":
            named = body.get("version") if isinstance(body, dict) else None
            version = find_version(state, tenant, named) if isinstance(named, str) else None
        case "createModelPrediction":
            version = find_model_version(state, tenant, f"{arguments['owner']}/{arguments['name']}")
        case _:
            deployment = state.registry.deployment(tenant, arguments["deployment_owner"], arguments["deployment_name"])
            version = None if deployment is None else deployed_version(state, deployment)
    return None if version is None else version.schema
