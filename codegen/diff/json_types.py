"""Compares the JSON types that two versions of a schema allow."""

from __future__ import annotations

from collections.abc import Iterator

from .alternatives import TYPES, Alternative
from .changes import NEITHER, RECEIVER, SENDER, Change


def compare_types(old: list[Alternative], new: list[Alternative], plain_text: bool = False) -> Iterator[Change]:
    """Compare the types that two versions of a schema allow.

    Args:
        old: The alternatives of the older version.
        new: The alternatives of the newer version.
        plain_text: Whether values are sent as plain text without a type.
    """
    was, now = type_names(old), type_names(new)
    if was == now:
        return
    removed, added = set(was) - _covered_types(new, plain_text), set(now) - _covered_types(old, plain_text)
    breaks = (SENDER if removed else NEITHER) | (RECEIVER if added else NEITHER)
    if removed | added == {"null"} and was and now:
        yield Change("may now be null" if added else "may no longer be null", breaks)
    else:
        yield Change(f"type {format_types(was)} -> {format_types(now)}", breaks)


def _covered_types(found: list[Alternative], plain_text: bool) -> set[str]:
    """Return the types all of whose values some alternative allows."""
    names = set(type_names(found))
    if "number" in names:
        names.add("integer")
    # In plain text, a number is a string like any other.
    if plain_text and any(alternative.json_type == "string" and not alternative.keywords for alternative in found):
        names |= {"boolean", "integer", "number"}
    return names


def type_names(found: list[Alternative]) -> list[str]:
    """Return the names of the types of alternatives, in the order of `TYPES`."""
    numbers = [alternative for alternative in found if alternative.json_type == "number"]
    integers = bool(numbers) and all("integer" in alternative.keywords for alternative in numbers)
    found_types = dict.fromkeys(alternative.json_type for alternative in found)
    return [
        "integer" if json_type == "number" and integers else json_type
        for json_type in TYPES
        if json_type in found_types
    ]


def format_types(names: list[str]) -> str:
    """Format the names of types."""
    if set(names) == set(TYPES):
        return "anything"
    return " or ".join(sorted(names, key="null".__eq__)) or "nothing"
