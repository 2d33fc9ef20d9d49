"""Documents of models that return something other than videos."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from zeroscope_conformance.document import Document, DocumentError
from zeroscope_conformance.embedded import mock_server
from zeroscope_conformance.suite import run_suite

URL = {"type": "string", "format": "uri"}
TEXT = {"type": "string"}
WORDS = {"type": "array", "items": TEXT, "x-cog-array-type": "iterator", "x-cog-array-display": "concatenate"}
SUBTITLES = {"type": "object", "required": ["text"], "properties": {"text": TEXT, "txt_file": URL, "segments": {}}}
PICTURE = {"prompt": TEXT, "width": {"type": "integer", "minimum": 64, "maximum": 2048}}

SELF = "#/components/schemas/Prediction/properties/output/x-model-output"


def document(output: Any, fields: dict[str, Any]) -> dict[str, Any]:
    """The packaged document with another output and other fields of the input."""
    raw: dict[str, Any] = json.loads(json.dumps(Document.load().raw))
    schemas = raw["components"]["schemas"]
    schemas["Prediction"]["properties"]["output"]["x-model-output"] = output
    schemas["PredictionInput"]["properties"] = fields
    return raw


@pytest.mark.parametrize(
    ("output", "fields", "decoded"),
    [
        (WORDS, {"prompt": TEXT}, "not applicable"),
        (SUBTITLES, {"audio": URL}, "not applicable"),
        ({"type": "array", "items": URL}, PICTURE, "passed"),
    ],
    ids=["text", "subtitles", "pictures"],
)
def test_suite__passes_with_another_output(output: Any, fields: dict[str, Any], decoded: str, tmp_path: Path) -> None:
    """The mock server and the suite find the output in the document, as `make update-spec` writes it."""
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(document(output, fields)), encoding="utf-8")

    with mock_server("live", path) as run:
        report = run_suite(**run, quick=True, fuzz=False)

    verdicts = {result.rule.name: result.verdict for result in report.results}
    assert [finding for result in report.results if result.failed for finding in result.findings] == []
    assert (verdicts["outputs-decode"], verdicts["outputs-as-asked"]) == (decoded, "not applicable")


@pytest.mark.parametrize(
    ("shown", "valid"),
    [
        ({"output": ["a", "b"]}, True),
        ({"output": None}, True),
        ({}, True),
        ({"output": "ab"}, False),
        ({"output": "ab", "model": None}, False),
        ({"output": "ab", "model": Document.load().metadata["model"]}, False),
        ({"output": "ab", "model": "someone/else"}, True),
    ],
)
def test_output__is_that_of_the_model(shown: dict[str, Any], valid: bool) -> None:
    """Null stands for none, and the output of another model may be anything."""
    made = Document(document(WORDS, {"prompt": TEXT}))
    prediction = {"id": "p1", "status": "succeeded", **shown}
    assert (made.schema_errors({"$ref": "#/components/schemas/Prediction"}, prediction) == []) == valid


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (7, "does not describe this API: 7 stands where an object must be"),
        ({"$ref": "#/components/schemas/Clip"}, "does not describe this API: it has no 'Clip'"),
        ({"$ref": SELF}, f"a reference in the document leads back to itself: {{'\\$ref': '{SELF}'}}"),
    ],
    ids=["number", "nowhere", "itself"],
)
def test_document__refuses_an_output_that_is_no_schema(output: Any, reason: str) -> None:
    """The error has the value, and the search for it ends."""
    with pytest.raises(DocumentError, match=reason):
        Document(document(output, {}))
