"""Converts the input schema that Cog writes to the form that openapi.yaml has.

Cog, which packages models, writes OpenAPI 3.0.2 or 3.1 in its own form: a title and an `x-order` beside every field,
each enumeration as a separate schema that the field refers to through `allOf`, and `nullable` or a union with null for
a field that may be null (seen in recorded traffic; the mock server writes the 3.0.2 form).
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import Any

from jsonschema_rs import Draft202012Validator

from ..document.errors import first_line
from ..document.references import pointer_tokens
from .choices import convert_choices, convert_default, is_text, types_of
from .combination import Schema, combine, is_null, with_null
from .errors import UpdateError
from .output import convert_output
from .patterns import convert_pattern

SECRET = "x-cog-secret"
"""Cog's mark of a field whose value is a secret, such as a token of another service."""

# The keywords of a field, in the order that they have in the spec.
KEYWORDS = (
    "type",
    "format",
    "description",
    "anyOf",
    "oneOf",
    "items",
    "properties",
    "required",
    "additionalProperties",
    "default",
    "enum",
    "minimum",
    "exclusiveMinimum",
    "maximum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "examples",
    "deprecated",
    "writeOnly",
    SECRET,
)

_MAX_SCHEMAS = 10_000

# The description that pydantic gives an enumeration without one.
NO_DESCRIPTION = "An enumeration."


@dataclass
class InputSchema:
    """The input of a model version.

    Args:
        fields: The schemas of its fields by name, in the order of their `x-order`.
        required: The names of the required fields.
        warnings: One sentence for each part of the schema that was left out.
    """

    fields: dict[str, Schema] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def convert_input(document: Any) -> InputSchema:
    """Convert the input schema of a model version.

    Args:
        document: The `openapi_schema` of the version.

    Raises:
        UpdateError: If it has no input schema that the spec could hold.
    """
    try:
        return _Converter(document).convert()
    except RecursionError:
        raise UpdateError("its schemas are nested without an end; get the schema of the version again") from None
    except _TooManyError:
        raise UpdateError(
            f"its schemas are more than {_MAX_SCHEMAS:,} with their references written out; use another version"
        ) from None


class _TooManyError(Exception):
    """The schemas are too many to be written out; unlike what is wrong with one field, this ends the conversion."""


