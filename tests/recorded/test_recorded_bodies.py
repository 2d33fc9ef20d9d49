"""Responses and deliveries of the mock server, compared with recorded ones."""

from __future__ import annotations

import re

import pytest

from helpers.recorded import SITUATIONS, compare, load_differences, load_shapes, mock_shape

SHAPES = load_shapes()
DIFFERENCES = load_differences()


@pytest.mark.parametrize("name", SHAPES)
def test_response__is_as_recorded(name: str) -> None:
    """A response differs from the recorded one only as differences.yaml describes, and does differ so."""
    answer, listed = SITUATIONS[name](), DIFFERENCES.get(name, {})

    assert sorted(compare(answer, mock_shape(SHAPES[name], listed))) == [], "not in differences.yaml"
    assert sorted(listed.keys() - compare(answer, SHAPES[name])) == [], "in differences.yaml, but gone"


def test_shapes__are_dated_and_reached() -> None:
    """Every shape has a situation and the months of its sources, and every difference has a shape."""
    assert set(SHAPES) == set(SITUATIONS) and set(DIFFERENCES) <= set(SHAPES)
    months = [month for shape in SHAPES.values() for month in shape.sources]
    assert months and [month for month in months if not re.fullmatch(r"202[3-6]-(0[1-9]|1[0-2])", month)] == []
    assert all(list(shape.sources) == sorted(shape.sources) for shape in SHAPES.values())
