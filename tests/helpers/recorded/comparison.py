"""The comparison of a response with the shape of a recorded one, field by field."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

from helpers.recorded.formats import has_format
from helpers.recorded.relations import broken_relations

if TYPE_CHECKING:
    from helpers.recorded.service import Answer
    from helpers.recorded.shapes import Shape

Kind = Literal["missing", "extra", "other"]


@dataclasses.dataclass(frozen=True, order=True)
class Difference:
    """One difference between a response and a shape.

    Args:
        field: The path of the field, such as `body.urls.web`.
        kind: `missing` if only the shape has it, `extra` if only the response has it, `other` if the value differs.
        seen: The value in the response, which is not compared.
    """

    field: str
    kind: Kind
    seen: str = dataclasses.field(default="", compare=False)


def compare(answer: Answer, shape: Shape) -> set[Difference]:
    """Return all differences between a response and a shape."""
    if shape.order is not None:
        return set() if answer.order == shape.order else {Difference("order", "other", ", ".join(answer.order))}
    body = answer.body
    id = str(body.get("id", "")) if isinstance(body, dict) else ""
    found = set(_compare_value(body, shape.body, "body", id))
    for name, expected in shape.headers.items():
        path = f"headers.{name}"
        found.update(
            _compare_value(answer.headers[name], expected, path, id)
            if name in answer.headers
            else [Difference(path, "missing")]
        )
    broken = broken_relations(answer, shape.page_size)
    found.update(Difference(path, "other", repr(value)[:200]) for path, value in broken)
    return found if answer.status == shape.status else {*found, Difference("status", "other", str(answer.status))}


def _compare_value(value: Any, expected: Any, path: str, id: str) -> Iterator[Difference]:
    if isinstance(expected, Mapping) and isinstance(value, dict):
        yield from _compare_object(value, expected, path, id)
    elif isinstance(expected, list) and isinstance(value, list) and value:
        for item in value:
            yield from _compare_value(item, expected[0], f"{path}[]", id)
    elif isinstance(expected, Mapping | list) or not has_format(value, expected, id):
        yield Difference(path, "other", repr(value)[:200])


def _compare_object(value: dict[str, Any], expected: Mapping[str, Any], path: str, id: str) -> Iterator[Difference]:
    id = str(value.get("id", id))
    names = {name.removesuffix("?") for name in expected}
    for name, one in expected.items():
        key = name.removesuffix("?")
        if key in value:
            yield from _compare_value(value[key], one, f"{path}.{key}", id)
        elif key == name:
            yield Difference(f"{path}.{key}", "missing")
    for key in value.keys() - names:
        yield Difference(f"{path}.{key}", "extra", repr(value[key])[:200])
