"""Compares two versions of a schema by the values that they allow."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..document.references import component_name
from ..document.values import equal
from .alternatives import (
    ASSERTIONS,
    LOWER_BOUNDS,
    OPAQUE_KEYWORDS,
    PLAIN_VALUES,
    SCHEMA_ARRAYS,
    SCHEMA_MAPS,
    TYPES,
    UPPER_BOUNDS,
    Alternative,
    Schema,
    normalize,
)
from .changes import BOTH, NEITHER, RECEIVER, SENDER, Change, Role
from .keywords import compare_annotations, compare_assertion, compare_bound, compare_enum, compare_required, join_values


class SchemaComparison:
    """Compares schemas of two versions of a document.

    Args:
        old: The older version.
        new: The newer version.
    """

    def __init__(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        self._old = old
        self._new = new
        self._in_progress: set[tuple[str, str]] = set()

    def compare(self, old: Schema, new: Schema, plain_text: bool = False) -> list[Change]:
        """Compare two schemas.

        Args:
            old: The older version.
            new: The newer version.
            plain_text: Whether values are sent as plain text without a type, as in parameters and headers.
        """
        # A shortcut: most schemas allow any items and any additional properties in both versions.
        if isinstance(old, bool) and old is new:
            return []
        pair = (json.dumps(old), json.dumps(new))
        # A schema that contains itself is being compared already.
        if pair in self._in_progress:
            return []
        self._in_progress.add(pair)
        try:
            return list(dict.fromkeys(self._compare(old, new, plain_text)))
        finally:
            self._in_progress.remove(pair)

    def _compare(self, old: Schema, new: Schema, plain_text: bool) -> Iterator[Change]:
        before, after = normalize(self._old, old), normalize(self._new, new)
        changes = [*_compare_types(before, after, plain_text)]
        changes += compare_annotations(_annotations(before), _annotations(after))
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

    def _type_alternatives(self, old: list[Alternative], new: list[Alternative]) -> Iterator[Change]:
        """Compare the alternatives of one type.

        Each old alternative is paired with the most similar new one. A change within a pair does not break the senders
        if another new alternative allows all old values, nor the receivers if another old alternative allowed all new
        ones.
        """
        if not old or not new:
            return
        table = {
            (i, j): list(self._alternative(one, other)) for i, one in enumerate(old) for j, other in enumerate(new)
        }
        if len(table) == 1:
            yield from table[0, 0]
            return
        # `_compare_types` of the whole schema sees one alternative for integers beside one for numbers as numbers.
        for (i, j), changes in table.items():
            changes += _compare_types([old[i]], [new[j]])

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
        changes = [*self._keywords(old.keywords, new.keywords)]
        changes += compare_annotations(old.own_annotations, new.own_annotations)
        if old.component and new.component:
            changes = [change.in_component(new.component) for change in changes]
        yield from changes

    def _keywords(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
        """Compare the keywords of two alternatives of the same type."""
        for keyword in (*LOWER_BOUNDS, *UPPER_BOUNDS):
            yield from compare_bound(keyword, old.get(keyword), new.get(keyword))
        for keyword in ASSERTIONS:
            yield from compare_assertion(keyword, old.get(keyword, ()), new.get(keyword, ()))
        yield from compare_enum(old.get("enum"), new.get("enum"))
        for keyword in OPAQUE_KEYWORDS:
            if not self._equivalent(keyword, old.get(keyword), new.get(keyword)):
                yield Change(f"{keyword} changed, which cannot be classified", BOTH)
        items = self.compare(old.get("items", True), new.get("items", True))
        yield from (change.under("[]") for change in items)
        yield from self._properties(old, new)
        yield from self._additional_properties(
            old.get("additionalProperties", True), new.get("additionalProperties", True)
        )

    def _properties(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
        before, after = old.get("properties", {}), new.get("properties", {})
        was_required, is_required = old.get("required", ()), new.get("required", ())
        for name in dict.fromkeys((*before, *after, *was_required, *is_required)):
            annotations = [_annotations(normalize(self._old, before[name]))] if name in before else []
            annotations += [_annotations(normalize(self._new, after[name]))] if name in after else []
            # A read-only property is never sent in a request, and a write-only one never received in a response.
            exempt: frozenset[Role] = SENDER if annotations and annotations[-1].get("readOnly") is True else NEITHER
            exempt |= RECEIVER if annotations and annotations[0].get("writeOnly") is True else NEITHER
            if name in before and name not in after:
                yield Change("removed", BOTH - exempt, "removed", (name,))
            elif name in after and name not in before and name not in was_required:
                required = name in is_required
                message = "new required field" if required else "new optional field"
                yield Change(message, SENDER - exempt if required else NEITHER, "added", (name,))
            else:
                yield from compare_required(name in was_required, name in is_required, exempt, name)
                if name in after:
                    yield from (change.under(name) for change in self.compare(before.get(name, True), after[name]))

    def _additional_properties(self, old: Schema, new: Schema) -> Iterator[Change]:
        """Compare the schemas of the properties that are not named."""
        if old is False or new is False:
            if old is not False:
                yield Change("other fields are no longer allowed", SENDER)
            elif new is not False:
                # Readers ignore unknown fields.
                yield Change("other fields are now allowed")
            return
        yield from (change.under("*") for change in self.compare(old, new))

    def _equivalent(self, keyword: str, old: Any, new: Any) -> bool:
        """Check that two values of an opaque keyword have the same effect."""
        if old is None or new is None or keyword in PLAIN_VALUES:
            return equal(old, new)
        if keyword in SCHEMA_ARRAYS or keyword in SCHEMA_MAPS:
            before, after = (dict(enumerate(value)) if keyword in SCHEMA_ARRAYS else value for value in (old, new))
            return before.keys() == after.keys() and all(self._same_schema(before[key], after[key]) for key in before)
        return self._same_schema(old, new)

    def _same_schema(self, old: Schema, new: Schema) -> bool:
        return all(change.kind in {"words", "default"} for change in self.compare(old, new))


def _annotations(found: list[Alternative]) -> Mapping[str, Any]:
    """Return the annotations of a schema, which all of its alternatives share."""
    return found[0].annotations if found else {}


def _compare_types(old: list[Alternative], new: list[Alternative], plain_text: bool = False) -> Iterator[Change]:
    was, now = _type_names(old), _type_names(new)
    if was == now:
        return
    removed, added = set(was) - _covered_types(new, plain_text), set(now) - _covered_types(old, plain_text)
    breaks = (SENDER if removed else NEITHER) | (RECEIVER if added else NEITHER)
    if removed | added == {"null"} and was and now:
        yield Change("may now be null" if added else "may no longer be null", breaks)
    else:
        yield Change(f"type {_format_types(was)} -> {_format_types(now)}", breaks)


def _covered_types(found: list[Alternative], plain_text: bool) -> set[str]:
    """Return the types all of whose values some alternative allows."""
    names = set(_type_names(found))
    if "number" in names:
        names.add("integer")
    # In plain text, a number is a string like any other.
    if plain_text and any(alternative.json_type == "string" and not alternative.keywords for alternative in found):
        names |= {"boolean", "integer", "number"}
    return names


def _type_names(found: list[Alternative]) -> list[str]:
    numbers = [alternative for alternative in found if alternative.json_type == "number"]
    integers = bool(numbers) and all("integer" in alternative.keywords for alternative in numbers)
    found_types = dict.fromkeys(alternative.json_type for alternative in found)
    return [
        "integer" if json_type == "number" and integers else json_type
        for json_type in TYPES
        if json_type in found_types
    ]


def _format_types(names: list[str]) -> str:
    if set(names) == set(TYPES):
        return "anything"
    return " or ".join(sorted(names, key="null".__eq__)) or "nothing"


def _format_alternative(alternative: Alternative) -> str:
    if "enum" in alternative.keywords:
        return join_values(alternative.keywords["enum"])
    return alternative.component or f"of type {_format_types(_type_names([alternative]))}"


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
