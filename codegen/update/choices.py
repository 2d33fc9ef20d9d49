"""The types of choices and texts in a schema that Cog wrote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jsonschema_rs import Draft202012Validator

_KINDS = {str: "string", int: "integer", float: "number", bool: "boolean"}


def types_of(schema: dict[str, Any]) -> list[Any]:
    """Return the types that a schema names."""
    types = schema.get("type", [])
    return types if isinstance(types, list) else [types]


def convert_choices(schema: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return a schema with an enumeration in the form that openapi.yaml has, and what of it is not carried over."""
    rest = {key: value for key, value in schema.items() if key != "enum"}
    enum, types = schema["enum"], types_of(schema)
    if not isinstance(enum, list) or not enum:
        return rest, [f"has the choices {enum!r:.80}, which are none"]
    values = [value for value in enum if value is not None]
    if not values:
        return {**rest, "type": "null"}, []
    told: list[str] = []
    kind = kind_of(values)
    declared = [name for name in types if name != "null"]
    if kind is None or "anyOf" in rest:
        return _mixed(rest, values, None in enum or "null" in types)
    if declared:
        values, kind, contradiction = agree(values, kind, declared)
        if contradiction:
            told.append(contradiction)
            rest["type"] = [kind, "null"] if "null" in types else kind
            if "default" in rest:
                rest["default"] = same_choice(rest["default"], values)
            types = types_of(rest)
    if not (None in enum or "null" in types):
        return {"type": kind, **rest, "enum": values}, told
    branch = {"type": next((name for name in types if name != "null"), kind), "enum": values}
    rest.pop("type", None)
    return {**rest, "anyOf": [branch, {"type": "null"}]}, told


def _mixed(rest: dict[str, Any], values: list[Any], nullable: bool) -> tuple[dict[str, Any], list[str]]:
    """Return a schema with choices of several types."""
    told: list[str] = []
    if types := types_of(rest):
        if nullable and "null" not in types:
            types = [*types, "null"]
            rest["type"] = types
        try:
            good = all(map(Draft202012Validator({"type": types}).is_valid, values))
        except ValueError:
            # The conversion of the field tells what is wrong with its type.
            good = True
        if not good:
            named = " or ".join(str(name) for name in types if name != "null")
            told.append(f"is of type {named}, and some of its choices are not; they are carried over without the type")
            del rest["type"]
    return {**rest, "enum": [*values, None] if nullable else values}, told


def convert_default(schema: dict[str, Any]) -> Any:
    """Return a default that the schema does not allow, with the choices of its items that have become integers."""
    default, items = schema["default"], schema.get("items")
    choices = items.get("enum") if isinstance(items, dict) else None
    if not isinstance(default, list) or not isinstance(choices, list):
        return default
    return [same_choice(item, choices) for item in default]


def kind_of(values: Sequence[Any]) -> str | None:
    """Return the JSON type that all of some values have; None if they differ, or are of one that is no choice's."""
    types = {type(value) for value in values}
    if types == {int, float}:
        return "number"
    return _KINDS.get(type(values[0])) if len(types) == 1 else None


def agree(values: list[Any], kind: str, declared: Sequence[Any]) -> tuple[list[Any], str, str]:
    """Return choices and their type where the type beside them is another, and what the contradiction is.

    Cog 0.1 wrote the choices of integers as text. Other choices say more than the type beside them.

    Args:
        values: The choices.
        kind: Their JSON type.
        declared: The types that the schema names, without null.
    """
    if kind in declared or (kind == "integer" and "number" in declared):
        return values, kind, ""
    types = " or ".join(map(str, declared))
    numbers = _as_integers(values) if "integer" in declared or "number" in declared else None
    if numbers is not None:
        return numbers, "integer", f"is of type {types}, and its choices are text; they are carried over as integers"
    return values, kind, f"is of type {types}, and its choices are not; they are carried over with the type {kind}"


def same_choice(value: Any, values: Sequence[Any]) -> Any:
    """Return the choice that is written like a value; the value itself if there is none."""
    return next((choice for choice in values if str(choice) == str(value)), value)


def _as_integers(values: Sequence[Any]) -> list[int] | None:
    """Return the integers that texts are; None if one is not."""
    try:
        found = [int(value) for value in values]
    except (TypeError, ValueError):
        return None
    # `int` also reads 1_000 and a number among spaces, which the service need not take.
    return found if all(str(number) == value for number, value in zip(found, values, strict=True)) else None


def is_text(value: str) -> bool:
    """Return whether a text can be written to a file; half of a surrogate pair cannot."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
