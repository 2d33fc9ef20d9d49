"""Fixtures of the conformance suite's tests."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from zeroscope_conformance import Document, Report, run_suite
from zeroscope_conformance.embedded import mock_server


@pytest.fixture
def make_document() -> Callable[..., Document]:
    """Returns the document with other input fields; `required` in a field's schema is whether the field is."""

    def make(**fields: Any) -> Document:
        raw: dict[str, Any] = copy.deepcopy(dict(Document.load().raw))
        required = [name for name, field in fields.items() if field.get("required") is True]
        properties = {
            name: {key: value for key, value in field.items() if value is not True} for name, field in fields.items()
        }
        schema = {"type": "object", "properties": properties, "required": required}
        raw["components"]["schemas"]["PredictionInput"] = schema
        raw["components"]["schemas"]["Style"] = {"type": "string", "enum": ["flat", "deep"]}
        return Document(raw)

    return make


@pytest.fixture(scope="session", params=["live", "published"])
def report(request: pytest.FixtureRequest) -> Report:
    """The report of a quick run against the mock server, in each dialect."""
    with mock_server(request.param) as arguments:
        return run_suite(**arguments, quick=True)
