"""Samples of the proof: the input for the mock server, and responses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from codegen.generate import GenerationError
from codegen.generate import generate as generate_client
from codegen.generate.client import read_document
from codegen.generate.proof import prove
from codegen.generate.samples import difference

from helpers.source_trees import ROOT, Change, write_spec

GENERATED = ROOT / "generated/zeroscope_api"


def proved(folder: Path, change: Change) -> list[str]:
    """The notes of the proof of a changed document."""
    spec, package = write_spec(folder, change), folder / "zeroscope_api"
    generate_client(spec, package)
    return prove(package, read_document(spec), GENERATED)


def require_priority(document: Any) -> None:
    """Makes creates require a property that the client does not know."""
    schema = document["components"]["schemas"]["CreatePredictionRequest"]
    schema["properties"]["priority"] = {"type": "string"}
    schema["required"].append("priority")


REFUSED: dict[str, tuple[Change, str]] = {
    "body": (
        require_priority,
        'creates must have what `run` does not send, body: "priority" is a required property',
    ),
    "field": (
        lambda document: document["components"]["schemas"]["PredictionInput"].update(required=["nope"]),
        "PredictionInput requires the field 'nope', which is not among its properties",
    ),
}


@pytest.mark.parametrize(("change", "sentence"), REFUSED.values(), ids=REFUSED)
def test_create__that_can_never_be_allowed(tmp_path: Path, change: Change, sentence: str) -> None:
    """A body that the client cannot make fails the proof, instead of every run."""
    with pytest.raises(GenerationError) as caught:
        proved(tmp_path, change)
    assert str(caught.value) == sentence and caught.value.place[:2] == ("components", "schemas")


def test_fields__without_a_sample_are_told(tmp_path: Path) -> None:
    """A field that no value is found for, or whose default is not allowed, has a note, and so has the whole."""

    def change(document: Any) -> None:
        schema = document["components"]["schemas"]["PredictionInput"]
        schema["required"] = ["pattern"]
        schema["properties"] |= {
            "pattern": {"type": "string", "pattern": "^(?=x)y"},
            "bounds": {"type": "integer", "minimum": 5, "maximum": 3},
            "choice": {"type": "integer", "enum": ["1", "2"]},
            "nothing": {"type": "string", "enum": []},
            "default": {"type": "integer", "default": "x"},
            "": {"type": "integer"},
        }

    notes = proved(tmp_path, change)
    for note in (
        "pattern: no value was found that its schema allows, ",
        "bounds: no value was found that its schema allows, 1 is too small, at least 5 is needed",
        "choice: no value was found that its schema allows, '1' is not of type integer",
        "nothing: no value was found that its schema allows, its enum is empty",
        "default: the default is not allowed, 'x' is not of type integer",
        "no prediction was created with the mock server, as no allowed input was found: ",
        "'': in `run` and `upscale`, \"\" cannot be written as a keyword argument",
    ):
        assert any(line.startswith(note) for line in notes), notes


def test_input__with_few_fields_and_dates_in_responses(tmp_path: Path) -> None:
    """Where not all fields fit, the required ones are sent; times that are read and written again are equal."""

    def change(document: Any) -> None:
        schemas = document["components"]["schemas"]
        schemas["PredictionInput"]["maxProperties"] = 2
        for name in ("Prediction", "PredictionMetrics"):
            schemas[name]["properties"]["moment"] = {"type": "string", "format": "date-time"}

    assert proved(tmp_path, change) == []


@pytest.mark.parametrize(
    ("given", "back", "found"),
    [
        ({"a": "2026-01-01T00:00:00Z"}, {"a": "2026-01-01T00:00:00+00:00"}, ""),
        ({"a": "2026-01-01T00:00:00Z"}, {"a": "2026-01-01T01:00:00Z"}, 'a: "2026-01-01T00:00:00Z" becomes '),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, "a.b.1: 2 becomes 3"),
        ({"a": 1}, {}, "a is lost"),
        ({}, {"a": 1}, "a is added"),
        ({"a": "x" * 200}, {"a": None}, "a: a value of type str becomes null"),
        ("text", "text", ""),
    ],
)
def test_difference__is_told_whole(given: Any, back: Any, found: str) -> None:
    """The first difference is named with its place, and no value is cut; forms of one moment are equal."""
    assert difference(given, back).startswith(found) and bool(difference(given, back)) == bool(found)
