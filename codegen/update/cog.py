"""What a model version says of its input, in the form in which the document says it.

Cog, with which models are packed, writes OpenAPI 3.0.2 or 3.1 by its own habits: a title and an `x-order` beside every
field, each enumeration as a schema of its own that the field refers to through `allOf`, and `nullable` or a union with
null for what may be null (the Cog schemas in recorded traffic; the mock server writes the first form).
"""

from __future__ import annotations

import json
import keyword
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from jsonschema_rs import Draft202012Validator

from ..document.errors import first_line
from .errors import UpdateError

# The keywords of a field, in the order in which the document has them.
CARRIED = (
    "type",
    "format",
    "description",
    "anyOf",
    "items",
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
)

# What pydantic says of an enumeration of which nobody has said anything.
NOTHING_SAID = "An enumeration."

Schema = dict[str, Any]


@dataclass
class Input:
    """The input of a model version.

    Args:
        fields: Its fields by name, in the order of their `x-order`.
        required: The names of those that must be given.
        left_out: What could not be carried over, a sentence each.
    """

    fields: dict[str, Schema] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def read_input(document: Any) -> Input:
    """The input that a version's `openapi_schema` describes.

    Args:
        document: The `openapi_schema`.

    Raises:
        UpdateError: If it describes none that the spec could hold.
    """
    try:
        return _Reader(document).read()
    except RecursionError:
        raise UpdateError("its schemas are nested without an end; get the schema of the version anew") from None


