"""Finds the schemas that inputs of runs are checked by, and their secrets."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any, get_args

from ..cog import ModelSchema
from ..cog.secret_fields import likely_secrets_in
from ..journal import ExchangeNotes
from ..lifecycle.record import RunKind
from ..state import State
from .deployments import deployed_version
from .version_references import VersionReference, find_model_version, find_version

_log = logging.getLogger("zeroscope_mock")
# The operation itself refuses what has no version, however wrong its input may be.
_ANY_INPUT = ModelSchema({})
_CREATES = frozenset({"createPrediction", "createModelPrediction", "createDeploymentPrediction", "createTraining"})
_VERSION = re.compile(rb'"version"\s*:\s*"([^"\\]*)"')


def find_input_schema(
    state: State, operation_id: str, tenant: str, arguments: Mapping[str, Any], body: Any, notes: ExchangeNotes
) -> tuple[str, ModelSchema] | None:
    """The model that a call runs and its schema; None if the document has that, or the call runs none.

    Args:
        state: The server's.
        operation_id: The operation of the call.
        tenant: The tenant that sent it.
        arguments: Its parameters.
        body: Its body.
        notes: Takes notes for the journal: the warnings about a schema that is used for the first time.
    """
    if not state.registry.has_schemas:
        return None
    match operation_id:
        case "createPrediction":
            named = body.get("version") if isinstance(body, dict) else None
            # Creates of the document's version take no longer with models than without.
            if named is not None and named == state.spec.version and state.registry.loaded.name_of(named) is None:
                return None
            version = find_version(state, tenant, named) if isinstance(named, str) else None
        case "createModelPrediction":
            version = find_model_version(state, tenant, f"{arguments['owner']}/{arguments['name']}")
        case _:
            deployment = state.registry.deployment(tenant, arguments["deployment_owner"], arguments["deployment_name"])
            version = None if deployment is None else deployed_version(state, deployment)
    if version is None:
        return "", _ANY_INPUT
    _report_warnings(state, version, notes)
    return None if version.schema is None else (version.model or "", version.schema)


def find_secret_fields(
    state: State, operation_id: str | None, tenant: str, arguments: Mapping[str, Any], body: bytes
) -> frozenset[str]:
    """The names of the fields of a refused call that may hold secrets; its body may not even be JSON.

    It may be called without the lock, so it looks at nothing that a request makes.

    Args:
        state: The server's.
        operation_id: The operation of the call; None for a wrong path or method, which may be meant for any model.
        tenant: The tenant that sent it; empty for none.
        arguments: Its parameters.
        body: Its body.
    """
    if operation_id is not None and operation_id not in _CREATES:
        return frozenset()
    loaded = state.registry.loaded
    versions = [found.decode(errors="replace") for found in _VERSION.findall(body)]
    names = {loaded.name_of(one) or one.partition(":")[0] for one in versions}
    if "deployment_name" in arguments:
        deployment = state.registry.deployment(tenant, arguments["deployment_owner"], arguments["deployment_name"])
        names |= set() if deployment is None else {deployment.model}
    elif "owner" in arguments:
        names.add(f"{arguments['owner']}/{arguments['name']}")
    models = list(loaded) if operation_id is None else [model for model in map(loaded.get, names) if model is not None]
    schemas = [version.schema for model in models for version in model.versions.values()]
    declared = [state.secret_fields(schema, kind) for schema in schemas if schema for kind in get_args(RunKind)]
    return likely_secrets_in(body).union(state.secret_names, *declared)


def _report_warnings(state: State, version: VersionReference, notes: ExchangeNotes) -> None:
    """Log and note the warnings about the schema of a version, unless that was done before."""
    schema = version.schema
    if schema is None or version.guessed or not state.registry.loaded.is_first_report(schema):
        return
    for warning in schema.warnings:
        notes.append(f"{version.model}: {warning}")
        _log.warning("%s: %s", version.model, warning)
