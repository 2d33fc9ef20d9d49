"""What the conformance suite makes of a document: values on both sides of each edge."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from zeroscope_conformance import RULES, Document, DocumentError
from zeroscope_conformance.lifecycle import moment

RAW = Document.load().raw


def document(**fields: Any) -> Document:
    """The document with other fields in its input; a field's `required` says whether it is."""
    raw: dict[str, Any] = copy.deepcopy(dict(RAW))
    required = [name for name, field in fields.items() if field.get("required") is True]
    fields = {name: {key: value for key, value in field.items() if value is not True} for name, field in fields.items()}
    raw["components"]["schemas"]["PredictionInput"] = {"type": "object", "properties": fields, "required": required}
    raw["components"]["schemas"]["Style"] = {"type": "string", "enum": ["flat", "deep"]}
    return Document(raw)


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
def test_edges_beyond__are_the_nearest_values_that_the_document_forbids(field: Any, values: list[Any]) -> None:
    """Each value beyond a bound, a choice or a type is one step away, and jsonschema refuses it, too."""
    described = document(a=field)
    edges = [edge for edge in described.edges_beyond() if edge.field == "input.a"]

    assert [edge.body["input"]["a"] for edge in edges] == values
    schema = {**RAW, **described.input, "components": described.raw["components"]}
    validator = jsonschema_rs.validator_for(schema)
    assert not [edge for edge in edges if validator.is_valid(edge.body["input"])]


def test_edges__of_the_whole_document() -> None:
    """Every bound, choice, type and required name of the document has an edge, and each belongs to a rule."""
    described = Document.load()
    edges = list(described.edges_beyond())
    fields: dict[str, Any] = described.input["properties"]

    def found(rule: str) -> set[str]:
        return {edge.field for edge in edges if edge.rule == rule}

    assert found("bounds-enforced") == {f"input.{name}" for name in fields if {"minimum", "maximum"} & {*fields[name]}}
    assert found("enum-enforced") == {"input.model"}
    assert found("types-enforced") == {f"input.{name}" for name in fields}
    assert found("required-enforced") == {"input", "version"}
    assert {edge.rule for edge in edges} <= {rule.name for rule in RULES}
    assert all(described.faults(described.input, input) == [] for _, _, input in described.edges_within())


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
def test_failing_input__is_made_of_texts_and_addresses(fields: Any, input: Any) -> None:
    """The mock server fails for the text, a model for the address; where there is neither, nothing is made up."""
    assert document(**fields).failing_input == input


def test_required_input__is_valid() -> None:
    """Required fields get their default, their first choice, or the least value that is allowed."""
    described = document(
        image={"type": "string", "format": "uri", "required": True},
        scale={"type": "number", "minimum": 2, "required": True},
        style={"allOf": [{"$ref": "#/components/schemas/Style"}], "required": True},
        words={"type": "array", "items": {"type": "string"}, "minItems": 2, "required": True},
        deep={"type": "object", "properties": {"a": {"type": "boolean"}}, "required": ["a"]},
        other={"type": "integer"},
    )

    assert described.faults(described.input, described.required_input) == []
    assert set(described.required_input) == {"image", "scale", "style", "words"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1, 2]", "is no OpenAPI document, but list"),
        ("a: [", "is not YAML or JSON"),
        ("openapi: 3.1.0\npaths: {}", "has no 'info'"),
        ("\ufeff", "is no OpenAPI document, but NoneType"),
    ],
)
def test_other_files__are_refused_in_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    """A file that is no document of this API is named, with what it lacks."""
    path = tmp_path / "spec.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError, match=said):
        Document.load(path)
    with pytest.raises(DocumentError, match="cannot be read"):
        Document.load(tmp_path / "none.yaml")


def test_document__is_read_from_yaml_as_from_json(tmp_path: Path) -> None:
    """The file at the root and the copy that is installed are the same document."""
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(RAW), encoding="utf-8")
    assert Document.load(Path(__file__).parents[2] / "openapi.yaml").raw == Document.load(path).raw == RAW


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("2026-01-01T00:00:00Z", True),
        ("2026-01-01T00:00:00.123456789Z", True),
        ("2026-01-01T00:00:00+02:00", True),
        ("2026-01-01T20:00:84Z", False),
        ("2026-01-01T00:00:00", False),
        ("2026-01-01T00:00:00.1234567890Z", False),
        ("yesterday", False),
        (None, False),
    ],
)
def test_moment__is_what_the_service_writes(text: Any, valid: bool) -> None:
    """Timestamps have up to nine digits of a second and an offset; others are none."""
    assert (moment(text) is not None) == valid