class _Reader:
    """Reads one document and keeps account of what is left out."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._found = Input()

    def read(self) -> Input:
        """The input, all of its fields checked."""
        schema = self._plain(_at(self._document, "components", "schemas", "Input"), "Input", ())
        properties = schema.pop("properties", {})
        if not isinstance(properties, dict):
            raise UpdateError("the properties of Input are no object; get the schema of the version anew")
        for name in sorted(properties, key=lambda name: _order(properties[name])):
            self._found.fields[_checked(name)] = self._form(properties[name], name, ())
        required = schema.pop("required", [])
        if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
            raise UpdateError("`required` of Input is no list of names; get the schema of the version anew")
        for name in dict.fromkeys(required):
            if name in self._found.fields:
                self._found.required.append(name)
            else:
                self._leave_out("Input", f"requires {name!r:.80}, which is none of its fields")
        if schema.pop("type", "object") != "object":
            raise UpdateError("Input is not of type object; get the schema of the version anew")
        for key in schema.keys() - {"description"}:
            self._leave_out("Input", f"has {key!r:.80}, which is not carried over")
        self._found.left_out.sort()
        return self._found

    def _form(self, schema: Any, where: str, trail: tuple[str, ...]) -> Schema:
        """A schema with the document's keywords alone, in the document's order."""
        plain = self._plain(schema, where, trail)
        if isinstance(plain.get("description"), str):
            plain["description"] = plain["description"].strip()
        if "const" in plain:
            plain.setdefault("enum", [plain.pop("const")])
        if "example" in plain:
            plain.setdefault("examples", [plain.pop("example")])
        for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
            if plain.get(exclusive) is False or (plain.get(exclusive) is True and bound not in plain):
                del plain[exclusive]
            elif plain.get(exclusive) is True:
                plain[exclusive] = plain.pop(bound)
        if "enum" in plain:
            plain = self._choices(plain, where)
        if "array" in _types(plain):
            # The generator knows no array of which nothing is said.
            plain.setdefault("items", {})
        for key in sorted(plain.keys() - set(CARRIED)):
            self._leave_out(where, f"has {key!r:.80}, which is not carried over")
        return self._valid({key: plain[key] for key in CARRIED if key in plain}, where)

    def _valid(self, made: Schema, where: str) -> Schema:
        """The same schema without a default and examples that it does not allow; the document's check refuses them."""
        try:
            json.dumps(made, allow_nan=False)
            validator = Draft202012Validator(made, validate_formats=True)
        except (TypeError, ValueError) as error:
            raise UpdateError(f"the field {where} is no valid schema, {first_line(error)}; mend it there") from error
        if "default" in made and not validator.is_valid(made["default"]):
            self._leave_out(where, f"has a default that it does not allow, {made.pop('default')!r:.80}")
        examples = made.get("examples", [])
        good = [example for example in examples if validator.is_valid(example)]
        if len(good) < len(examples):
            self._leave_out(where, "has examples that it does not allow")
            made = {key: value for key, value in made.items() if key != "examples"} | (
                {"examples": good} if good else {}
            )
        return made

    def _choices(self, plain: Schema, where: str) -> Schema:
        """The same schema, with an enumeration as the generator knows it."""
        enum = plain.pop("enum")
        values = [value for value in enum if value is not None] if isinstance(enum, list) else []
        kind = _KINDS.get(type(values[0])) if len({type(value) for value in values}) == 1 else None
        if kind is None:
            self._leave_out(where, f"has the choices {enum!r:.80}, which are not all texts or all whole numbers")
            return plain
        types = _types(plain)
        if not (None in enum or "null" in types):
            return {"type": kind, **plain, "enum": values}
        # Of an enumeration beside a list of types, the generator makes a type for each of them.
        branch = {"type": next((name for name in types if name != "null"), kind), "enum": values}
        rest = {key: value for key, value in plain.items() if key != "type"}
        return {**rest, "anyOf": [branch, {"type": "null"}]}

    def _plain(self, schema: Any, where: str, trail: tuple[str, ...]) -> Schema:
        """A schema with its references and unions resolved, and without what only Cog needs.

        Args:
            schema: The schema.
            where: What messages call it.
            trail: The references that led here.
        """
        if not isinstance(schema, dict):
            raise UpdateError(f"{where} is {schema!r:.40} and no object; get the schema of the version anew")
        own: Schema = {key: value for key, value in schema.items() if key not in {"title", "x-order"}}
        parts = []
        if "items" in own:
            own["items"] = self._form(own["items"], f"{where}.items", trail)
        if "$ref" in own:
            parts.append(self._referred(own.pop("$ref"), where, trail))
        parts += [self._part(part, where, trail) for part in _schemas(own.pop("allOf", []), where)]
        nullable = own.pop("nullable", False) is True
        for union in ("anyOf", "oneOf"):
            if union in own:
                options = [self._part(option, where, trail) for option in _schemas(own.pop(union), where)]
                real = [option for option in options if option.get("type") != "null"]
                nullable = nullable or len(real) < len(options)
                if len(real) == 1:
                    parts += real
                else:
                    self._leave_out(where, f"is one of {len(real)} forms, which are not carried over")
        made: Schema = {}
        for part in [*parts, own]:
            for key in sorted(made.keys() & part.keys() - {"description", "default", "type"}):
                if made[key] != part[key]:
                    self._leave_out(where, f"says {key!r:.80} more than once, of which the last holds")
            made |= part
        if nullable and "null" not in _types(made) and "type" in made:
            made["type"] = [*_types(made), "null"]
        elif nullable and isinstance(made.get("enum"), list):
            made["enum"] = [*made["enum"], None]
        return made

    def _part(self, schema: Any, where: str, trail: tuple[str, ...]) -> Schema:
        part = self._plain(schema, where, trail)
        if part.get("description") == NOTHING_SAID:
            del part["description"]
        return part

    def _referred(self, reference: Any, where: str, trail: tuple[str, ...]) -> Schema:
        if reference in trail:
            raise UpdateError(
                f"{where} refers to itself through {reference!r:.80}, which no field of the spec can; leave it out"
            )
        if not isinstance(reference, str) or not reference.startswith("#/"):
            raise UpdateError(f"{where} refers to {reference!r:.80}, outside of the file; put it in there")
        steps = [step.replace("~1", "/").replace("~0", "~") for step in reference[2:].split("/")]
        return self._part(_at(self._document, *steps, where=where), where, (*trail, reference))

    def _leave_out(self, where: str, what: str) -> None:
        sentence = f"{where} {what}."
        if sentence not in self._found.left_out:
            self._found.left_out.append(sentence)


_KINDS = {str: "string", int: "integer", bool: "boolean"}


def _at(document: Any, *steps: str, where: str = "") -> Any:
    """The place in a document that steps lead to."""
    place = document
    for step in steps:
        if not isinstance(place, dict) or step not in place:
            if where:
                place = "#/" + "/".join(steps)
                raise UpdateError(f"{where} refers to {place!r:.80}, which is not in the file; put it in there")
            raise UpdateError(
                f"it has no {'.'.join(steps)}; give the openapi_schema of a model version, or the whole version"
            )
        place = place[step]
    return place


def _schemas(found: Any, where: str) -> Iterable[Any]:
    if not isinstance(found, list):
        raise UpdateError(f"{where} has {found!r:.40} where a list of schemas belongs; get the schema anew")
    return found


def _types(schema: Schema) -> list[Any]:
    types = schema.get("type", [])
    return types if isinstance(types, list) else [types]


def _order(schema: Any) -> float:
    order = schema.get("x-order") if isinstance(schema, dict) else None
    return order if isinstance(order, int | float) and not isinstance(order, bool) else math.inf


def _checked(name: Any) -> str:
    # Fields are the keyword arguments of `run` and the options of the command.
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
        raise UpdateError(f"the field {name!r:.80} cannot be an argument in Python; rename it, or take it out")
    return name
