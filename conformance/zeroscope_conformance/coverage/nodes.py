"""Nodes: the places for values that the schemas of an operation describe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ..document import Document
from .keywords import AT, BEYOND, Predicate, keyword_tests
from .points import Group, Point
from .values import is_type

BODY = "the body"


@dataclass(frozen=True, slots=True)
class Test:
    """A test of whether a value reaches a point."""

    point: Point
    reaches: Predicate


@dataclass(frozen=True, slots=True)
class Branch:
    """One alternative of an `anyOf` or `oneOf`."""

    point: Point
    node: Node
    fits: Predicate


@dataclass(frozen=True, slots=True)
class Choice:
    """The alternatives of an `anyOf` or `oneOf`, and the point of a value that fits none of them."""

    branches: tuple[Branch, ...]
    none_fits: Point


@dataclass
class Node:
    """A place for a value, with all schemas that describe it.

    Args:
        label: The path of the value.
        pointer: The JSON pointer of its schema, or of the one that it refers to.
        types: The types that it may have; empty for any.
        schema: The keywords of all its schemas together.
        type_tests: The tests of its type.
        tests: The tests of a value that has such a type.
        properties: The places of its properties.
        additional: The place of its other properties.
        items: The place of its items.
        choices: Its alternatives.
    """

    label: str
    pointer: str
    types: frozenset[str] = frozenset()
    schema: dict[str, Any] = field(default_factory=dict)
    type_tests: list[Test] = field(default_factory=list)
    tests: list[Test] = field(default_factory=list)
    properties: dict[str, Node] = field(default_factory=dict)
    additional: Node | None = None
    items: Node | None = None
    choices: list[Choice] = field(default_factory=list)

    @property
    def children(self) -> list[Node]:
        """The places within this one, other than those of its alternatives."""
        return [node for node in (*self.properties.values(), self.additional, self.items) if node is not None]

    def points(self) -> Iterator[Point]:
        """Yield the points of this place and of those within it."""
        yield from (test.point for test in (*self.type_tests, *self.tests))
        for choice in self.choices:
            for branch in choice.branches:
                yield branch.point
                yield from branch.node.points()
            yield choice.none_fits
        for node in self.children:
            yield from node.points()


class NodeBuilder:
    """Builds the nodes of the schemas of one operation.

    Args:
        document: The document with the schemas.
        operation: The `operationId` of the points.
    """

    def __init__(self, document: Document, operation: str) -> None:
        self._document = document
        self._operation = operation

    def build(self, pointer: str, schema: Any, label: str, *, text: bool = False) -> Node:
        """Return the node of a schema.

        Args:
            pointer: The JSON pointer of the schema.
            label: The path of the value.
            text: Whether the value, or each property of the form that it is, is sent as text: then it can have no
                other type where text is allowed.
        """
        return self._build(pointer, schema, label, frozenset(), text=text, in_branch=False)

    def _build(
        self, pointer: str, schema: Any, label: str, above: frozenset[str], *, text: bool = False, in_branch: bool
    ) -> Node:
        parts = list(self._parts(pointer, schema))
        types = frozenset(name for _, part in parts for name in _types(part))
        node = Node(
            label,
            place_of(pointer, schema),
            types,
            {name: value for _, part in reversed(parts) for name, value in part.items()},
        )
        untyped = in_branch or (text and not types <= {"integer", "number", "boolean", "null"})
        inside = above | {place for place, _ in parts}
        for place, part in parts:
            self._add_type(node, place, part, beyond=not untyped)
            for test in keyword_tests(part, types, self._validate):
                self._add_test(node, test.group, f"{place}/{test.keyword}", test.words, test.reaches)
            # A schema that contains itself has the same points at every depth.
            if place not in above:
                self._add_properties(node, place, part, inside, text=text)
                self._add_choices(node, place, part, inside)
                if isinstance(part.get("items"), Mapping):
                    node.items = self._build(f"{place}/items", part["items"], f"{label}[]", inside, in_branch=False)
        return node

    def _parts(self, pointer: str, schema: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield a schema and those that it includes by `$ref` and `allOf`, each with its pointer."""
        if not isinstance(schema, Mapping):
            return
        yield pointer, schema
        if "$ref" in schema:
            target = schema["$ref"].removeprefix("#")
            yield from self._parts(target, self._document.at(target))
        for number, part in enumerate(schema.get("allOf", [])):
            yield from self._parts(f"{pointer}/allOf/{number}", part)

    def _validate(self, schema: Mapping[str, Any]) -> Predicate:
        validator = self._document.validator(schema, formats=True)
        return lambda value: bool(validator.is_valid(value))

    def _add_test(self, node: Node, group: Group, pointer: str, words: str, reaches: Predicate) -> None:
        node.tests.append(Test(self._point(group, pointer, f"{node.label}: {words}"), reaches))

    def _point(self, group: Group, pointer: str, label: str) -> Point:
        return Point(group, self._operation, pointer, label)

    def _add_type(self, node: Node, pointer: str, schema: Mapping[str, Any], *, beyond: bool) -> None:
        names = _types(schema)
        for name in names:
            point = self._point(AT, f"{pointer}/type", f"{node.label}: type {name}")
            node.type_tests.append(Test(point, partial(is_type, name=name)))
        if names and beyond:
            point = self._point(BEYOND, f"{pointer}/type", f"{node.label}: type {' or '.join(names)}")
            node.type_tests.append(Test(point, lambda value: not any(is_type(value, name) for name in names)))

    def _add_properties(
        self, node: Node, pointer: str, schema: Mapping[str, Any], above: frozenset[str], *, text: bool
    ) -> None:
        properties, required = schema.get("properties", {}), schema.get("required", [])
        for name in dict.fromkeys((*properties, *required)):
            label = name if node.label == BODY else f"{node.label}.{name}"
            place = f"{pointer}/properties/{escape(name)}"
            if name in properties:
                node.properties[name] = self._build(place, properties[name], label, above, text=text, in_branch=False)
            absence = f"{pointer}/required" if name in required else place
            absent: Group = BEYOND if name in required else AT
            presences: list[tuple[Group, str, bool]] = [(AT, "present", True), (absent, "absent", False)]
            for group, words, has in presences:
                point = self._point(group, absence, f"{label}: {words}")
                node.tests.append(Test(point, _presence(name, has)))
        if "additionalProperties" not in schema:
            return
        place, others, known = f"{pointer}/additionalProperties", schema["additionalProperties"], frozenset(properties)

        def has_others(value: Any) -> bool:
            return isinstance(value, Mapping) and not known.issuperset(value)

        self._add_test(node, BEYOND if others is False else AT, place, "another property", has_others)
        if isinstance(others, Mapping) and others:
            node.additional = self._build(place, others, f"{node.label}.*", above, in_branch=False)

    def _add_choices(self, node: Node, pointer: str, schema: Mapping[str, Any], above: frozenset[str]) -> None:
        for keyword in ("anyOf", "oneOf"):
            branches: list[Branch] = []
            for number, branch in enumerate(schema.get(keyword, [])):
                place = f"{pointer}/{keyword}/{number}"
                child = self._build(place, branch, node.label, above, in_branch=True)
                point = self._point(AT, place, f"{node.label}: {keyword}, alternative {number + 1}")
                branches.append(Branch(point, child, self._validate(branch)))
            if branches:
                none = self._point(BEYOND, f"{pointer}/{keyword}", f"{node.label}: {keyword}, no alternative")
                node.choices.append(Choice(tuple(branches), none))


def place_of(pointer: str, value: Any) -> str:
    """Return the JSON pointer of a value, or of what it refers to."""
    return str(value.get("$ref", pointer) if isinstance(value, Mapping) else pointer).removeprefix("#")


def escape(name: str) -> str:
    """Return a name as a part of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")


def _types(schema: Mapping[str, Any]) -> list[str]:
    named = schema.get("type", [])
    return [named] if isinstance(named, str) else list(named)


def _presence(name: str, has: bool) -> Predicate:
    return lambda value: isinstance(value, Mapping) and (name in value) is has
