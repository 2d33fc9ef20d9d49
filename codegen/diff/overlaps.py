"""Compares the values that several schemas of a `oneOf` match, which it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from .alternatives import Alternative, Schema, intersection, item_schema, normalize
from .bounds import contradict
from .changes import RECEIVER, SENDER, Change, Role
from .fields import field_schema

Comparison: TypeAlias = Callable[[Alternative, Alternative], Iterable[Change]]

# No text has two of these formats.
_EXCLUSIVE_FORMATS = frozenset({"date", "date-time", "time", "duration", "uuid", "email", "ipv4", "ipv6"})
# How deep within required fields and first items to look for a contradiction; a schema may contain itself.
_DEPTH = 3


def compare_overlaps(
    old: Alternative, new: Alternative, before: list[Alternative], after: list[Alternative], compare: Comparison
) -> Iterator[Change]:
    """Compare what two alternatives have in common with the other schemas of their `oneOf`.

    Args:
        old: The older version.
        new: The newer version.
        before: The overlaps of the older version.
        after: The overlaps of the newer version.
        compare: Compares two alternatives of the same type without their overlaps.
    """
    if any("discriminator" in {**one.annotations, **one.own_annotations} for one in (old, new)):
        # Both ends choose a schema by it, whatever else matches.
        return
    fresh, lost = _without(after, before, old), _without(before, after, new)
    if not fresh and not lost:
        return
    refused, still_refused = ([one for one in found if not one.others] for found in (before, after))
    broken = frozenset(role for change in compare(old, new) for role in change.breaks)
    # What one of the old overlaps held was refused before, and what one of the new ones holds is refused still.
    if not broken & SENDER and any(all(_breaks(RECEIVER, compare(known, one)) for known in refused) for one in fresh):
        yield Change("values that several schemas of oneOf match are refused from now on", SENDER)
    if new.json_type == "object" and len(before) <= len(after):
        # Readers ignore unknown fields, so that of two schemas that match, the one that still does is enough.
        return
    if not broken & RECEIVER and any(
        all(_breaks(SENDER, compare(one, known)) for known in still_refused) for one in lost
    ):
        yield Change("values that several schemas of oneOf matched are no longer refused", RECEIVER)


def overlaps(document: Mapping[str, Any], one: Alternative) -> list[Alternative]:
    """Return the values that an alternative has in common with each of the other schemas of its `oneOf`.

    An overlap has others itself if the other schema is a `oneOf`, which may refuse the values before that one does.
    """
    shared = (replace(intersection(one, other), others=other.others) for other in one.others)
    return [both for both in shared if not _is_empty(document, both, _DEPTH)]


def _without(found: list[Alternative], others: list[Alternative], near: Alternative) -> list[Alternative]:
    """Return the overlaps that are not among others and, by their keywords alone, may hold values of an alternative."""
    known = [_restrictions(one) for one in others]
    return [one for one in found if _restrictions(one) not in known and not _is_empty({}, intersection(one, near), 0)]


def _restrictions(one: Alternative) -> list[Mapping[str, Any]]:
    return [one.keywords, *(other.keywords for other in one.others)]


def _is_empty(document: Mapping[str, Any], one: Alternative, depth: int) -> bool:
    """Return whether an alternative is sure to allow no value."""
    keywords = one.keywords
    if keywords.get("enum") == [] or contradict(keywords):
        return True
    if len(_EXCLUSIVE_FORMATS.intersection(keywords.get("format", ()))) > 1:
        return True
    needed = [field_schema(name, keywords) for name in keywords.get("required", ())]
    if "minItems" in keywords:
        needed.append(item_schema(keywords, 0))
    if any(_forbids(schema, keywords.get("required", ())) for schema in keywords.get("not", ())):
        return True
    return depth > 0 and any(
        all(_is_empty(document, part, depth - 1) for part in normalize(document, schema)) for schema in needed
    )


def _forbids(schema: Schema, names: Sequence[str]) -> bool:
    """Return whether the schema of a `not` forbids nothing but some fields together, all of which are required."""
    return isinstance(schema, Mapping) and set(schema) == {"required"} and set(schema["required"]) <= set(names)


def _breaks(roles: frozenset[Role], changes: Iterable[Change]) -> bool:
    return any(roles & change.breaks for change in changes)
