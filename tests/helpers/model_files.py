"""Files with the schemas of models, read without the mock server's own code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from jsonschema_rs import Draft202012Validator

from zeroscope_mock.cog.version_file import model_files as find_models

TABLE_ROW = "model"
"""The name of a test's property that holds a model's row of the table."""

CLIENT_ROW = "client"
"""The same for the row of the client that is generated for a model, which comes with notes."""

STEPS = ("update-spec", "generate", "--check", "import", "mypy", "call", "--help", "run")
"""The steps from a schema to a file that its client saved."""

_PREFIX = "#/components/schemas/"
_NULL = {"type": "null"}


@dataclass(frozen=True)
class ModelFile:
    """A file with one version of a model, or with its schema alone.

    Args:
        name: The model's `owner/name`.
        component: The schema of the input: `Input` for predictions, `TrainingInput` for trainings.
    """

    name: str
    path: Path
    component: str = "Input"

    def __str__(self) -> str:
        return self.name

    @cached_property
    def content(self) -> dict[str, Any]:
        """What the file holds."""
        text = self.path.read_text(encoding="utf-8")
        content: dict[str, Any] = json.loads(text) if self.path.suffix == ".json" else yaml.load(text, _TextLoader)
        return content

    @property
    def version(self) -> dict[str, Any] | None:
        """The version as the service describes it; None if the file has a schema alone."""
        return self.content if "openapi_schema" in self.content else None

    @cached_property
    def components(self) -> Mapping[str, Any]:
        """The schemas of the model, by name."""
        schemas: Mapping[str, Any] = self.content.get("openapi_schema", self.content)["components"]["schemas"]
        return schemas

    @cached_property
    def output(self) -> Field:
        """The schema of the model's output."""
        return self.resolve("", self.components.get("Output", {}))

    @property
    def iterates(self) -> bool:
        """Whether the outputs come one after another."""
        return self.output.schema.get("x-cog-array-type") == "iterator"

    @property
    def concatenates(self) -> bool:
        """Whether the outputs are parts of one text."""
        return self.output.schema.get("x-cog-array-display") == "concatenate"

    @property
    def output_kind(self) -> str:
        """A few words on the output."""
        kind = self.kind(self.output.schema)
        return f"iterator of {kind.removeprefix('array of ')}" if self.iterates else kind

    def kind(self, schema: Any) -> str:
        """A few words on the values of a schema."""
        schema = self.resolve("", schema).schema
        match schema.get("type"):
            case "array":
                return f"array of {self.kind(schema.get('items', {}))}"
            case "string" if schema.get("format") == "uri":
                return "URI"
            case None:
                return "any JSON"
            case kind:
                return str(kind)

    def output_error(self, output: Any) -> str | None:
        """Why an output is not what the schema promises; None if it is."""
        schemas = {name: _json_schema(schema, self.components) for name, schema in self.components.items()}
        schema = {"$ref": f"{_PREFIX}Output", "components": {"schemas": {"Output": {}, **schemas}}}
        errors = Draft202012Validator(schema, validate_formats=True).iter_errors(output)
        return next((error.message for error in errors), None)

    @property
    def training(self) -> ModelFile:
        """The model, with the input of its trainings; empty if it has none."""
        return replace(self, component="TrainingInput")

    @property
    def input(self) -> Mapping[str, Any]:
        """The schema of the model's input; empty if it has none."""
        schema: Mapping[str, Any] = self.components.get(self.component, {})
        return schema

    @cached_property
    def fields(self) -> list[Field]:
        """The fields of the model's input."""
        source = self.input
        required = source.get("required", [])
        return [self.resolve(name, schema, name in required) for name, schema in source.get("properties", {}).items()]

    def resolve(self, name: str, schema: Any, required: bool = False) -> Field:
        """A field with what its schema refers to in place of the references; without a type where that is missing."""
        nullable = bool(schema.get("nullable"))
        merged: dict[str, Any] = {}
        siblings = {key: value for key, value in schema.items() if key not in {"$ref", "allOf", "anyOf", "oneOf"}}
        if "$ref" in schema:
            target = schema["$ref"]
            parts = [self.components.get(target.removeprefix(_PREFIX)) if target.startswith(_PREFIX) else None]
        else:
            parts = [part for word in ("allOf", "anyOf", "oneOf") for part in schema.get(word, []) if part != _NULL]
            nullable = nullable or _NULL in schema.get("anyOf", [])
        if len(parts) == 1 and parts[0] is not None:
            inner = self.resolve(name, parts[0])
            merged, nullable = dict(inner.schema), nullable or inner.nullable
        elif len(parts) > 1:
            merged = {"anyOf": parts}
        return Field(name, {**merged, **siblings}, required, nullable)


@dataclass(frozen=True)
class Field:
    """A field of a model.

    Args:
        schema: Its schema, without references; without a type if anything or one of several schemas is allowed.
        nullable: Whether null is a value of its own.
    """

    name: str
    schema: Mapping[str, Any]
    required: bool = False
    nullable: bool = False

    @property
    def type(self) -> str | None:
        """The type of its values, null aside."""
        named = self.schema.get("type")
        return next((one for one in named if one != "null"), None) if isinstance(named, list) else named

    @property
    def contradictory(self) -> bool:
        """Whether the type forbids all that the enumeration lists."""
        kinds = {"integer": int, "number": int | float, "string": str}
        values = self.schema.get("enum", [])
        return bool(values) and self.type in kinds and not any(isinstance(value, kinds[self.type]) for value in values)


def model_files(*folders: Path) -> list[ModelFile]:
    """The models of folders, each file as one."""
    return [ModelFile(*found) for folder in folders for found in find_models(folder)]


class _TextLoader(yaml.SafeLoader):
    """Reads YAML as JSON has it: dates are text."""


_TextLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _json_schema(schema: Any, components: Mapping[str, Any]) -> Any:
    """A schema of OpenAPI 3.0 in the words of JSON Schema; what refers to nothing allows anything."""
    if isinstance(schema, list):
        return [_json_schema(item, components) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(target := schema.get("$ref"), str) and target.removeprefix(_PREFIX) not in components:
        return {}
    converted = {key: _json_schema(value, components) for key, value in schema.items()}
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if converted.get(exclusive) is True:
            converted[exclusive] = converted.pop(bound)
    return {"anyOf": [converted, _NULL]} if converted.get("nullable") is True else converted
