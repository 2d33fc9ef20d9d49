"""The options of `zeroscope run` for the fields of the input."""

from __future__ import annotations

import ast
import inspect
from itertools import pairwise
from typing import Any

import pytest

import zeroscope_api.models
from zeroscope._service import spec as _spec
from zeroscope.cli import input_options
from zeroscope.cli.input_options import field_help


def generated_docstrings() -> dict[str, str]:
    """The docstring of each field in the source of the generated `PredictionInputDict`."""
    tree = ast.parse(inspect.getsource(zeroscope_api.models))
    (body,) = (node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "PredictionInputDict")
    return {
        field.target.id: text.value.value
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
    }


def test_help__says_what_editors_show() -> None:
    """The help of each option is the generated docstring of its field."""
    docstrings = generated_docstrings()
    assert docstrings.keys() == _spec.spec()["components"]["schemas"]["PredictionInput"]["properties"].keys()
    assert {name: field_help(name) for name in docstrings} == docstrings


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({}, "field."),
        ({"title": "Motion"}, "Motion."),
        ({"title": "Motion", "description": "How much\n  moves."}, "How much moves."),
        ({"description": "Motion", "minimum": 0}, "Motion. At least 0."),
        ({"description": "Motion", "maximum": 0.5}, "Motion. At most 0.5."),
        ({"description": "Motion", "minimum": 1, "maximum": 2.0}, "Motion. Between 1 and 2."),
        ({"description": "Motion", "default": False}, "Motion. Default: false."),
        ({"description": "Motion", "default": None}, "Motion."),
        ({"description": "Motion", "default": 0}, "Motion. Default: 0."),
        ({"description": "Pace", "anyOf": [{"maximum": 2}, {"type": "null"}]}, "Pace. At most 2."),
        ({"$ref": "#/components/schemas/Format"}, "The format."),
        ({"$ref": "#/components/schemas/Format", "description": "Container"}, "Container."),
        (
            {"allOf": [{"$ref": "#/components/schemas/Format"}], "description": "Container", "default": "mp4"},
            "Container. Default: mp4.",
        ),
    ],
)
def test_help__has_description_bounds_and_default(
    monkeypatch: pytest.MonkeyPatch, schema: dict[str, Any], text: str
) -> None:
    """What the document says of a field is in its help, wherever in the schema it stands."""
    document = {"components": {"schemas": {"Format": {"description": "The format."}}}}
    monkeypatch.setattr(input_options, "spec", lambda: document)
    monkeypatch.setattr(input_options, "input_schema", lambda: {"properties": {"field": schema}})
    assert field_help("field") == text
