"""Evaluation of a value: the points that it reaches, kept or broken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .keywords import BEYOND
from .nodes import Choice, Node, Test
from .points import Point
from .values import is_type


@dataclass
class Reached:
    """The points that a value reaches.

    Args:
        kept: Those that it reaches without breaking their keyword.
        broken: Those whose keyword it breaks, by the path of the value that does.
    """

    kept: set[Point] = field(default_factory=set)
    broken: dict[str, set[Point]] = field(default_factory=dict)

    def break_at(self, path: str, point: Point) -> None:
        """Record a point whose keyword is broken."""
        self.broken.setdefault(path, set()).add(point)

    def points(self) -> set[Point]:
        """Return the points that a request with this value reaches.

        Of a request that is refused for several reasons, the server need not have noticed each; and what it thinks of
        the rest of a request that it refuses remains unknown.
        """
        if not self.broken:
            return self.kept
        return next(iter(self.broken.values())) if len(self.broken) == 1 else set()


def evaluate(node: Node, value: Any, reached: Reached, path: str = "") -> None:
    """Add the points that a value reaches at a node.

    Args:
        reached: Where the points are added.
        path: The path of the value in the request.
    """
    _test(node.type_tests, value, reached, path)
    if node.types and not any(is_type(value, name) for name in node.types):
        return
    _test(node.tests, value, reached, path)
    for choice in node.choices:
        _choose(choice, value, reached, path)
    if isinstance(value, Mapping):
        for name, one in value.items():
            child = node.properties.get(name, node.additional)
            if child is not None:
                evaluate(child, one, reached, f"{path}/{name}")
    elif isinstance(value, list) and node.items is not None:
        for number, one in enumerate(value):
            evaluate(node.items, one, reached, f"{path}/{number}")


def _test(tests: list[Test], value: Any, reached: Reached, path: str) -> None:
    for test in tests:
        if test.reaches(value):
            if test.point.group == BEYOND:
                reached.break_at(path, test.point)
            else:
                reached.kept.add(test.point)


def _choose(choice: Choice, value: Any, reached: Reached, path: str) -> None:
    fits = False
    inner = [Reached() for _ in choice.branches]
    for branch, found in zip(choice.branches, inner, strict=True):
        evaluate(branch.node, value, found, path)
        if branch.fits(value):
            fits = True
            reached.kept |= {branch.point, *found.kept}
    broken = {point for found in inner for points in found.broken.values() for point in points}
    if fits:
        # The value breaks them, and may: another alternative allows it.
        reached.kept |= broken
    else:
        for point in (choice.none_fits, *broken):
            reached.break_at(path, point)
