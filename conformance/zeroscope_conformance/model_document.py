"""Document of a model: the API, with the input and the output of the model."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from zeroscope_mock.cog import ModelSchema, VersionFile
from zeroscope_mock.documents.extensions import MODEL_OUTPUT

from .document import JSON, Document, DocumentError

# What Cog says of a field that is no condition on its values.
_ANNOTATIONS = {"title", "description", "default", "example"}


def model_document(document: Document, name: str, version: VersionFile, *, hidden: bool = False) -> Document:
    """Return the document of the API with another model in place of its own.

    Args:
        document: The document of the API.
        name: The owner and the name of the model, as `owner/name`.
        version: The version that describes the input and the output.
        hidden: Whether the server does not know the id of the version, so that creates name the model alone.

    Raises:
        DocumentError: If no value could be made for a required field.
    """
    # A copy without shared values: YAML aliases would be changed twice.
    raw: dict[str, Any] = json.loads(json.dumps(document.raw))
    schemas = raw["components"]["schemas"]
    metadata = raw["info"]["x-replicate"]
    own_version, own_name = metadata["version"], metadata["model"]
    hidden = hidden or version.id == document.hidden_version

    def rename(text: str) -> str:
        return text.replace(own_version, version.id).replace(own_name, name)

    forms = [rename(form) for form in document.version_forms if not hidden or own_version not in form]
    metadata["model"], metadata["version"] = name, name if hidden else version.id
    create = document.operations["createPrediction"]
    properties = dict(document.create_body["properties"])
    properties["input"] = _with_annotations(_embed(version.schema.input_source, "Input", schemas), version)
    if "version" in properties:
        properties["version"] = {**properties["version"], "examples": forms}
    body = {**document.create_body, "properties": properties}
    raw["paths"][create.path][create.method.lower()]["requestBody"]["content"][JSON]["schema"] = body
    output = _embed(version.schema.output_source, "Output", schemas)
    schemas["Prediction"]["properties"]["output"] = {MODEL_OUTPUT: output}
    kept = {key: value for key, value in version.schema.output.items() if key.startswith("x-cog-")}
    made = Document(raw, {**output, **kept})
    if errors := made.schema_errors(made.input, made.required_input):
        raise DocumentError(f"no input could be made that the schema of {name} allows: {errors[0]}")
    return made


def _with_annotations(schema: dict[str, Any], version: VersionFile) -> dict[str, Any]:
    """Return the schema of an input with what Cog says of the fields, in their order."""
    properties: dict[str, Any] = schema.get("properties", {})
    fields = {
        name: _annotate(properties.get(name, {}), field, version.schema)
        for name, field in version.schema.properties.items()
    }
    for name in version.schema.secret_fields:
        fields[name]["writeOnly"] = True
    return {**schema, "properties": fields}


def _annotate(schema: Mapping[str, Any], field: Mapping[str, Any], model: ModelSchema) -> dict[str, Any]:
    """Return the schema of a field, and of the items in it, with what Cog says of the field."""
    annotated = {**{key: value for key, value in field.items() if key in _ANNOTATIONS}, **schema}
    if isinstance(items := schema.get("items"), Mapping):
        # What is said of an array is said of its items, too.
        texts = {key: field[key] for key in ("title", "description") if key in field}
        annotated["items"] = _annotate(items, {**texts, **model.resolve(field.get("items"))}, model)
    return annotated


def _embed(source: Mapping[str, Any], prefix: str, schemas: dict[str, Any]) -> dict[str, Any]:
    """Return a schema after adding what it refers to to the schemas of a document."""
    components = source["components"]

    def rename(reference: str) -> str:
        key = reference.rpartition("/")[2]
        name = f"Model{prefix}{key}"
        if name not in schemas:
            schemas[name] = {}
            schemas[name] = _map_references(components[key], rename)
        return f"#/components/schemas/{name}"

    embedded: dict[str, Any] = _map_references(
        {key: value for key, value in source.items() if key != "components"}, rename
    )
    return embedded


def _map_references(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, list):
        return [_map_references(item, change) for item in value]
    if isinstance(value, Mapping):
        return {
            key: change(item) if key == "$ref" and isinstance(item, str) else _map_references(item, change)
            for key, item in value.items()
        }
    return value
