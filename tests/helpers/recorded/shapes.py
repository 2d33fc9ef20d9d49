"""Shapes of recorded responses, and the differences of the mock server."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from helpers.recorded.comparison import Difference

FOLDER = Path(__file__).parents[2] / "recorded"


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The shape of one recorded response or delivery.

    Args:
        sources: What was seen, by month.
        status: The status code; None for a delivery.
        headers: The expected headers, names in lower case.
        body: The shape of the body.
        page_size: The number of entries on a page that is full.
        order: The order of statuses or events in place of everything else.
    """

    sources: Mapping[str, str]
    status: int | None = None
    headers: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    page_size: int | None = None
    order: list[str] | None = None


def load_shapes() -> dict[str, Shape]:
    """Read the shapes, by the name of their situation."""
    raw: dict[str, Any] = yaml.safe_load((FOLDER / "shapes.yaml").read_text(encoding="utf-8"))
    return {name: Shape(**shape) for name, shape in raw.items()}


def load_differences() -> dict[str, dict[Difference, Any]]:
    """Read the differences that have a reason, each with what the mock server has instead, by the name of the shape."""
    found: dict[str, dict[Difference, Any]] = {}
    for one in yaml.safe_load((FOLDER / "differences.yaml").read_text(encoding="utf-8")):
        has_value = {"mock"} if one["difference"] != "missing" else set()
        assert one.keys() == {"shapes", "field", "difference", "reason"} | has_value and len(one["reason"]) > 20, one
        for shape in one["shapes"]:
            difference = Difference(one["field"], one["difference"])
            assert difference not in found.setdefault(shape, {}), f"{shape} {difference} is listed twice"
            found[shape][difference] = one.get("mock")
    return found


def mock_shape(shape: Shape, differences: Mapping[Difference, Any]) -> Shape:
    """Return the shape of the mock server's response: a recorded one with the differences that have a reason.

    Args:
        shape: The recorded shape.
        differences: The differences, each with what the mock server has instead.
    """
    # Parts of the shape may be shared with others.
    body = copy.deepcopy(shape.body)
    for difference, value in differences.items():
        *parents, last = difference.field.removeprefix("body.").replace("[]", ".0").split(".")
        parent = body
        for part in parents:
            parent = parent[int(part) if isinstance(parent, list) else part]
        if isinstance(parent, list):
            parent[int(last)] = value
            continue
        parent.pop(last, None)
        parent.pop(f"{last}?", None)
        if difference.kind != "missing":
            parent[last] = value
    return replace(shape, body=body)
