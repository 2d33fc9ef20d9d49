"""The schema of a spec's model, as Cog writes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from ..documents.extensions import LIST_OF_FILES
from ..documents.spec import Spec
from .model_schema import ModelSchema

# The keywords with schemas by name, and those with values.
_NAMED = frozenset(("properties", "patternProperties", "dependentSchemas", "$defs"))
_VALUES = frozenset(("const", "default", "enum", "example", "examples"))
_SCHEMAS: WeakKeyDictionary[Spec, ModelSchema | None] = WeakKeyDictionary()


def spec_model(spec: Spec) -> ModelSchema | None:
    """The schema of a spec's model, made once; None for a model that returns a plain list of videos.

    The server knows more of such a model than a schema says: how long it takes, what it prints and when it fails.
    """
    try:
        return _SCHEMAS[spec]
    except KeyError:
        schema = ModelSchema(openapi_schema(spec))
        has_videos = spec.model_output == LIST_OF_FILES and schema.returns.medium == "video"
        # Another thread may have made one meanwhile, and schemas are told apart by identity.
        return _SCHEMAS.setdefault(spec, None if has_videos else schema)


def openapi_schema(spec: Spec) -> dict[str, Any]:
    """The document that Cog makes for the model of a spec; each enumeration is a schema of its own."""
    wanted = spec.input_schema()
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
    output = _all_nullable(spec.model_output)
    _add_referenced(output, spec, enumerations)
    required = {"required": wanted["required"]} if wanted.get("required") else {}
    schemas = {
        "Input": {"title": "Input", "type": "object", **required, "properties": fields},
        "Output": {"title": "Output", **output},
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


def _all_nullable(schema: Any) -> Any:
    """A schema and all within it in the form of OpenAPI 3.0."""
    if isinstance(schema, list):
        return [_all_nullable(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        # The names of properties are no keywords, and values no schemas.
        key: {name: _all_nullable(part) for name, part in value.items()}
        if key in _NAMED and isinstance(value, Mapping)
        else value
        if key in _VALUES
        else _all_nullable(value)
        for key, value in _nullable(schema).items()
    }


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
