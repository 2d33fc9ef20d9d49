"""The conversion of `nullable`."""

from __future__ import annotations

from typing import Any

import pytest
from codegen.document.nullable import convert_nullable

DATA = {"type": "string", "nullable": True}
NULLABLE = {"type": ["string", "null"]}


@pytest.mark.parametrize("key", ["default", "example", "const"])
def test_value__stays(key: str) -> None:
    """What a keyword holds as data is no schema, whatever its keys."""
    assert convert_nullable({"type": "object", "nullable": True, key: DATA}) == {"type": ["object", "null"], key: DATA}


@pytest.mark.parametrize("key", ["enum", "examples"])
def test_values__stay(key: str) -> None:
    """So are several values."""
    assert convert_nullable({"items": DATA, key: [DATA]}) == {"items": NULLABLE, key: [DATA]}


NAMED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"properties": {"default": DATA, "enum": DATA}}, {"properties": {"default": NULLABLE, "enum": NULLABLE}}),
    ({"properties": {"properties": {"default": DATA}}}, {"properties": {"properties": {"default": DATA}}}),
    ({"properties": {"nullable": True}}, {"properties": {"nullable": True}}),
    ({"responses": {"default": {"schema": DATA}}}, {"responses": {"default": {"schema": NULLABLE}}}),
    ({"schemas": {"example": DATA}}, {"schemas": {"example": NULLABLE}}),
]


@pytest.mark.parametrize(("part", "wanted"), NAMED, ids=range(len(NAMED)))
def test_name__is_no_keyword(part: dict[str, Any], wanted: dict[str, Any]) -> None:
    """A property, a response or a schema may have the name of a keyword."""
    assert convert_nullable(part) == wanted
