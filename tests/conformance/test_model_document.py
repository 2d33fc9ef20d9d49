"""The document of a model: its input, its output and the forms of its version."""

from __future__ import annotations

from typing import Any

import pytest

from helpers.faulty_servers import DOCUMENT
from zeroscope_conformance import Document, DocumentError
from zeroscope_conformance.model_document import model_document
from zeroscope_conformance.rules import inapplicable_rules
from zeroscope_mock.cog import VersionFile, read_version

NAME = "someone/anything"
OWN = DOCUMENT.metadata
URL = {"type": "string", "format": "uri"}


def make_version(
    fields: dict[str, Any] | None = None, output: Any = None, id: str = "1" * 64, **schemas: Any
) -> VersionFile:
    """Return a version; `required` in the schema of a field is whether the field is."""
    required = [name for name, field in (fields or {}).items() if field.get("required") is True]
    properties = {
        name: {key: value for key, value in field.items() if (key, value) != ("required", True)}
        for name, field in (fields or {}).items()
    }
    schemas |= {} if output is None else {"Output": output}
    schemas |= {} if fields is None else {"Input": {"type": "object", "properties": properties, "required": required}}
    return read_version({"id": id, "openapi_schema": {"openapi": "3.0.2", "components": {"schemas": schemas}}})


def make_document(*arguments: Any, **options: Any) -> Document:
    return model_document(DOCUMENT, NAME, make_version(*arguments, **options))


def test_version__has_the_forms_of_the_document() -> None:
    """Creates name the version of the model in each form in which the document names its own."""
    document = make_document({})

    forms = [form.replace(OWN["version"], "1" * 64).replace(OWN["model"], NAME) for form in DOCUMENT.version_forms]
    assert document.version_forms == forms and len(forms) > 1
    assert document.body({})["version"] == document.metadata["version"] == "1" * 64
    assert DOCUMENT.metadata["model"] != document.metadata["model"] == NAME


@pytest.mark.parametrize(("id", "hidden"), [(str(DOCUMENT.hidden_version), False), ("1" * 64, True)])
def test_version__that_is_hidden_is_that_of_the_name(id: str, hidden: bool) -> None:
    """Where the server does not tell an id, or another one, creates name the model alone."""
    document = model_document(DOCUMENT, NAME, make_version({}, id=id), hidden=hidden)

    assert (document.version_forms, document.body({})["version"]) == ([NAME], NAME)
    names = {rule.name for rule in inapplicable_rules(document, "live")}
    assert "version-forms" in names


def test_input__is_that_of_the_model_in_its_order() -> None:
    """The fields keep what Cog says of them, and are converted to what the document is written in."""
    document = make_document(
        {
            "size": {"allOf": [{"$ref": "#/components/schemas/size"}], "default": 256, "x-order": 1},
            "text": {"type": "string", "nullable": True, "title": "Text", "description": "Words", "x-order": 0},
        },
        size={"type": "integer", "enum": [256, 512]},
    )

    fields = dict(document.input_fields)
    assert list(fields) == ["text", "size"]
    assert fields["text"] == {"type": ["string", "null"], "title": "Text", "description": "Words"}
    assert (fields["size"]["enum"], fields["size"]["default"]) == ([256, 512], 256)


def test_input__that_contains_itself() -> None:
    """A schema that refers to itself still checks values at any depth."""
    node = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}, "n": {"type": "integer"}}}
    document = make_document({"node": {"$ref": "#/components/schemas/Node"}}, Node=node)

    assert document.schema_errors(document.input, {"node": {"next": {"next": {"n": 1}}}}) == []
    assert document.schema_errors(document.input, {"node": {"next": {"next": {"n": "1"}}}}) != []


@pytest.mark.parametrize(
    ("field", "start"),
    [
        (URL, "data:image/png;base64,"),
        ({**URL, "description": "Original speaker audio"}, "data:audio/wav;base64,"),
        ({**URL, "title": "Video", "description": "What to add a sound to"}, "data:video/mp4;base64,"),
        ({**URL, "default": "https://a.test/a.png"}, "https://a.test/a.png"),
    ],
)
def test_required_input__has_files_that_a_model_can_take(field: dict[str, Any], start: str) -> None:
    """A URL is that of a small file of the kind that the field is about, alone or in an array."""
    many = {"type": "array", "items": field, "minItems": 2, "required": True}
    document = make_document({"one": {**field, "required": True}, "many": many})

    input = document.required_input
    assert input["one"].startswith(start)
    assert input["many"] == [input["one"]] * 2


