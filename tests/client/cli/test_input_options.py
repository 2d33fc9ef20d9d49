"""The options of `zeroscope run` for the fields of the input."""

from __future__ import annotations

import ast
import inspect
from itertools import pairwise

import zeroscope_api.models
from zeroscope._service import spec as _spec


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
    assert docstrings == zeroscope_api.models.INPUT_DESCRIPTIONS
