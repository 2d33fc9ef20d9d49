"""Fields with secrets, whose values are in no error."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from zeroscope._service import secret_fields, validation
from zeroscope._service.secret_fields import without_secrets
from zeroscope_mock.cog import secret_fields as mock_secret_fields

SECRET = "r8_0123456789"
Declare = Callable[..., None]


SECRET_TEXT = {"type": "string", "writeOnly": True}
NULL = {"type": "null"}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (SECRET_TEXT, True),
        ({"type": "string", "x-cog-secret": True}, True),
        ({"type": "array", "items": SECRET_TEXT}, True),
        ({"type": "array", "items": {"type": "string", "x-cog-secret": True}}, True),
        ({"anyOf": [NULL, SECRET_TEXT]}, True),
        ({"oneOf": [SECRET_TEXT, NULL]}, True),
        ({"anyOf": [{"type": "array", "items": SECRET_TEXT}, NULL]}, True),
        ({"type": "string", "writeOnly": False}, False),
        ({"type": "array", "items": {"type": "string"}}, False),
        ({"type": "string", "format": "password"}, False),
    ],
)
def test_field__is_secret_by_its_schema(
    monkeypatch: pytest.MonkeyPatch, schema: dict[str, Any], expected: bool
) -> None:
    """The client and the mock server count the same fields as secret."""
    fields = {"key": schema}
    monkeypatch.setattr(secret_fields, "input_schema", lambda: {"properties": fields})
    # Not from its cache.
    assert (secret_fields.secret_names.__wrapped__() == {"key"}) == expected
    assert (mock_secret_fields.secret_fields(fields, lambda inner: inner) == {"key"}) == expected


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


@pytest.mark.parametrize(
    ("value", "path", "kind"),
    [
        (SECRET, "input.key", "invalid_type"),
        ([SECRET], "input.key.0", "maxLength"),
        ([SECRET, object()], "input.key", "invalid_type"),
        ([[SECRET]], "input.key.0", "invalid_type"),
    ],
)
def test_secret__of_a_list_is_in_no_error(declare_secret: Declare, value: Any, path: str, kind: str) -> None:
    """Neither is one that is no list, or of which an item is invalid."""
    declare_secret(is_list=True, maxLength=3)
    [field] = validation.invalid_fields({"version": "a", "input": {"key": value}})
    assert (field.field, field.type) == (path, kind)
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
        (
            {"input": {"key": [SECRET, None]}, "error": f"{SECRET}!"},
            {"input": {"key": ["[REDACTED]", None]}, "error": "[REDACTED]!"},
        ),
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


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (
            {"input": {"key": "[REDACTED]"}, "logs": f"a {SECRET}"},
            {"input": {"key": "[REDACTED]"}, "logs": "a [REDACTED]"},
        ),
        ({"input": {"prompt": SECRET}, "error": SECRET}, {"input": {"prompt": "[REDACTED]"}, "error": "[REDACTED]"}),
        ({"logs": json.dumps({"key": SECRET})}, {"logs": json.dumps({"key": "[REDACTED]"})}),
        ({"metrics": {"by_key": {SECRET: [1, SECRET]}}}, {"metrics": {"by_key": {"[REDACTED]": [1, "[REDACTED]"]}}}),
        ({"id": SECRET, "status": SECRET, "urls": {"get": SECRET}, "output": [SECRET]}, ...),
        ({"seed": 12345678, "x": [1.5, None, True, "\ud800"]}, ...),
    ],
)
def test_prediction__without_the_secrets_that_were_sent(given: dict[str, Any], shown: Any) -> None:
    """They are redacted in names and texts, but not in what the client needs as it is."""
    assert without_secrets(given, [SECRET, "12345678"]) == (given if shown is ... else shown)


def test_prediction__without_secrets_may_be_nested_deeply() -> None:
    """A server may nest values as deeply as JSON can be read."""
    depth = 900
    given = json.loads("[" * depth + f'"{SECRET}"' + "]" * depth)
    assert SECRET not in json.dumps(without_secrets({"x": given}, [SECRET]))


@pytest.mark.parametrize("form", [str, json.dumps, lambda text: json.dumps(text, ensure_ascii=False)])
def test_text__without_secrets(declare_secret: Declare, form: Callable[[str], str]) -> None:
    """A secret is redacted as it is and as JSON, and so is one that begins like another."""
    declare_secret(is_list=True)
    longer, shorter = 'r8_"\\é\n0123456789', 'r8_"\\é\n0123'
    secrets = secret_fields.secret_texts({"key": [shorter, longer, "r8_"], "prompt": "a lighthouse"})
    assert secrets == [longer, shorter]
    expected = f"{form('[REDACTED]')} of {form('[REDACTED]')} r8_"
    assert secret_fields.redact(f"{form(shorter)} of {form(longer)} r8_", secrets) == expected
