"""The OpenAPI document: what is read from it, and the inputs made from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from zeroscope_conformance import Document, DocumentError

RAW = Document.load().raw


@pytest.mark.parametrize(
    ("fields", "input"),
    [
        ({"a": {"type": "string"}}, {"a": "mock:fail the prediction was meant to fail"}),
        ({"a": {"type": "string", "format": "uri"}}, {"a": "https://zeroscope.invalid/nothing.mp4"}),
        (
            {"a": {"type": "string"}, "prompt": {"type": "string"}},
            {"prompt": "mock:fail the prediction was meant to fail"},
        ),
        ({"a": {"type": "integer"}}, None),
        ({"a": {"type": "string", "enum": ["x"], "required": True}}, None),
    ],
)
def test_failing_input__has_a_script_and_a_url(make_document: Callable[..., Document], fields: Any, input: Any) -> None:
    """The mock server fails because of the text, a model because of the URL; without such a field there is none."""
    assert make_document(**fields).failing_input == input


def test_required_input__is_valid(make_document: Callable[..., Document]) -> None:
    """Required fields have their default, their first enum value, or the least valid value."""
    document = make_document(
        image={"type": "string", "format": "uri", "required": True},
        scale={"type": "number", "minimum": 2, "required": True},
        style={"allOf": [{"$ref": "#/components/schemas/Style"}], "required": True},
        words={"type": "array", "items": {"type": "string"}, "minItems": 2, "required": True},
        deep={"type": "object", "properties": {"a": {"type": "boolean"}}, "required": ["a"]},
        other={"type": "integer"},
    )

    assert document.schema_errors(document.input, document.required_input) == []
    assert set(document.required_input) == {"image", "scale", "style", "words"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 2]", "is not an OpenAPI document, but list"),
        ("a: [", "is not YAML or JSON"),
        ("openapi: 3.1.0\npaths: {}", "has no 'info'"),
        ("\ufeff", "is not an OpenAPI document, but NoneType"),
    ],
)
def test_load__other_files(tmp_path: Path, text: str, message: str) -> None:
    """The error for another file has its name and what it lacks."""
    path = tmp_path / "spec.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError, match=message):
        Document.load(path)
    with pytest.raises(DocumentError, match="cannot be read"):
        Document.load(tmp_path / "none.yaml")


def test_load__yaml_and_json(tmp_path: Path) -> None:
    """The file at the root, a JSON file and the installed copy are the same document."""
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(RAW), encoding="utf-8")
    assert Document.load(Path(__file__).parents[2] / "openapi.yaml").raw == Document.load(path).raw == RAW
