"""Shapes of recorded responses, and the differences of the mock server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
        order: The order of statuses or events in place of everything else.
    """

    sources: Mapping[str, str]
    status: int | None = None
    headers: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    order: list[str] | None = None


def load_shapes() -> dict[str, Shape]:
    """Read the shapes, by the name of their situation."""
    raw: dict[str, Any] = yaml.safe_load((FOLDER / "shapes.yaml").read_text(encoding="utf-8"))
    return {name: Shape(**shape) for name, shape in raw.items()}


def load_differences() -> dict[str, set[Difference]]:
    """Read the differences that have a reason, by the name of the shape."""
    found: dict[str, set[Difference]] = {}
    for one in yaml.safe_load((FOLDER / "differences.yaml").read_text(encoding="utf-8")):
        assert one.keys() == {"shapes", "field", "difference", "reason"} and len(one["reason"]) > 20, one
        for shape in one["shapes"]:
            difference = Difference(one["field"], one["difference"])
            assert difference not in found.setdefault(shape, set()), f"{shape} {difference} is listed twice"
            found[shape].add(difference)
    return found
