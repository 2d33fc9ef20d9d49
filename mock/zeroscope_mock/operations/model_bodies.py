"""The bodies of responses about models and their versions (recorded traffic)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..cog.version_file import COG_VERSION
from ..documents.links import WEBSITE
from ..documents.spec import Spec
from ..registry import Model, Version, is_version_id
from ..state import State
from ..times import timestamp


def model_json(state: State, model: Model, tenant: str) -> dict[str, Any]:
    """A model with its latest version.

    Args:
        state: The server's.
        model: The model.
        tenant: The tenant whose predictions are counted.
    """
    latest = state.registry.latest(model)
    return {
        "url": f"{WEBSITE}/{model.full_name}",
        "owner": model.owner,
        "name": model.name,
        "description": model.description,
        "visibility": model.visibility,
        # Official models hide their versions under a name that is no id (the service's own document).
        "is_official": latest is not None and not is_version_id(latest.id),
        "github_url": model.github_url,
        "paper_url": model.paper_url,
        "license_url": model.license_url,
        "run_count": state.store.count(tenant, model.full_name),
        "cover_image_url": model.cover_image_url,
        "default_example": None,
        "latest_version": None if latest is None else version_json(state.spec, latest),
    }


def version_json(spec: Spec, version: Version) -> dict[str, Any]:
    """A version of a model: as it was given, or as the document describes it.

    Args:
        spec: The document.
        version: The version.
    """
    if version.file is not None:
        return dict(version.file.values)
    return {
        "id": version.id,
        "created_at": timestamp(version.created),
        "cog_version": COG_VERSION,
        "openapi_schema": _openapi_schema(spec.input_schema(), spec),
    }


def _openapi_schema(wanted: Mapping[str, Any], spec: Spec) -> dict[str, Any]:
    """The document that Cog makes for the model; each enumeration is a schema of its own."""
    fields: dict[str, Any] = {}
    enumerations: dict[str, Any] = {}
    for order, (name, schema) in enumerate(wanted.get("properties", {}).items()):
        field = {key: value for key, value in _nullable(spec.resolve(schema)).items() if not key.startswith("x-")}
        _add_referenced(field, spec, enumerations)
        if "enum" in field:
            choice = {"type": field.pop("type", "string"), "enum": field.pop("enum")}
            enumerations[name] = {"title": name, "description": "An enumeration.", **choice}
            fields[name] = {"allOf": [_reference(name)], **field, "x-order": order}
        else:
            title = {} if "allOf" in field else {"title": name.replace("_", " ").title()}
            fields[name] = {**title, **field, "x-order": order}
    required = {"required": wanted["required"]} if wanted.get("required") else {}
    schemas = {
        "Input": {"title": "Input", "type": "object", **required, "properties": fields},
        "Output": {"title": "Output", "type": "array", "items": {"type": "string", "format": "uri"}},
        **enumerations,
        "PredictionRequest": _object("PredictionRequest", input="Input"),
        "PredictionResponse": _object("PredictionResponse", input="Input", output="Output"),
    }
    predict = {
        "operationId": "predict_predictions_post",
        "summary": "Predict",
        "description": "Run a single prediction on the model",
        "requestBody": {"content": _json("PredictionRequest")},
        "responses": {"200": {"description": "Successful Response", "content": _json("PredictionResponse")}},
    }
    return {
        "openapi": "3.0.2",
        "info": {"title": "Cog", "version": "0.1.0"},
        "paths": {"/predictions": {"post": predict}},
        "components": {"schemas": schemas},
    }


def _nullable(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema in the form of OpenAPI 3.0, where null is not a type."""
    others = [branch for branch in schema.get("anyOf", []) if branch != {"type": "null"}]
    if len(others) == 1 and len(schema["anyOf"]) == 2:
        return {**others[0], **{key: value for key, value in schema.items() if key != "anyOf"}, "nullable": True}
    kinds = schema.get("type")
    if isinstance(kinds, list) and len(kinds) == 2 and "null" in kinds:
        return {**schema, "type": next(kind for kind in kinds if kind != "null"), "nullable": True}
    return dict(schema)


def _add_referenced(part: Any, spec: Spec, found: dict[str, Any]) -> None:
    """Add the schemas that a schema refers to, by name."""
    if isinstance(part, Mapping) and "$ref" in part:
        name = part["$ref"].rpartition("/")[2]
        if name not in found:
            found[name] = spec.resolve(part)
            _add_referenced(found[name], spec, found)
    for inner in part.values() if isinstance(part, Mapping) else part if isinstance(part, list) else ():
        _add_referenced(inner, spec, found)


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(title: str, **properties: str) -> dict[str, Any]:
    """A schema whose properties are other schemas."""
    references = {name: _reference(schema) for name, schema in properties.items()}
    return {"title": title, "type": "object", "properties": references}


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": _reference(name)}}