@pytest.mark.parametrize(
    "field",
    [{"type": "integer", "minimum": 5, "default": 0}, {"type": "string", "enum": ["a"], "default": None, "example": 3}],
)
def test_required_input__ignores_what_the_schema_forbids(field: dict[str, Any]) -> None:
    """A default or an example that the schema of its field forbids is not sent."""
    document = make_document({"a": {**field, "required": True}})

    assert document.schema_errors(document.input, document.required_input) == []


def test_required_input__that_cannot_be_made() -> None:
    """A field that no value is known for is named."""
    pattern = {"type": "string", "pattern": "^[0-9]{7}$", "required": True}
    with pytest.raises(
        DocumentError, match=r"no input could be made that the schema of someone/anything allows: .*ode"
    ):
        make_document({"code": pattern})


@pytest.mark.parametrize("output", [{"type": "integer"}, {"type": "array", "items": URL}, {"type": "object"}])
def test_output__is_checked_in_every_prediction(output: dict[str, Any]) -> None:
    """A prediction has none, or one that the schema of the model allows."""
    document = make_document({}, output)

    schema = {"$ref": "#/components/schemas/Prediction"}
    samples = {"integer": 0, "array": ["https://a.test/a"], "object": {}}
    for kind, value in samples.items():
        prediction = {"id": "a", "status": "processing", "output": value}
        assert (document.schema_errors(schema, prediction) == []) is (kind == output["type"])
    assert document.schema_errors(schema, {"id": "a", "status": "starting", "output": None}) == []


@pytest.mark.parametrize(
    ("output", "value", "accepted"),
    [
        ({"type": "integer"}, 0, True),
        ({"type": "boolean"}, False, True),
        ({"type": "integer"}, None, False),
        ({"type": "string"}, "", False),
        ({"type": "array", "items": URL}, [], False),
        (None, None, True),
    ],
)
def test_is_output__of_each_kind(output: Any, value: Any, accepted: bool) -> None:
    """Nothing and an empty value are no output, except of a model that is not said to have any; 0 and false are."""
    assert make_document({}, output).is_output(value) is accepted


@pytest.mark.parametrize(
    ("output", "value", "files"),
    [
        (URL, "a", ["a"]),
        ({"type": "array", "items": {"type": "array", "items": URL}}, [["a", "b"], ["a", "c"]], ["a", "b", "c"]),
        (
            {"type": "object", "properties": {"file": URL, "text": {"type": "string"}}},
            {"file": "a", "text": "b"},
            ["a"],
        ),
        ({"type": "object", "additionalProperties": URL}, {"x": "a", "y": None}, ["a"]),
        ({"anyOf": [URL, {"type": "array", "items": URL}]}, ["a"], ["a"]),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Item"}}, [{"file": "a"}, {"file": None}], ["a"]),
        ({"type": "string"}, "https://a.test/a.png", None),
        ({}, {"file": "https://a.test/a.png"}, None),
    ],
)
def test_output_files__are_the_urls_of_the_schema(output: Any, value: Any, files: list[str] | None) -> None:
    """Files are found where the schema describes URLs; for a schema without any, the rules of files do not apply."""
    item = {"type": "object", "properties": {"file": {**URL, "nullable": True}}}
    document = make_document({}, output, Item=item)

    assert document.output_files(value) == (files or [])
    assert document.may_output_files is (files is not None)
    names = {rule.name for rule in inapplicable_rules(document, "live")}
    assert ("outputs-decode" in names) is (files is None)
    assert "outputs-as-asked" in names


@pytest.mark.parametrize(("display", "concatenates"), [({}, False), ({"x-cog-array-display": "concatenate"}, True)])
def test_concatenates__as_cog_says(display: dict[str, str], concatenates: bool) -> None:
    """The pieces of an output are one text if Cog says so."""
    output = {"type": "array", "items": {"type": "string"}, **display}
    assert make_document({}, output).concatenates is concatenates


def test_model__without_schemas_takes_anything() -> None:
    """Rules of fields do not apply to a model that takes any object, and the reasons are said."""
    document = model_document(DOCUMENT, NAME, make_version())

    reasons = {rule.name: reason for rule, reason in inapplicable_rules(document, "live").items()}
    assert document.required_input == {}
    assert reasons["bounds-enforced"] == "no field of the input has minimum or maximum"
    assert reasons["types-enforced"] == "no field of the input has a type"
    assert reasons["failed-has-error"] == "no input can make a prediction fail"
