"""The places in documents that forbid a value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from zeroscope_mock.documents.places import has, locate, pointer, value_at
from zeroscope_mock.documents.reading import unescape
from zeroscope_mock.documents.spec import PACKAGED, Spec

DOCUMENT = yaml.safe_load((Path(__file__).parents[3] / PACKAGED).read_text())
SPEC = Spec.load()
OPERATIONS = {operation.id: operation for operation in SPEC.operations()}
CREATE = OPERATIONS["createPrediction"]


def keyword_at(place: str | None) -> tuple[str, Any]:
    """The last part of a place in the document and its value, which must be there."""
    assert place is not None and place.startswith("#/")
    parts = [unescape(part) for part in place[2:].split("/")]
    assert has(DOCUMENT, parts), place
    return parts[-1], value_at(DOCUMENT, parts)


@pytest.mark.parametrize(
    ("body", "field", "keyword", "value", "relation"),
    [
        ({"version": "v"}, "", "required", None, None),
        ({"version": "v", "input": {}, "x": [1]}, "", "additionalProperties", "[1]", None),
        ([], "", "type", "[]", "is an array, not an object"),
        ({"version": 1, "input": {}}, "version", "type", "1", "is an integer, not a string"),
        ({"version": "v", "input": []}, "input", "type", "[]", "is an array, not an object"),
        ({"version": "v", "input": {"seed": None}}, "input.seed", "type", "null", "is null, not an integer"),
        ({"version": "v", "input": {"width": 1}}, "input.width", "minimum", "1", "< {}"),
        ({"version": "v", "input": {"guidance_scale": 1e9}}, "input.guidance_scale", "maximum", "1000000000.0", "> {}"),
        ({"version": "v", "input": {"model": "é"}}, "input.model", "enum", '"é"', "is none of {}"),
        ({"version": "v", "input": {"init_video": "x"}}, "input.init_video", "format", '"x"', None),
        (
            {"version": "v", "input": {}, "webhook_events_filter": ["x"]},
            "webhook_events_filter.0",
            "enum",
            '"x"',
            "is none of {}",
        ),
        ({"version": "v", "input": {}, "webhook_events_filter": 1}, "webhook_events_filter", "anyOf", "1", None),
    ],
)
def test_body__names_the_keyword_that_forbids_it(
    body: Any, field: str, keyword: str, value: str | None, relation: str | None
) -> None:
    """Each error has the value, its relation to the bound, and the place of the keyword in the document."""
    (invalid,) = CREATE.bodies["application/json"][1].invalid_fields(body)

    found, bound = keyword_at(invalid.place)
    shown = ", ".join(f'"{one}"' for one in bound) if isinstance(bound, list) else bound
    assert (invalid.field, found, invalid.value) == (field, keyword, value)
    assert invalid.relation == (None if relation is None else relation.format(shown))


@pytest.mark.parametrize(
    ("operation", "headers", "query", "keyword", "end"),
    [
        ("createPrediction", {"prefer": "soon"}, "", "pattern", "/components/parameters/Prefer/schema/pattern"),
        ("listPredictions", {}, "created_before=now", "format", "/get/parameters/2/schema/format"),
        ("listPredictions", {}, "source=x", "enum", "/get/parameters/3/schema/enum"),
        ("getPrediction", {}, "", "required", "/components/parameters/PredictionId/required"),
    ],
)
def test_parameter__names_the_keyword_that_forbids_it(
    operation: str, headers: dict[str, str], query: str, keyword: str, end: str
) -> None:
    """A parameter's error has a place, at the operation or among the components."""
    from zeroscope_mock.messages import Head

    _, (invalid,) = OPERATIONS[operation].arguments(Head("GET", "/", query, tuple(headers.items())), {})

    assert keyword_at(invalid.place)[0] == keyword
    assert invalid.place is not None and invalid.place.endswith(end)


def test_body_of_another_model__has_the_place_of_the_document() -> None:
    """Where any object is an input, another value is still forbidden at the schema of the document's input."""
    (invalid,) = CREATE.open_bodies["application/json"].invalid_fields({"version": "v", "input": 1})

    assert keyword_at(invalid.place) == ("type", "object")


def test_locate__follows_references_that_lead_in_a_circle() -> None:
    """A reference to itself ends the search."""
    document = {"a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}}

    assert locate(document, ("a", "type")) in {("a",), ("b",)}


def test_pointer__escapes() -> None:
    """Slashes and tildes in names are escaped; names that are numbers are found."""
    document = {"paths": {"/a~b": {"1": [{"x": 0}]}}}

    assert pointer(("paths", "/a~b")) == "#/paths/~1a~0b"
    assert locate(document, ("paths", "/a~b", 1, 0, "x")) == ("paths", "/a~b", 1, 0, "x")
    assert locate(document, ("paths", "/a~b", 1, 7)) == ("paths", "/a~b", 1)
