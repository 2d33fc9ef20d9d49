"""Fields with secrets, whose values are in no error."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from zeroscope._service import spec, validation

SECRET = "r8_0123456789"
FIELD = {"type": "string", "format": "password", "writeOnly": True, "x-cog-secret": True}

Declare = Callable[..., None]


@pytest.fixture
def declare(monkeypatch: pytest.MonkeyPatch) -> Iterator[Declare]:
    """Returns a function that adds a secret field to the input."""
    document = copy.deepcopy(spec.spec())

    def add(**rules: Any) -> None:
        fields = document["components"]["schemas"]["PredictionInput"]["properties"]
        fields["key"] = FIELD | rules
        for module in (spec, validation):
            monkeypatch.setattr(module, "spec", lambda: document)
        validation._validator.cache_clear()

    yield add
    validation._validator.cache_clear()


@pytest.mark.parametrize(
    ("rules", "value", "kind"),
    [
        ({"maxLength": 3}, SECRET, "maxLength"),
        ({"pattern": "^x"}, SECRET, "pattern"),
        ({"enum": ["a"]}, SECRET, "enum"),
        ({}, [SECRET], "invalid_type"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {"a": SECRET}, "invalid_type"),
        ({"anyOf": [{"maxLength": 3}, {"type": "null"}]}, SECRET, None),
        ({}, {SECRET: object()}, "invalid_type"),
        ({}, SECRET.encode(), "invalid_type"),
    ],
)
def test_secret__is_in_no_error(declare: Declare, rules: dict[str, Any], value: Any, kind: str | None) -> None:
    """An invalid value is named by its field and the rule that it breaks."""
    declare(**rules)
    [field] = validation.invalid_fields({"version": "a", "input": {"key": value}})
    assert field.field.startswith("input.key") and kind in (None, field.type)
    assert SECRET not in repr(field) and "this secret" in field.description


def test_secret__given_twice_is_in_no_error(declare: Declare) -> None:
    """Neither is one that stands in `extra_input` as well."""
    declare()
    [field] = validation.merge_extra_input({"key": SECRET}, {"key": SECRET})[1]
    assert (field.field, field.description) == (
        "extra_input.key",
        "this secret is for a field that the input has as well",
    )
