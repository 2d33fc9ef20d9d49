"""Boundary values of the document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest

from zeroscope_conformance import RULES, Document
from zeroscope_conformance.boundaries import boundary_inputs, invalid_requests

RAW = Document.load().raw


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ({"type": "integer", "minimum": 3}, [2, 1.5, True, None]),
        ({"type": "number", "maximum": 1}, [1.0000000000000002, "1", True, None]),
        ({"type": "boolean"}, ["true", None]),
        ({"type": "string"}, [7, None]),
        ({"type": "string", "enum": ["a", "b"]}, ["a-", 7, None]),
        ({"allOf": [{"$ref": "#/components/schemas/Style"}], "default": "flat"}, ["flat-", 7, None]),
        ({"type": ["integer", "null"], "maximum": 5}, [6, 1.5, True]),
        ({"type": "array", "items": {"type": "string"}}, ["a", None]),
        ({}, []),
    ],
)
def test_invalid_requests__have_the_nearest_invalid_values(
    make_document: Callable[..., Document], field: Any, values: list[Any]
) -> None:
    """Each value beyond a bound, an enum or a type is one step away, and invalid against the schema."""
    document = make_document(a=field)
    requests = [request for request in invalid_requests(document) if request.field == "input.a"]

    assert [request.body["input"]["a"] for request in requests] == values
    schema = {**RAW, **document.input, "components": document.raw["components"]}
    validator = jsonschema_rs.validator_for(schema)
    assert not [request for request in requests if validator.is_valid(request.body["input"])]


def test_boundaries__of_the_whole_document() -> None:
    """There is a request for every bound, enum, type and required property, and each has a rule."""
    document = Document.load()
    requests = list(invalid_requests(document))
    fields: dict[str, Any] = document.input["properties"]

    def found(rule: str) -> set[str]:
        return {request.field for request in requests if request.rule == rule}

    assert found("bounds-enforced") == {f"input.{name}" for name in fields if {"minimum", "maximum"} & {*fields[name]}}
    assert found("enum-enforced") == {"input.model"}
    assert found("types-enforced") == {f"input.{name}" for name in fields}
    assert found("required-enforced") == {"input", "version"}
    assert {request.rule for request in requests} <= {rule.name for rule in RULES}
    assert all(document.schema_errors(document.input, one.input) == [] for one in boundary_inputs(document))
