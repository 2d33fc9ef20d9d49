"""Fields with secrets, whose values are in no error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from zeroscope._service import validation
from zeroscope._service.secret_fields import without_secrets

SECRET = "r8_0123456789"
Declare = Callable[..., None]


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
def test_secret__is_in_no_error(declare_secret: Declare, rules: dict[str, Any], value: Any, kind: str | None) -> None:
    """An invalid value is named by its field and the rule that it breaks."""
    declare_secret(**rules)
    [field] = validation.invalid_fields({"version": "a", "input": {"key": value}})
    assert field.field.startswith("input.key") and kind in (None, field.type)
    assert SECRET not in repr(field) and "this secret" in field.description


def test_secret__given_twice_is_in_no_error(declare_secret: Declare) -> None:
    """Neither is one that stands in `extra_input` as well."""
    declare_secret()
    [field] = validation.merge_extra_input({"key": SECRET}, {"key": SECRET})[1]
    assert (field.field, field.description) == (
        "extra_input.key",
        "this secret is for a field that the input has as well",
    )


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"input": {"key": SECRET, "prompt": "a"}}, {"input": {"key": "[REDACTED]", "prompt": "a"}}),
        ({"input": {"key": "x"}, "logs": "an x"}, {"input": {"key": "[REDACTED]"}, "logs": "an x"}),
        ({"input": {"key": None}}, {"input": {"key": None}}),
        ({"input": {"key": [SECRET]}, "error": f"{SECRET}!"}, {"input": {"key": "[REDACTED]"}, "error": "[REDACTED]!"}),
        (
            {"input": {"key": "succeeded"}, "status": "succeeded"},
            {"input": {"key": "[REDACTED]"}, "status": "succeeded"},
        ),
        ({"input": [SECRET], "logs": None}, {"input": [SECRET], "logs": None}),
        ({"id": "p1"}, {"id": "p1"}),
    ],
)
def test_prediction__without_secrets(declare_secret: Declare, given: dict[str, Any], shown: dict[str, Any]) -> None:
    """Of a secret that is long enough, log and error are free as well; a server may send anything as the input."""
    declare_secret()
    assert without_secrets(given) == shown