class _Converter:
    """Converts the schemas of one document, and collects warnings about the parts that it leaves out."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._input = InputSchema()
        self._in_field = False
        self._count = 0

    def convert(self) -> InputSchema:
        schema = self._flattened(self._input_schema(), "Input", ())
        self._in_field = True
        properties = schema.pop("properties", {})
        if not isinstance(properties, dict):
            raise UpdateError("the properties of Input are not an object; get the schema of the version again")
        for name in sorted(properties, key=lambda name: _order(properties[name])):
            # A name that is no identifier can be given in `extra_input`; one that does not print cannot be read.
            if isinstance(name, str) and name.isprintable() and name:
                self._input.fields[name] = self._converted(properties[name], name, ())
            else:
                self._warn("Input", f"has the field {name!r:.80}, a name that does not print; it is left out")
        required = schema.pop("required", [])
        if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
            raise UpdateError("`required` of Input is not a list of names; get the schema of the version again")
        for name in dict.fromkeys(required):
            if name in self._input.fields:
                self._input.required.append(name)
            else:
                self._warn("Input", f"requires {name!r:.80}, which is not one of its fields")
        if schema.pop("type", "object") != "object":
            raise UpdateError("Input is not of type object; get the schema of the version again")
        for key in schema.keys() - {"description"}:
            self._warn("Input", f"has {key!r:.80}, which is not carried over")
        self._input.warnings.sort()
        return self._input

    def _input_schema(self) -> Any:
        """Return the schema of the input; an empty one if the rest is there, as for a model that takes no input."""
        try:
            return _at(self._document, "components", "schemas", "Input")
        except UpdateError:
            # Whatever describes an output is the schema of a model.
            if convert_output(self._document) is None:
                raise
        self._warn("Input", "is not described, so the model has no fields")
        return {}

    def _converted(self, schema: Any, where: str, trail: tuple[str, ...]) -> Schema:
        """Convert a field's schema to the keywords of the spec; one that cannot be read takes any value."""
        try:
            return self._readable(schema, where, trail)
        except UpdateError as error:
            self._input.warnings.append(f"{error}; until then, {where} takes any value.")
        description = schema.get("description") if isinstance(schema, dict) else None
        return {"description": description.strip()} if isinstance(description, str) and is_text(description) else {}

    def _readable(self, schema: Any, where: str, trail: tuple[str, ...]) -> Schema:
        """Convert a field's schema to the keywords of the spec, in the order of the spec."""
        flat = self._flattened(schema, where, trail)
        if isinstance(flat.get("description"), str):
            flat["description"] = flat["description"].strip()
        if "const" in flat:
            flat.setdefault("enum", [flat.pop("const")])
        if "example" in flat:
            flat.setdefault("examples", [flat.pop("example")])
        for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
            if flat.get(exclusive) is False or (flat.get(exclusive) is True and bound not in flat):
                del flat[exclusive]
            elif flat.get(exclusive) is True:
                flat[exclusive] = flat.pop(bound)
        if flat.get(SECRET) is True:
            # What Cog itself writes beside its mark; other programs know these two.
            flat.setdefault("format", "password")
            flat["writeOnly"] = True
        elif SECRET in flat:
            del flat[SECRET]
        if "enum" in flat:
            flat, told = convert_choices(flat)
            for what in told:
                self._warn(where, what)
        if "pattern" in flat and (pattern := convert_pattern(flat["pattern"])) != flat["pattern"]:
            if pattern is None:
                self._warn(
                    where, f"has the pattern {flat['pattern']!r:.80}, which is not valid everywhere; it is left out"
                )
            flat = {key: value for key, value in flat.items() if key != "pattern"}
            flat |= {} if pattern is None else {"pattern": pattern}
        if "array" in types_of(flat):
            # The generator does not support an array without `items`.
            flat.setdefault("items", {})
        for key in sorted(flat.keys() - set(KEYWORDS)):
            self._warn(where, f"has {key!r:.80}, which is not carried over")
        return self._validated({key: flat[key] for key in KEYWORDS if key in flat}, where)

    def _validated(self, merged: Schema, where: str) -> Schema:
        """Remove a default and examples that the schema does not allow; validation of the spec would refuse them."""
        try:
            json.dumps(merged, allow_nan=False)
            validator = Draft202012Validator(merged, validate_formats=True)
        except (TypeError, ValueError) as error:
            raise UpdateError(
                f"the field {where} is not a valid schema, {first_line(error)}; correct it in the file"
            ) from error
        if "default" in merged and not validator.is_valid(merged["default"]):
            merged["default"] = convert_default(merged)
        if "default" in merged and not validator.is_valid(merged["default"]):
            self._warn(where, f"has a default that it does not allow, {merged.pop('default')!r:.80}")
        examples = merged.get("examples", [])
        good = [example for example in examples if validator.is_valid(example)]
        if len(good) < len(examples):
            self._warn(where, "has examples that it does not allow")
            merged = {key: value for key, value in merged.items() if key != "examples"} | (
                {"examples": good} if good else {}
            )
        return merged

    def _flattened(self, schema: Any, where: str, trail: tuple[str, ...]) -> Schema:
        """Merge a schema with its references, `allOf` and unions with null, and drop the keywords that only Cog uses.

        Args:
            where: Its name in messages.
            trail: The references that led to it.
        """
        if not isinstance(schema, dict):
            raise UpdateError(f"{where} is {schema!r:.40}, not an object; get the schema of the version again")
        self._count += 1
        if self._count > _MAX_SCHEMAS:
            raise _TooManyError
        own: Schema = {key: value for key, value in schema.items() if key not in {"title", "x-order"}}
        parts = []
        if "items" in own:
            own["items"] = self._converted(own["items"], f"{where}.items", trail)
        if self._in_field and isinstance(own.get("properties"), dict):
            own["properties"] = {
                name: self._converted(part, f"{where}.{name}", trail) for name, part in own["properties"].items()
            }
        if isinstance(own.get("additionalProperties"), dict):
            own["additionalProperties"] = self._converted(own["additionalProperties"], f"{where}.*", trail)
        if "$ref" in own:
            parts.append(self._target(own.pop("$ref"), where, trail))
        parts += [self._part(part, where, trail) for part in _schemas(own.pop("allOf", []), where)]
        nullable = own.pop("nullable", False) is True
        for union in ("anyOf", "oneOf"):
            if union in own:
                options = _schemas(own.pop(union), where)
                real = [option for option in options if not is_null(option)]
                nullable = nullable or len(real) < len(options)
                if len(real) == 1:
                    parts.append(self._part(real[0], where, trail))
                elif real:
                    own[union] = [
                        self._converted(option, f"{where}.{index}", trail) for index, option in enumerate(real)
                    ]
                else:
                    self._warn(where, "is a union of no schemas, which is not carried over")
        merged, replaced = combine([*parts, own])
        for key in replaced:
            self._warn(where, f"has {key!r:.80} more than once; the last one is used")
        return with_null(merged) if nullable else merged

    def _part(self, schema: Any, where: str, trail: tuple[str, ...]) -> Schema:
        part = self._flattened(schema, where, trail)
        if part.get("description") == NO_DESCRIPTION:
            del part["description"]
        return part

    def _target(self, reference: Any, where: str, trail: tuple[str, ...]) -> Schema:
        if reference in trail:
            raise UpdateError(
                f"{where} refers to itself through {reference!r:.80}, which the spec does not support; remove it"
            )
        if not isinstance(reference, str) or not reference.startswith("#/"):
            raise UpdateError(f"{where} refers to {reference!r:.80}, outside the file; add it to the file")
        target = _at(self._document, *pointer_tokens(reference), where=where)
        return self._part(target, where, (*trail, reference))

    def _warn(self, where: str, what: str) -> None:
        sentence = f"{where} {what}."
        if sentence not in self._input.warnings:
            self._input.warnings.append(sentence)


def _at(document: Any, *keys: str, where: str = "") -> Any:
    """Return the object at a path of a document.

    Args:
        keys: The path.
        where: The name of the schema that refers to it; empty if none does.
    """
    target = document
    for key in keys:
        if not isinstance(target, dict) or key not in target:
            if where:
                reference = "#/" + "/".join(keys)
                raise UpdateError(f"{where} refers to {reference!r:.80}, which is not in the file; add it there")
            raise UpdateError(
                f"it has no {'.'.join(keys)}; give the openapi_schema of a model version, or the whole version"
            )
        target = target[key]
    return target


def _schemas(found: Any, where: str) -> list[Any]:
    if not isinstance(found, list):
        raise UpdateError(
            f"{where} has {found!r:.40} where a list of schemas belongs; get the schema of the version again"
        )
    return found


def _order(schema: Any) -> float:
    order = schema.get("x-order") if isinstance(schema, dict) else None
    return order if isinstance(order, int | float) and not isinstance(order, bool) else math.inf
