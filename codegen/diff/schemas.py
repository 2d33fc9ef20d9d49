"""Two versions of a schema, compared by what they admit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..document.values import equal
from .alternatives import COUNTED, DEMANDS, KINDS, LISTED, LOWER, NAMED, OPAQUE, UPPER, Schema, Shape, component, shapes
from .changes import BOTH, NOBODY, RECEIVER, SENDER, Change, Role
from .keywords import bound, choice, demand, listed, notes, requirement


class Schemas:
    """Compares schemas of two versions of a document.

    Args:
        old: The older version.
        new: The newer version.
    """

    def __init__(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        self._old = old
        self._new = new
        self._open: set[tuple[str, str]] = set()

    def compare(self, old: Schema, new: Schema, text: bool = False) -> list[Change]:
        """What changed from one schema to another.

        Args:
            old: The older version.
            new: The newer version.
            text: Whether values go over the wire as bare text, as those of parameters and headers do.
        """
        # Most schemas admit any items and any other fields, as they did before.
        if isinstance(old, bool) and old is new:
            return []
        pair = (json.dumps(old), json.dumps(new))
        # A schema within itself is compared already.
        if pair in self._open:
            return []
        self._open.add(pair)
        try:
            return list(dict.fromkeys(self._compare(old, new, text)))
        finally:
            self._open.remove(pair)

    def _compare(self, old: Schema, new: Schema, text: bool) -> Iterator[Change]:
        before, after = shapes(self._old, old), shapes(self._new, new)
        changes = [*_types(before, after, text), *notes(_said(before), _said(after))]
        for kind in KINDS:
            changes += self._alternatives(
                [shape for shape in before if shape.kind == kind], [shape for shape in after if shape.kind == kind]
            )
        referred = [schema["$ref"] for schema in (old, new) if not isinstance(schema, bool) and set(schema) == {"$ref"}]
        yield from (change.known_as(component(referred[1])) for change in changes) if len(referred) == 2 else changes

    def _alternatives(self, old: list[Shape], new: list[Shape]) -> Iterator[Change]:
        """What changed from some shapes of a kind to others."""
        if not old or not new:
            return
        table = {(i, j): list(self._shape(one, other)) for i, one in enumerate(old) for j, other in enumerate(new)}
        if len(table) == 1:
            yield from table[0, 0]
            return
        # Of all alternatives together it may be true that numbers are whole, or not, whatever one of them says.
        for (i, j), changes in table.items():
            changes += _types([old[i]], [new[j]])

        def distance(pair: tuple[int, int]) -> tuple[bool, int]:
            return old[pair[0]].name != new[pair[1]].name, len(table[pair])

        def sent_elsewhere(i: int, j: int | None = None) -> bool:
            """Whether another alternative takes all that the old one took."""
            return any("sender" not in _broken(table[i, k]) for k in range(len(new)) if k != j)

        def known_elsewhere(j: int, i: int | None = None) -> bool:
            """Whether another alternative promised no more than the new one holds."""
            return any("receiver" not in _broken(table[k, j]) for k in range(len(old)) if k != i)

        left, right = set(range(len(old))), set(range(len(new)))
        for i, j in sorted(table, key=distance):
            if i in left and j in right:
                left.remove(i)
                right.remove(j)
                excused = SENDER if sent_elsewhere(i, j) else NOBODY
                excused |= RECEIVER if known_elsewhere(j, i) else NOBODY
                yield from (_excused(change, excused) for change in table[i, j])
        for i in sorted(left):
            breaks = NOBODY if sent_elsewhere(i) else SENDER
            yield Change(f"alternative {_described(old[i])} removed", breaks, "removed")
        for j in sorted(right):
            breaks = NOBODY if known_elsewhere(j) else RECEIVER
            yield Change(f"new alternative {_described(new[j])}", breaks, "added")

    def _shape(self, old: Shape, new: Shape) -> Iterator[Change]:
        changes = [*self._rules(old.rules, new.rules), *notes(old.aside, new.aside)]
        yield from (change.known_as(new.name) for change in changes) if old.name and new.name else changes

    def _rules(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
        """What changed from one shape to another of the same kind."""
        for word in (*LOWER, *UPPER):
            yield from bound(word, old.get(word), new.get(word))
        for word in DEMANDS:
            yield from demand(word, old.get(word, ()), new.get(word, ()))
        yield from choice(old.get("enum"), new.get("enum"))
        for word in OPAQUE:
            if not self._alike(word, old.get(word), new.get(word)):
                yield Change(f"{word} changed, which cannot be weighed", BOTH)
        items = self.compare(old.get("items", True), new.get("items", True))
        yield from (change.below("[]") for change in items)
        yield from self._fields(old, new)
        yield from self._more_fields(old.get("additionalProperties", True), new.get("additionalProperties", True))

    def _fields(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
        before, after = old.get("properties", {}), new.get("properties", {})
        was_required, is_required = old.get("required", ()), new.get("required", ())
        for name in dict.fromkeys((*before, *after, *was_required, *is_required)):
            said = [_said(shapes(self._old, before[name]))] if name in before else []
            said += [_said(shapes(self._new, after[name]))] if name in after else []
            # A field that is read-only is nobody's to send, and one that was write-only nobody's to get.
            silent: frozenset[Role] = SENDER if said and said[-1].get("readOnly") is True else NOBODY
            silent |= RECEIVER if said and said[0].get("writeOnly") is True else NOBODY
            if name in before and name not in after:
                yield Change("removed", BOTH - silent, "removed", (name,))
            elif name in after and name not in before and name not in was_required:
                required = name in is_required
                what = "new required field" if required else "new optional field"
                yield Change(what, SENDER - silent if required else NOBODY, "added", (name,))
            else:
                yield from requirement(name in was_required, name in is_required, silent, name)
                if name in after:
                    yield from (change.below(name) for change in self.compare(before.get(name, True), after[name]))

    def _more_fields(self, old: Schema, new: Schema) -> Iterator[Change]:
        """What changed for fields that are not named."""
        if old is False or new is False:
            if old is not False:
                yield Change("other fields are no longer admitted", SENDER)
            elif new is not False:
                # Readers skip what they do not know.
                yield Change("other fields are now admitted")
            return
        yield from (change.below("*") for change in self.compare(old, new))

    def _alike(self, word: str, old: Any, new: Any) -> bool:
        """Whether two values of an opaque word come to the same, whatever they are written in."""
        if old is None or new is None or word in COUNTED:
            return equal(old, new)
        if word in LISTED or word in NAMED:
            before, after = (dict(enumerate(value)) if word in LISTED else value for value in (old, new))
            return before.keys() == after.keys() and all(self._equal(before[key], after[key]) for key in before)
        return self._equal(old, new)

    def _equal(self, old: Schema, new: Schema) -> bool:
        return all(change.kind in {"words", "default"} for change in self.compare(old, new))


def _said(found: list[Shape]) -> Mapping[str, Any]:
    """The notes of a schema, which are those of each of its shapes."""
    return found[0].notes if found else {}


def _types(old: list[Shape], new: list[Shape], text: bool = False) -> Iterator[Change]:
    was, now = _names(old), _names(new)
    if was == now:
        return
    lost, won = set(was) - _admitted(new, text), set(now) - _admitted(old, text)
    breaks = (SENDER if lost else NOBODY) | (RECEIVER if won else NOBODY)
    if lost | won == {"null"} and was and now:
        yield Change("may now be null" if won else "may no longer be null", breaks)
    else:
        yield Change(f"type {_spoken(was)} -> {_spoken(now)}", breaks)


def _admitted(found: list[Shape], text: bool) -> set[str]:
    """The types of which all values are admitted, as far as types go."""
    names = set(_names(found))
    if "number" in names:
        names.add("integer")
    # As text a number is a string like any other.
    if text and any(shape.kind == "string" and not shape.rules for shape in found):
        names |= {"boolean", "integer", "number"}
    return names


def _names(found: list[Shape]) -> list[str]:
    numbers = [shape for shape in found if shape.kind == "number"]
    whole = bool(numbers) and all("integer" in shape.rules for shape in numbers)
    kinds = dict.fromkeys(shape.kind for shape in found)
    return ["integer" if kind == "number" and whole else kind for kind in KINDS if kind in kinds]


def _spoken(names: list[str]) -> str:
    if set(names) == set(KINDS):
        return "anything"
    return " or ".join(sorted(names, key="null".__eq__)) or "nothing"


def _described(shape: Shape) -> str:
    if "enum" in shape.rules:
        return listed(shape.rules["enum"])
    return shape.name or f"of type {_spoken(_names([shape]))}"


def _broken(changes: list[Change]) -> frozenset[Role]:
    return frozenset(role for change in changes for role in change.breaks)


def _excused(change: Change, excused: frozenset[Role]) -> Change:
    """A change within one alternative, where another one makes up for it."""
    if not change.breaks & excused:
        return change
    also = (
        "another alternative still admits it"
        if "sender" in change.breaks & excused
        else "another alternative admitted it before"
    )
    return Change(f"{change.what}; {also}", change.breaks - excused, change.kind, change.path, change.shared)
