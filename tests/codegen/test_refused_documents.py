"""Documents that are refused with one sentence and the place of what is at fault."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from codegen.generate import GenerationError
from codegen.generate import generate as generate_client
from codegen.generate.client import read_document
from codegen.generate.extensions import READ, check_extensions
from codegen.generate.requirements import refuse_server

from helpers.source_trees import ROOT, Change, read_spec, write_spec

FIELDS = ("components", "schemas", "PredictionInput", "properties")
RESPONSES: Any = {"200": {"description": "What came out."}}


def field(schema: str) -> str:
    """A document whose input has a field with this schema, in YAML."""
    return f"paths: {{}}\ncomponents: {{schemas: {{PredictionInput: {{properties: {{u: {schema}}}}}}}}}\n"


TEXTS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "file": (
        field("{$ref: './x.yaml#/a'}"),
        "refers to ./x.yaml#/a, but references must begin",
        (*FIELDS, "u", "$ref"),
    ),
    "URL": (field("{$ref: 'https://a.b/c'}"), "refers to https://a.b/c, but references must", (*FIELDS, "u", "$ref")),
    "URL in a field named default": (
        field("{type: object, properties: {default: {$ref: 'https://a.b/c'}}}"),
        "refers to https://a.b/c, but references must begin with #/",
        (*FIELDS, "u", "properties", "default", "$ref"),
    ),
    "dialect": (field("{$schema: 'https://a.b/c'}"), "is of the dialect https://a.b/c", (*FIELDS, "u", "$schema")),
    "nan": (field("{default: .nan}"), "u.default is nan, a number that JSON does not have", (*FIELDS, "u", "default")),
    "infinite": (field("{maximum: .inf}"), "u.maximum is inf, a number", (*FIELDS, "u", "maximum")),
    "large": (field(f"{{maximum: 1{'0' * 400}}}"), "u.maximum is too large a number", (*FIELDS, "u", "maximum")),
    "date": (
        field("{default: 2020-01-01}"),
        "u.default is of type date, which JSON does not",
        (*FIELDS, "u", "default"),
    ),
    "date as a key": (field("{2020-01-01: 1}"), "u has the key 2020-01-01, a date; put it", (*FIELDS, "u")),
    "surrogate": (field('{default: "\\ud800"}'), "u.default holds half a character", (*FIELDS, "u", "default")),
    "cycle": (field("&u {type: object, properties: {x: *u}}"), "holds itself through an alias", ()),
    "paths alike": (
        "paths: {'/a/{b}': {}, '/a/{c}': {}}",
        "the paths /a/{c} and /a/{b} differ in the names of their parameters alone",
        ("paths", "/a/{c}"),
    ),
}


@pytest.mark.parametrize(("text", "sentence", "place"), TEXTS.values(), ids=TEXTS)
def test_document__is_refused_before_it_is_generated(
    tmp_path: Path, text: str, sentence: str, place: tuple[str, ...]
) -> None:
    """What stands in the document alone is told with the keys that lead there, before any process starts."""
    spec = tmp_path / "spec.yaml"
    spec.write_text(text, encoding="utf-8")
    with pytest.raises(GenerationError, match=re.escape(sentence)) as caught:
        read_document(spec)
    assert caught.value.place == place


def new_path(path: str, operation: Any) -> Change:
    """A change that adds a path with one operation."""
    return lambda document: document["paths"].update({path: {"get": operation}})


def xml(document: Any) -> None:
    """Makes an operation answer with XML."""
    document["paths"]["/files"]["post"]["responses"]["201"]["content"] = {"application/xml": {"schema": {}}}


GENERATED: dict[str, tuple[Change, str, tuple[str, ...]]] = {
    "no responses": (new_path("/x", {"operationId": "q"}), "GET /x has no responses", ("paths", "/x", "get")),
    "later version": (
        lambda document: document.update(openapi="3.2.0"),
        "openapi is '3.2.0': only OpenAPI versions 3.1.* are supported, got 3.2.0",
        ("openapi",),
    ),
    "number": (
        lambda document: document.update(openapi=3.1),
        "openapi is 3.1: input should be a valid string",
        ("openapi",),
    ),
    "no info": (lambda document: document.pop("info"), "the document has no info", ()),
    "Swagger": (
        lambda document: document.update(swagger=document.pop("openapi")),
        "it is a Swagger document, which must be converted to OpenAPI 3.1 first",
        ("swagger",),
    ),
    "undeclared parameter": (
        new_path("/x/{id}", {"operationId": "q", "responses": RESPONSES}),
        "GET /x/{id}: path parameters do not match with path",
        ("paths", "/x/{id}", "get"),
    ),
    "media type": (xml, "POST /files: unsupported content_type application/xml", ("paths", "/files", "post")),
    "name": (
        new_path("/x", {"operationId": "9 lives!", "responses": RESPONSES}),
        "no endpoint came out for GET /x, the operation '9 lives!'",
        ("paths", "/x", "get", "operationId"),
    ),
}


@pytest.mark.parametrize(("change", "sentence", "place"), GENERATED.values(), ids=GENERATED)
def test_generator__is_quoted_in_one_sentence(
    tmp_path: Path, change: Change, sentence: str, place: tuple[str, ...]
) -> None:
    """What the generator refuses is told without its own headings, and with the operation."""
    with pytest.raises(GenerationError) as caught:
        generate_client(write_spec(tmp_path, change), tmp_path / "client")
    assert (str(caught.value), caught.value.place) == (sentence, place)


def test_operation__may_have_a_name_of_several_words(tmp_path: Path) -> None:
    """Dots and dashes in an operationId become a Python name."""
    change = new_path("/x", {"operationId": "predictions.top-ten_of", "responses": RESPONSES})
    generate_client(write_spec(tmp_path, change), tmp_path / "client")
    assert list((tmp_path / "client").glob("api/*/predictions_top_ten_of.py"))


VALUES: tuple[Any, ...] = (None, 7, "(", [], [""], ["("], {"a": 1}, "gone")
WRONG = [
    (place, value) for place, (allows, _) in READ.items() for value in VALUES if value == "gone" or not allows(value)
]


@pytest.mark.parametrize(("place", "value"), WRONG)
def test_extension__that_the_wrapper_cannot_use(place: tuple[str, ...], value: Any) -> None:
    """Each extension that the wrapper reads is refused where it is missing or of another type, with its place."""
    changed = read_spec()
    inner = changed
    for token in place[:-1]:
        inner = inner[token]
    if value == "gone":
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    with pytest.raises(GenerationError, match=re.escape(".".join(place))) as caught:
        check_extensions(changed)
    assert caught.value.place in {place, place[:-1], (*place, "0")}


def test_extensions__are_all_that_the_wrapper_reads() -> None:
    """No module of the wrapper reads an extension that the proof does not check; the document as it is passes."""
    check_extensions(read_spec())
    found: set[str] = set()
    for path in (ROOT / "wrapper/zeroscope").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r'\["(x-[a-z-]+)"\]', text))
        found |= set(re.findall(r'\["x-replicate"\]\["([a-z-]+)"\]', text))
    assert found and found <= {token for place in READ for token in place}


def test_extension__of_a_final_status_that_there_is_not() -> None:
    """A final status must be in the enumeration of statuses."""
    changed = read_spec()
    changed["components"]["schemas"]["PredictionStatus"]["enum"].remove("succeeded")
    with pytest.raises(GenerationError, match="PredictionStatus has 'succeeded' in x-final, but not in its enum"):
        check_extensions(changed)


@pytest.mark.parametrize(
    ("servers", "sentence"),
    [
        (None, "it has no servers"),
        ([], "it has no servers"),
        ([{"url": "/v1"}], "'/v1', does not begin with https://"),
        ([{"url": "https://{host}/v1"}], "'https://{host}/v1', has variables"),
    ],
)
def test_server__that_no_request_reaches(servers: Any, sentence: str) -> None:
    """The first server, which is the client's base URL, must be whole."""
    with pytest.raises(GenerationError, match=re.escape(sentence)) as caught:
        refuse_server({"servers": servers})
    assert caught.value.place[0] == "servers"
    refuse_server({"servers": [{"url": "https://a.b/c"}, {"url": "/v1"}]})


READERS: list[Callable[[Any], None]] = [check_extensions, refuse_server]


@pytest.mark.parametrize("check", READERS)
def test_document__of_the_project_is_allowed(check: Callable[[Any], None]) -> None:
    """The document as it is passes every check."""
    check(read_spec())
