"""The model of a spec that returns something other than videos."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema_rs import Draft202012Validator

from zeroscope_mock import MockServer, SpecError
from zeroscope_mock.cog.spec_model import openapi_schema, spec_model
from zeroscope_mock.documents.spec import Spec

SPEC = Spec.load()
URL = {"type": "string", "format": "uri"}
TEXT = {"type": "string"}
NUMBERS = {"type": "array", "items": {"type": "number"}}
WORDS = {"type": "array", "items": TEXT, "x-cog-array-type": "iterator", "x-cog-array-display": "concatenate"}
TRACK = {"type": "object", "required": ["title", "file"], "properties": {"title": TEXT, "file": URL}}
MAYBE = {"type": "object", "required": ["type"], "properties": {"type": {"type": ["string", "null"]}}}
FIXED = {"const": {"type": ["string", "null"]}}


def document(output: Any, **fields: Any) -> dict[str, Any]:
    """The packaged document of a model with another output, and other fields of the input if any are given."""
    changed = copy.deepcopy(dict(SPEC.document))
    schemas = changed["components"]["schemas"]
    schemas["Prediction"]["properties"]["output"]["x-model-output"] = output
    if fields:
        schemas["PredictionInput"]["properties"] = fields
    return changed


def run(server: MockServer, **input: Any) -> dict[str, Any]:
    """A prediction after its end."""
    with server.client() as client:
        return client.predictions.create(input).wait().to_dict()


@pytest.mark.parametrize("output", [URL, TEXT, NUMBERS, TRACK, MAYBE, FIXED, {"type": "integer"}, {}], ids=str)
def test_prediction__has_the_output_of_the_spec(output: Mapping[str, Any]) -> None:
    """It is what a client that is generated from the spec may expect."""
    server = MockServer(spec=document(output))

    ended = run(server, prompt="a fox")

    assert ended["status"] == "succeeded" and ended["output"] is not None
    Draft202012Validator(dict(output)).validate(ended["output"])
    assert run(MockServer(spec=document(output)), prompt="a fox")["output"] == ended["output"]


def test_prediction__of_a_spec_that_streams_a_text_streams_it() -> None:
    """The output grows word by word, and names the prompt."""
    server = MockServer(spec=document(WORDS))
    with server.client() as client:
        prediction = client.predictions.create({"prompt": "a fox"})
        lengths = [len(prediction.output or []) for _ in prediction.events()]

    assert lengths == sorted(lengths) and len(set(lengths)) > 2
    assert "fox" in "".join(prediction.output)


@pytest.mark.parametrize(
    ("fields", "start"),
    [({}, b"\0\0\0"), ({"prompt": TEXT, "width": {"type": "integer"}}, b"\x89PNG")],
    ids=["video", "picture"],
)
def test_files__are_what_the_input_speaks_of(fields: dict[str, Any], start: bytes) -> None:
    """A model without frames makes pictures."""
    server = MockServer(spec=document({"type": "array", "items": URL}, **fields))

    ended = run(server, prompt="a fox")

    with httpx.Client(transport=server.transport) as http:
        assert http.get(ended["output"][0]).content.startswith(start)


def test_a_document_that_comes_into_use__decides_from_then_on(tmp_path: Path) -> None:
    """The next prediction has the output of the changed file, and the limits of videos hold no more."""
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(SPEC.document), encoding="utf-8")
    server = MockServer(spec=path, reload=True)
    assert run(server, prompt="a fox", fps=0)["status"] == "failed"

    path.write_text(json.dumps(document(TEXT)), encoding="utf-8")

    ended = run(server, prompt="a fox", fps=0)
    assert (ended["status"], type(ended["output"])) == ("succeeded", str)


def test_spec_model__leaves_videos_to_the_server() -> None:
    """It knows when the document's model of videos fails, and how long it takes."""
    assert spec_model(SPEC) is None
    assert spec_model(Spec(document({"type": "array", "items": URL}))) is None
    spec = Spec(document(URL))
    assert spec_model(spec) is spec_model(spec) is not None


def test_openapi_schema__has_the_output_in_cog_s_form() -> None:
    """OpenAPI 3.0 has no type for null, and a property may be named like a keyword."""
    output = openapi_schema(Spec(document(MAYBE)))["components"]["schemas"]["Output"]
    assert output == {
        "title": "Output",
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"type": "string", "nullable": True}},
    }


def test_a_script__may_not_return_what_the_spec_rules_out() -> None:
    """The journal says so, as for other models."""
    server = MockServer(spec=document(TEXT))
    server.scripts.add({"output": 7})
    run(server, prompt="a fox")
    assert "the model could not return the script's output: output" in (server.journal[0].note or "")


def test_a_script__of_a_model_that_is_only_guessed_is_held_to_nothing() -> None:
    """The spec describes its own model alone."""
    server = MockServer(spec=document(TEXT), any_model=True)
    server.scripts.add({"output": 7})
    with server.client(version="some/model") as client:
        client.predictions.create({"prompt": "a fox"})
    assert "could not return" not in (server.journal[0].note or "")


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (7, "the output of a prediction: 7 stands where an object must be"),
        ({"anyOf": 5}, 'the output of a prediction: 5 is not of type "array"'),
        ({"$ref": "#/components/schemas/Clip"}, "the document has no 'Clip', .* [(]in the output of a prediction[)]"),
    ],
    ids=["number", "keyword", "nowhere"],
)
def test_an_output__that_is_no_schema_is_refused(output: Any, reason: str) -> None:
    """The server does not start, and the error says where it stands."""
    with pytest.raises(SpecError, match=reason):
        MockServer(spec=document(output))


def test_input__means_what_it_does_for_a_model_of_the_same_schema() -> None:
    """The field that is needed is the prompt, and another text is not."""
    raw = document(TEXT, aside=TEXT, beta=TEXT)
    raw["components"]["schemas"]["PredictionInput"]["required"] = ["beta"]
    server = MockServer(spec=raw)
    body = {"version": SPEC.version, "input": {"aside": "quickly", "beta": "a purple fox"}}

    with httpx.Client(
        transport=server.transport, base_url="https://h/v1", headers={"Authorization": "Bearer t"}
    ) as http:
        created = http.post("/predictions", json=body).json()
        server.clock.advance(100)
        assert "a purple fox" in http.get(f"/predictions/{created['id']}").json()["output"]


def test_an_output__may_refer_to_components() -> None:
    """As the rest of a document that people write by hand; Cog's document has the component as well."""
    raw = document({"type": "array", "items": {"$ref": "#/components/schemas/PredictionStatus"}})
    statuses = raw["components"]["schemas"]["PredictionStatus"]["enum"]

    assert set(run(MockServer(spec=raw), prompt="a fox")["output"]) <= set(statuses)
    assert openapi_schema(Spec(raw))["components"]["schemas"]["PredictionStatus"]["enum"] == statuses
