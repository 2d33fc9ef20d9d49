"""The schema of one model: its input, its output and its training."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from ..documents.invalid_field import InvalidField
from .json_schema import JsonSchema
from .resolver import Resolver


class ModelSchema:
    """What a model takes and returns, by its `openapi_schema`.

    Nothing is read or compiled before it is used, so a server with hundreds of models starts as fast as one with none.

    Args:
        openapi_schema: The OpenAPI document that Cog wrote for the model.
    """

    def __init__(self, openapi_schema: Mapping[str, Any]) -> None:
        self.document = openapi_schema
        self._resolver = Resolver(openapi_schema)

    def resolve(self, schema: Any) -> Mapping[str, Any]:
        """A schema of the document without `$ref`, `allOf` and unions with null; those within it stay as they are.

        `nullable` says whether null is allowed. What cannot be followed allows anything.
        """
        return self._resolver.resolve(schema)

    def invalid_fields(self, value: Any, field: str = "input") -> list[InvalidField]:
        """The errors in an input, in the service's words; an empty list for a valid one.

        Unknown fields are valid unless the schema forbids them, and null is valid only where the schema allows it, as
        the service validates by the schema before the model runs. Without a schema of its input, a model takes any object.

        Args:
            value: The input, as the json module reads it.
            field: The path of the input.
        """
        return self._input.compiled.invalid_fields(value, field)

    def training_invalid_fields(self, value: Any, field: str = "input") -> list[InvalidField]:
        """The errors in the input of a training; any object is valid for a model whose schema has no `TrainingInput`."""
        return self._training_input.compiled.invalid_fields(value, field)

    @cached_property
    def properties(self) -> Mapping[str, Mapping[str, Any]]:
        """The fields of the input with their resolved schemas, in the order of `x-order`."""
        fields = self._resolver.resolve(self._schemas.get("Input", {})).get("properties", {})
        if not isinstance(fields, Mapping):
            return {}
        resolved = {name: self._resolver.resolve(schema) for name, schema in fields.items()}
        # A field without an order keeps its place.
        places = {name: _order(schema, place) for place, (name, schema) in enumerate(resolved.items())}
        return {name: resolved[name] for name in sorted(resolved, key=places.__getitem__)}

    @cached_property
    def defaults(self) -> Mapping[str, Any]:
        """The defaults of the fields of the input; null counts as none."""
        return {
            name: schema["default"] for name, schema in self.properties.items() if schema.get("default") is not None
        }

    @cached_property
    def output(self) -> Mapping[str, Any]:
        """The resolved schema of the output; empty if there is none."""
        return self._resolver.resolve(self._schemas.get("Output", {}))

    @cached_property
    def warnings(self) -> list[str]:
        """What is not checked or contradicts itself, in one sentence each, which names the field."""
        return [*self._input.warnings, *self._training_input.warnings]

    @cached_property
    def _schemas(self) -> Mapping[str, Any]:
        components = self.document.get("components")
        schemas = components.get("schemas") if isinstance(components, Mapping) else None
        return schemas if isinstance(schemas, Mapping) else {}

    @cached_property
    def _input(self) -> JsonSchema:
        return JsonSchema(self._resolver, self._schemas.get("Input", {"type": "object"}), "input")

    @cached_property
    def _training_input(self) -> JsonSchema:
        return JsonSchema(
            self._resolver, self._schemas.get("TrainingInput", {"type": "object"}), "the training's input"
        )


def _order(schema: Mapping[str, Any], place: int) -> float:
    order = schema.get("x-order")
    return order if isinstance(order, int | float) and not isinstance(order, bool) else place
