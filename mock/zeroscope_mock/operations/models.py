"""The model and its versions as JSON (recorded traffic)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..documents.spec import Spec

CREATED_AT = "2023-07-01T00:00:00.000000Z"
"""The creation time of every version: the model was published that month; the day is the mock's own choice."""

COG_VERSION = "0.8.1"
"""The version of Cog that every version was built with; before 0.3.9, clients read list outputs as streams of values.
The mock's own choice."""

_VERSION = re.compile(r"[0-9a-f]{64}")


def is_model(spec: Spec, owner: str, name: str) -> bool:
    """Return whether this is the document's model, the only one that the server has."""
    return spec.model == f"{owner}/{name}"


def is_version(version_id: str) -> bool:
    """Return whether an id has the form of a version's; programs may name older versions than the document's."""
    return _VERSION.fullmatch(version_id) is not None


def latest_version(spec: Spec) -> str | None:
    """The id of the document's version; None if it names none."""
    version: str | None = spec.document.get("info", {}).get("x-replicate", {}).get("version")
    return version


def model_json(spec: Spec) -> dict[str, Any]:
    """The document's model."""
    owner, _, name = (spec.model or "").partition("/")
    latest = latest_version(spec)
    return {
        "url": f"https://replicate.com/{owner}/{name}",
        "owner": owner,
        "name": name,
        "description": spec.document.get("info", {}).get("description"),
        "visibility": "public",
        "github_url": None,
        "paper_url": None,
        "license_url": None,
        "run_count": 0,
        "cover_image_url": None,
        "default_example": None,
        "latest_version": None if latest is None else version_json(spec, latest),
    }


def versions_json(spec: Spec) -> dict[str, Any]:
    """The only page of the model's versions, which has the document's one."""
    latest = latest_version(spec)
    return {"next": None, "previous": None, "results": [] if latest is None else [version_json(spec, latest)]}


def version_json(spec: Spec, version_id: str) -> dict[str, Any]:
    """A version of the model.

    Args:
        spec: The document, which has the schema of the version's input.
        version_id: Its id; all versions are alike.
    """
    return {
        "id": version_id,
        "created_at": CREATED_AT,
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
