"""Compares two versions of a schema by the values that they allow."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from ..document.references import component_name
from .alternatives import ASSERTIONS, TYPES, Alternative, Schema, normalize
from .applicators import compare_applicators, compare_other_fields, is_same
from .changes import BOTH, NEITHER, RECEIVER, SENDER, Change, Role
from .enumerations import LOWER_BOUNDS, UPPER_BOUNDS, comparable
from .fields import field_schema, other_field_schema
from .json_types import compare_types, format_types, type_names
from .keywords import (
    compare_annotations,
    compare_assertion,
    compare_bound,
    compare_enum,
    compare_use,
    exempt_roles,
    format_value,
    join_values,
)
from .overlaps import compare_overlaps, overlaps

Pair: TypeAlias = tuple[str, str, bool]
"""Two schemas as JSON, and whether they describe plain text."""

# How a field may be used is compared with the field.
_NOT_ANNOTATIONS = frozenset({"discriminator", "readOnly", "writeOnly", "x-model-output"})
# The schema of what the model puts there, where the document itself allows anything.
_MODEL_OUTPUT = "x-model-output"
_MOST_PATHS = 64


class SchemaComparison:
    """Compares schemas of two versions of a document.

    Args:
        old: The older version.
        new: The newer version.
    """

    def __init__(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        self._old = old
        self._new = new
        # The pairs that are being compared, with their depth.
        self._in_progress: dict[Pair, int] = {}
        # The least depth of a pair in progress on which the results since the comparison began depend.
        self._lowest = math.inf
        self._known: dict[Pair, list[Change]] = {}
        # Results that lack the changes of a pair in progress, with its depth.
        self._partial: dict[Pair, tuple[list[Change], float]] = {}
        self._opposite: SchemaComparison | None = None

    def compare(self, old: Schema, new: Schema, plain_text: bool = False) -> list[Change]:
        """Compare two schemas; each pair is compared once.

        Args:
            old: The older version.
            new: The newer version.
            plain_text: Whether values are sent as plain text without a type, as in parameters and headers.
        """
        # A shortcut: most schemas allow any items and any additional properties in both versions.
        if isinstance(old, bool) and old is new:
            return []
        pair = (json.dumps(old), json.dumps(new), plain_text)
        if pair in self._known:
            found = self._known[pair]
            return _shortest(found) if self._in_progress else found
        if pair in self._partial:
            found, lowest = self._partial[pair]
            self._lowest = min(self._lowest, lowest)
            return _shortest(found)
        # A schema that contains itself is being compared already.
        if pair in self._in_progress:
            self._lowest = min(self._lowest, self._in_progress[pair])
            return []
        return self._compare_pair(pair, old, new)

    def _compare_pair(self, pair: Pair, old: Schema, new: Schema) -> list[Change]:
        depth = len(self._in_progress)
        outer, self._lowest = self._lowest, math.inf
        self._in_progress[pair] = depth
        try:
            found = list(dict.fromkeys(self._compare(old, new, pair[2])))
        finally:
            del self._in_progress[pair]
        if self._lowest < depth:
            self._partial[pair] = found, self._lowest
            self._lowest = min(outer, self._lowest)
        else:
            # Nothing in progress is missing here, though it may be from the results of schemas that lead back here.
            self._known[pair] = found
            self._partial = {key: known for key, known in self._partial.items() if known[1] < depth}
            self._lowest = outer
        return found

    def _compare(self, old: Schema, new: Schema, plain_text: bool) -> Iterator[Change]:
        before, after = normalize(self._old, old), normalize(self._new, new)
        changes = [*compare_types(before, after, plain_text)]
        changes += self._annotations(_annotations(before), _annotations(after))
        for json_type in TYPES:
            changes += self._type_alternatives(
                [alternative for alternative in before if alternative.json_type == json_type],
                [alternative for alternative in after if alternative.json_type == json_type],
            )
        references = [
            schema["$ref"] for schema in (old, new) if not isinstance(schema, bool) and set(schema) == {"$ref"}
        ]
        if len(references) == 2:
            changes = [change.in_component(component_name(references[1])) for change in changes]
        yield from changes

    def _annotations(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
        """Compare annotations, and the discriminator, which is none: both ends choose a schema by it."""
        yield from compare_annotations(_without(old, _NOT_ANNOTATIONS), _without(new, _NOT_ANNOTATIONS))
        if _MODEL_OUTPUT in old and _MODEL_OUTPUT in new:
            yield from self.compare(old[_MODEL_OUTPUT], new[_MODEL_OUTPUT])
        elif _MODEL_OUTPUT in old or _MODEL_OUTPUT in new:
            yield Change(f"{_MODEL_OUTPUT} {'removed' if _MODEL_OUTPUT in old else 'new'}")
        one, other = old.get("discriminator"), new.get("discriminator")
        if one is None and other is not None:
            yield Change(f"new discriminator {other['propertyName']}", SENDER)
        if one is not None and other is None:
            yield Change(f"discriminator {one['propertyName']} removed", RECEIVER)
        if one is None or other is None:
            return
        if one["propertyName"] != other["propertyName"]:
            yield Change(f"discriminator {one['propertyName']} -> {other['propertyName']}", BOTH)
        before, after = one["mapping"], other["mapping"]
        for value in dict.fromkeys((*before, *after)):
            if value not in after:
                yield Change(f"discriminator value {format_value(value)} removed", SENDER, "removed")
            elif value not in before:
                yield Change(f"new discriminator value {format_value(value)}", RECEIVER, "added")
            # A component with another name may be the same schema; changes within one are reported where it is used.
            elif before[value] != after[value] and not is_same(
                self.compare({"$ref": before[value]}, {"$ref": after[value]})
            ):
                yield Change(f"discriminator value {format_value(value)} stands for another schema", BOTH)

    def _type_alternatives(self, old: list[Alternative], new: list[Alternative]) -> Iterator[Change]:
        """Compare the alternatives of one type.

        Each old alternative is paired with the most similar new one. A change within a pair does not break the senders
        if another new alternative allows all old values, nor the receivers if another old alternative allowed all new
        ones.
        """
        if not old or not new:
            return
        before = [overlaps(self._old, one) for one in old]
        after = [overlaps(self._new, one) for one in new]
        table = {
            (i, j): [
                *self._alternative(one, other),
                *compare_overlaps(one, other, before[i], after[j], self._values),
            ]
            for i, one in enumerate(old)
            for j, other in enumerate(new)
        }
        if len(table) == 1:
            yield from table[0, 0]
            return
        # `compare_types` of the whole schema sees one alternative for integers beside one for numbers as numbers.
        for (i, j), changes in table.items():
            changes += compare_types([old[i]], [new[j]])

        def distance(pair: tuple[int, int]) -> tuple[bool, int]:
            return old[pair[0]].component != new[pair[1]].component, len(table[pair])

        def sent_elsewhere(i: int, j: int | None = None) -> bool:
            """Check that another new alternative allows all values of an old one."""
            return any("sender" not in _broken_roles(table[i, k]) for k in range(len(new)) if k != j)

        def received_elsewhere(j: int, i: int | None = None) -> bool:
            """Check that another old alternative allowed all values of a new one."""
            return any("receiver" not in _broken_roles(table[k, j]) for k in range(len(old)) if k != i)

        left, right = set(range(len(old))), set(range(len(new)))
        for i, j in sorted(table, key=distance):
            if i in left and j in right:
                left.remove(i)
                right.remove(j)
                excused = SENDER if sent_elsewhere(i, j) else NEITHER
                excused |= RECEIVER if received_elsewhere(j, i) else NEITHER
                yield from (_excuse(change, excused) for change in table[i, j])
        for i in sorted(left):
            breaks = NEITHER if sent_elsewhere(i) else SENDER
            yield Change(f"alternative {_format_alternative(old[i])} removed", breaks, "removed")
        for j in sorted(right):
            breaks = NEITHER if received_elsewhere(j) else RECEIVER
            yield Change(f"new alternative {_format_alternative(new[j])}", breaks, "added")

    def _alternative(self, old: Alternative, new: Alternative) -> Iterator[Change]:
        changes = [*self._keywords(*comparable(old.json_type, old.keywords, new.keywords))]
        changes += self._annotations(old.own_annotations, new.own_annotations)
        if old.component and new.component:
            changes = [change.in_component(new.component) for change in changes]
        yield from changes

    def _values(self, old: Alternative, new: Alternative) -> Iterator[Change]:
        """Compare the values of two alternatives of the same type, without those that a `oneOf` refuses."""
        yield from self._keywords(*comparable(old.json_type, old.keywords, new.keywords))
        yield from compare_types([old], [new])

    def _keywords(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
        """Compare the keywords of two alternatives of the same type."""
        for keyword in (*LOWER_BOUNDS, *UPPER_BOUNDS):
            yield from compare_bound(keyword, old.get(keyword), new.get(keyword))
        for keyword in ASSERTIONS:
            yield from compare_assertion(keyword, old.get(keyword, ()), new.get(keyword, ()))
        yield from compare_enum(old.get("enum"), new.get("enum"))
        items = self.compare(old.get("items", True), new.get("items", True))
        yield from (change.under("[]") for change in items)
        yield from self._properties(old, new)
        before, after = old.get("additionalProperties", True), new.get("additionalProperties", True)
        yield from compare_other_fields(before, after, self.compare, "*")
        yield from compare_applicators(old, new, self.compare, self._compare_reversed)

    def _compare_reversed(self, old: Schema, new: Schema) -> list[Change]:
        """Compare a schema of the newer version with one of the older version."""
        if self._opposite is None:
            self._opposite = SchemaComparison(self._new, self._old)
            self._opposite._opposite = self
        return self._opposite.compare(old, new)

    def _properties(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
        before, after = old.get("properties", {}), new.get("properties", {})
        was_required, is_required = old.get("required", ()), new.get("required", ())
        for name in dict.fromkeys((*before, *after, *was_required, *is_required)):
            was = _annotations(normalize(self._old, before[name])) if name in before else {}
            # A field that is no longer named is still described if the schema of the other fields describes it.
            described = name in after or (name in before and other_field_schema(name, new) not in (True, {}, False))
            now = _annotations(normalize(self._new, field_schema(name, new))) if described else {}
            if name in before and not described:
                yield Change("removed", BOTH - exempt_roles(was), "removed", (name,))
            elif name in after and name not in before and name not in was_required:
                required = name in is_required
                message = "new required field" if required else "new optional field"
                yield Change(message, SENDER - exempt_roles(now) if required else NEITHER, "added", (name,))
                governing = other_field_schema(name, old)
                if governing is not False:
                    # So far, the name was among the other fields, whose schema may have been stricter or another one.
                    found = [one for one in self.compare(governing, after[name]) if governing not in (True, {})]
                    exempt = exempt_roles(was) | exempt_roles(now)
                    yield from (replace(one.under(name), breaks=one.breaks - exempt) for one in found)
            else:
                if described and name not in after:
                    yield Change("now one of the other fields", NEITHER, "removed", (name,))
                yield from compare_use(was, now, name in was_required, name in is_required, name)
                if described:
                    changes = self.compare(field_schema(name, old), field_schema(name, new))
                    # What was never sent before, or never will be, cannot be sent otherwise.
                    exempt = exempt_roles(was) | exempt_roles(now)
                    yield from (replace(one.under(name), breaks=one.breaks - exempt) for one in changes)


def _shortest(changes: list[Change]) -> list[Change]:
    """Return one change for each, with the shortest path, where several fields lead to the same component.

    Of other changes that differ in their paths alone, at most `_MOST_PATHS` are kept.
    """
    found: dict[tuple[object, ...], list[Change]] = {}
    for change in sorted(changes, key=lambda one: len(one.path)):
        same = found.setdefault((change.message, change.breaks, change.kind, change.shared_name), [])
        if len(same) < (1 if change.shared_name else _MOST_PATHS):
            same.append(change)
    return [change for same in found.values() for change in same]


def _without(part: Mapping[str, Any], keys: frozenset[str]) -> dict[str, Any]:
    return {key: value for key, value in part.items() if key not in keys}


def _annotations(found: list[Alternative]) -> Mapping[str, Any]:
    """Return the annotations of a schema, which all of its alternatives share."""
    return found[0].annotations if found else {}


def _format_alternative(alternative: Alternative) -> str:
    if "enum" in alternative.keywords:
        return join_values(alternative.keywords["enum"])
    return alternative.component or f"of type {format_types(type_names([alternative]))}"


def _broken_roles(changes: list[Change]) -> frozenset[Role]:
    return frozenset(role for change in changes for role in change.breaks)


def _excuse(change: Change, excused: frozenset[Role]) -> Change:
    """Return a change of one alternative that does not break the ends for which another alternative makes up."""
    if not change.breaks & excused:
        return change
    reason = (
        "another alternative still allows it"
        if "sender" in change.breaks & excused
        else "another alternative allowed it before"
    )
    return Change(f"{change.message}; {reason}", change.breaks - excused, change.kind, change.path, change.shared_name)
