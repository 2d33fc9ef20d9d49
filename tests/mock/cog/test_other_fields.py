"""Inputs with fields besides those that a schema names."""

from __future__ import annotations

from typing import Any

import pytest

from zeroscope_mock.cog.guess import guess_schema
from zeroscope_mock.cog.model_schema import ModelSchema


def test_guess__first_field_is_the_prompt() -> None:
    """Clients that take the first field of a schema for that of the prompt find it, whatever the model is."""
    for name in ("meta/llama-3", "acme/thing"):
        schema = guess_schema(name, {})

        assert next(iter(schema.document["components"]["schemas"]["Input"]["properties"])) == "prompt"
        assert schema.invalid_fields({"prompt": ["not", "a", "text"]}, "input") == []


@pytest.mark.parametrize(
    ("sent", "values"),
    [
        ({"prompt": "a"}, {"prompt": "a"}),
        ({"text": "a", "num_outputs": 2}, {"prompt": "a", "batch_size": 2}),
        ({"messages": [{"role": "user", "content": "a"}]}, {"prompt": "a"}),
    ],
)
def test_guess__other_fields_go_by_name(sent: dict[str, Any], values: dict[str, Any]) -> None:
    """A guess knows no fields, so that all mean what their names say."""
    assert guess_schema("meta/llama-3", {}).names.read(sent) == values


@pytest.mark.parametrize(("others", "values"), [(True, {"height": 9}), (False, {}), ({}, {})])
def test_fields__besides_declared_ones(others: Any, values: dict[str, Any]) -> None:
    """A schema may say that it takes other fields; a declared field of the wrong type means nothing in either case."""
    properties = {"width": {"type": "string", "format": "uri"}}
    document = {"components": {"schemas": {"Input": {"properties": properties, "additionalProperties": others}}}}

    assert ModelSchema(document).names.read({"width": 5, "height": 9}) == values
