"""The schema of one model: its input, its output and its training."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..documents.invalid_field import InvalidField
from .field_names import FieldNames
from .resolver import Resolver
from .secret_fields import redact_errors, secret_fields

if TYPE_CHECKING:
    # Imported where they are needed, because a server without further models starts faster without them.
    from .json_schema import JsonSchema
    from .output_schema import OutputSchema

# A union may contain itself, and real ones are one level deep.
_MAX_UNIONS = 3


class ModelSchema:
    """What a model takes and returns, by its `openapi_schema`.

    Nothing is read or compiled before it is used, so a server with hundreds of models starts as fast as one with none.

    Args:
        openapi_schema: The OpenAPI document that Cog wrote for the model, as JSON values. Nothing may change it.
    """

    def __init__(self, openapi_schema: Mapping[str, Any]) -> None:
        self.document = openapi_schema

    def resolve(self, schema: Any) -> Mapping[str, Any]:
        """A schema of the document without `$ref`, `allOf` and unions with null; those within it stay as they are.

        `nullable` says whether null is allowed. What cannot be followed allows anything.
        """
        return self._resolver.resolve(schema)

    def invalid_fields(self, value: Any, field: str = "input") -> list[InvalidField]:
        """The errors in an input, in the service's words; an empty list for a valid one.

        Unknown fields are valid unless the schema forbids them, as they are for the document's model. Null is valid
        only where the schema says so, even for an optional field: the service validates by the schema before the model
        runs. A model without a schema of its input takes any object.

        Args:
            value: The input, as the json module reads it.
            field: The path of the input.
        """
        invalid = self._input.compiled.invalid_fields(value, field)
        return redact_errors(invalid, value, self.secret_fields, field) if invalid else []

    def training_invalid_fields(self, value: Any, field: str = "input") -> list[InvalidField]:
        """The errors in the input of a training, for which a model without a `TrainingInput` takes any object."""
        invalid = self._training_input.compiled.invalid_fields(value, field)
        return redact_errors(invalid, value, self.training_secret_fields, field) if invalid else []

    def output_invalid_fields(self, value: Any, field: str = "output") -> list[InvalidField]:
        """The errors in an output of the model; an empty list for a valid one."""
        return self._output.compiled.invalid_fields(value, field)

    @cached_property
    def properties(self) -> Mapping[str, Mapping[str, Any]]:
        """The fields of the input with their resolved schemas, in the order of `x-order`.

        Unlike elsewhere, the schemas of a union are resolved as well, since each tells what values the field takes.
        """
        resolved = self._fields("Input").items()
        # A field without an order keeps its place.
        ordered = sorted(enumerate(resolved), key=lambda one: _order(one[1][1], one[0]))
        return dict(field for _, field in ordered)

    @cached_property
    def secret_fields(self) -> frozenset[str]:
        """The names of the fields of the input that hold secrets."""
        return secret_fields(self.properties, self.resolve)

    @cached_property
    def training_secret_fields(self) -> frozenset[str]:
        """The names of the fields of a training's input that hold secrets."""
        return secret_fields(self._fields("TrainingInput"), self.resolve)

    @cached_property
    def defaults(self) -> Mapping[str, Any]:
        """The defaults of the fields of the input; null counts as none."""
        return {
            name: schema["default"] for name, schema in self.properties.items() if schema.get("default") is not None
        }

    @cached_property
    def names(self) -> FieldNames:
        """What the fields of the input mean."""
        schema = self._resolver.resolve(self._schemas.get("Input", {}))
        required, others = schema.get("required"), schema.get("additionalProperties") is True
        return FieldNames(self.properties, required if isinstance(required, list) else (), others=others)

    @cached_property
    def output(self) -> Mapping[str, Any]:
        """The resolved schema of the output; empty if there is none."""
        return self.resolve(self._schemas.get("Output", {}))

    @property
    def input_source(self) -> Mapping[str, Any]:
        """What inputs are checked by: a JSON Schema, which may refer to its `components`."""
        return self._input.compiled.source

    @property
    def output_source(self) -> Mapping[str, Any]:
        """What outputs are checked by: a JSON Schema, which may refer to its `components`."""
        return self._output.compiled.source

    @cached_property
    def returns(self) -> OutputSchema:
        """What the model returns."""
        from .output_schema import OutputSchema

        return OutputSchema(self.output, self.resolve, self.properties, self.names)

    @cached_property
    def warnings(self) -> list[str]:
        """What is not checked or contradicts itself, in one sentence each, which names the field."""
        from .json_schema import printable

        paths = [invalid.field.split(".") for invalid in self.invalid_fields(self.defaults)]
        refused = {path[1] for path in paths if len(path) > 1} & self.defaults.keys()
        return [
            *self._input.warnings,
            *(printable(f"input.{name:.200} has a default that it forbids.") for name in sorted(refused)),
            *self._output.warnings,
            *self._training_input.warnings,
        ]

    def _fields(self, name: str) -> dict[str, Mapping[str, Any]]:
        """The fields of one of the document's schemas, resolved with the schemas of their unions."""
        fields = self.resolve(self._schemas.get(name, {})).get("properties")
        return {name: self._with_unions(one) for name, one in fields.items()} if isinstance(fields, dict) else {}

    def _with_unions(self, schema: Any, depth: int = 0) -> Mapping[str, Any]:
        """A schema, resolved with the schemas of its unions."""
        resolved = dict(self.resolve(schema))
        for union in ("anyOf", "oneOf"):
            options = resolved.pop(union, None)
            if options is not None and depth < _MAX_UNIONS:
                resolved[union] = [self._with_unions(option, depth + 1) for option in options]
        return resolved

    @cached_property
    def _resolver(self) -> Resolver:
        return Resolver(self.document)

    @cached_property
    def _schemas(self) -> Mapping[str, Any]:
        components = self.document.get("components")
        schemas = components.get("schemas") if isinstance(components, dict) else None
        return schemas if isinstance(schemas, dict) else {}

    def _json_schema(self, name: str, where: str, *, is_input: bool) -> JsonSchema:
        from .json_schema import JsonSchema

        return JsonSchema(self._resolver, self._schemas.get(name, {}), where, is_input=is_input)

    @cached_property
    def _input(self) -> JsonSchema:
        return self._json_schema("Input", "input", is_input=True)

    @cached_property
    def _output(self) -> JsonSchema:
        return self._json_schema("Output", "output", is_input=False)

    @cached_property
    def _training_input(self) -> JsonSchema:
        return self._json_schema("TrainingInput", "TrainingInput", is_input=True)


def _order(schema: Mapping[str, Any], place: int) -> float:
    order = schema.get("x-order")
    return order if isinstance(order, int | float) and not isinstance(order, bool) else place
