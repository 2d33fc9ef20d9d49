"""Compares the keywords that apply schemas to a value or to parts of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from .alternatives import Schema, item_schema
from .changes import BOTH, NEITHER, RECEIVER, SENDER, Change, Role
from .keywords import compare_bound, compare_required, format_value

Comparison: TypeAlias = Callable[[Schema, Schema], list[Change]]
Keywords: TypeAlias = Mapping[str, Any]

_ANY_TEXT = {"type": "string"}


def compare_applicators(old: Keywords, new: Keywords, compare: Comparison, reverse: Comparison) -> Iterator[Change]:
    """Compare the applicators of two alternatives of the same type.

    Args:
        old: The keywords of the older version.
        new: The keywords of the newer version.
        compare: Compares a schema of the older version with one of the newer version.
        reverse: Compares a schema of the newer version with one of the older version.
    """
    yield from _repeatable("not", old, new, lambda one, other: _negation(one, other, compare, reverse))
    yield from _repeatable("if", old, new, lambda one, other: _conditional(one, other, compare))
    yield from _repeatable("contains", old, new, lambda one, other: _contains(one, other, compare))
    yield from _prefix_items(old, new, compare)
    yield from _names(old.get("propertyNames", True), new.get("propertyNames", True), compare)
    for pattern in _keys("patternProperties", old, new):
        # Without a pattern for them, such fields are among the others.
        one, other = (
            version.get("patternProperties", {}).get(pattern, version.get("additionalProperties", True))
            for version in (old, new)
        )
        yield from compare_other_fields(one, other, compare, pattern)
    for name in _keys("dependentSchemas", old, new):
        one, other = (version.get("dependentSchemas", {}).get(name, True) for version in (old, new))
        yield from _noted(compare(one, other), f"where {name} is present")
    for name in _keys("dependentRequired", old, new):
        before, after = (version.get("dependentRequired", {}).get(name, ()) for version in (old, new))
        for field in dict.fromkeys((*before, *after)):
            changes = compare_required(field in before, field in after, frozenset(), field)
            yield from _noted(changes, f"where {name} is present")
    yield from _unevaluated("unevaluatedItems", old, new, compare)
    one, other = (version.get("unevaluatedProperties", True) for version in (old, new))
    yield from compare_other_fields(one, other, compare, "*")


def compare_other_fields(old: Schema, new: Schema, compare: Comparison, path: str) -> Iterator[Change]:
    """Compare the schemas of the fields that are not named."""
    if old is False or new is False:
        suffix = "" if path == "*" else f" if their names match {path}"
        if old is not False:
            yield Change(f"other fields are no longer allowed{suffix}", SENDER)
        elif new is not False:
            # Readers ignore unknown fields.
            yield Change(f"other fields are now allowed{suffix}")
        return
    yield from (change.under(path) for change in compare(old, new))


def is_same(changes: Iterable[Change]) -> bool:
    """Return whether changes leave the values alone that are allowed."""
    return all(change.kind in {"words", "default"} for change in changes)


def _repeatable(
    keyword: str, old: Keywords, new: Keywords, compare: Callable[[Any, Any], Iterator[Change]]
) -> Iterator[Change]:
    """Compare the values of a keyword that all apply: of those that stay the same nothing, of two that differ what."""
    before, after = list(old.get(keyword, ())), list(new.get(keyword, ()))
    for one in list(before):
        same = next((other for other in after if is_same(compare(one, other))), None)
        if same is not None:
            before.remove(one)
            after.remove(same)
    if len(before) == len(after) == 1:
        yield from compare(before[0], after[0])
    elif before and after:
        yield Change(f"{keyword} changed, which cannot be classified", BOTH)
    elif before or after:
        shown = format_value(next(iter((*before, *after))))
        yield Change(f"new {keyword} {shown}", SENDER) if after else Change(f"{keyword} {shown} removed", RECEIVER)


def _negation(old: Schema, new: Schema, compare: Comparison, reverse: Comparison) -> Iterator[Change]:
    """Compare two schemas that no value may match: the fewer values match, the more are allowed."""
    forward, backward = compare(old, new), reverse(new, old)
    if is_same(forward) and is_same(backward):
        return
    changes = [change for change in backward if change.kind not in {"words", "default"}]
    breaks = _union(changes)
    if not all(change.breaks for change in changes):
        # Readers are not disturbed by a new field, so no role is in such a change; in the other direction, one is.
        opposite = _union(forward)
        breaks |= (SENDER if opposite & RECEIVER else NEITHER) | (RECEIVER if opposite & SENDER else NEITHER)
    breaks = breaks or BOTH
    yield Change("not changed" if breaks != BOTH else "not changed, which cannot be classified", breaks)


def _conditional(old: Keywords, new: Keywords, compare: Comparison) -> Iterator[Change]:
    """Compare two conditions with their consequences."""
    if not is_same(compare(old["if"], new["if"])):
        yield Change("if changed, which cannot be classified", BOTH)
        return
    for keyword in ("then", "else"):
        yield from _noted(compare(old.get(keyword, True), new.get(keyword, True)), f"by {keyword}")


def _contains(old: Keywords, new: Keywords, compare: Comparison) -> Iterator[Change]:
    """Compare two schemas that some items must match."""
    found = compare(old["contains"], new["contains"])
    changes = [change for change in found if change.kind not in {"words", "default"}]
    if changes and ("maxContains" in old or "maxContains" in new):
        yield Change("contains changed, which cannot be classified", BOTH)
        return
    yield from _noted(changes, "in an item that contains asks for")
    for keyword, unset, flag in (("minContains", 1, False), ("maxContains", math.inf, True)):
        one, other = ((version.get(keyword, unset), flag) for version in (old, new))
        before, after = (None if pair[0] == math.inf else pair for pair in (one, other))
        yield from compare_bound(keyword, before, after)


def _prefix_items(old: Keywords, new: Keywords, compare: Comparison) -> Iterator[Change]:
    """Compare the schemas of items by their positions."""
    for index in range(max(len(version.get("prefixItems", ())) for version in (old, new))):
        changes = compare(item_schema(old, index), item_schema(new, index))
        yield from (change.under(f"[{index}]") for change in changes)


def _names(old: Schema, new: Schema, compare: Comparison) -> Iterator[Change]:
    """Compare the schemas of the names of fields, all of which are strings."""
    one, other = ({"allOf": [_ANY_TEXT, schema]} for schema in (old, new))
    yield from _noted(compare(one, other), "in the names of fields")


def _unevaluated(keyword: str, old: Keywords, new: Keywords, compare: Comparison) -> Iterator[Change]:
    changes = compare(old.get(keyword, True), new.get(keyword, True))
    yield from _noted(changes, f"in {keyword}")


def _keys(keyword: str, old: Keywords, new: Keywords) -> Iterable[str]:
    return dict.fromkeys((*old.get(keyword, ()), *new.get(keyword, ())))


def _noted(changes: Iterable[Change], note: str) -> Iterator[Change]:
    yield from (replace(change, message=f"{change.message}, {note}") for change in changes)


def _union(changes: Iterable[Change]) -> frozenset[Role]:
    return frozenset(role for change in changes for role in change.breaks)
