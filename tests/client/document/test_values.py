"""Python values and files in a request, as the JSON that the document describes."""

from __future__ import annotations

import base64
import collections
import decimal
import enum
import io
import json
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.formparser import parse_form_data

from helpers.client import Harness, prediction_body
from helpers.operations import LARGE, FixedResponse
from helpers.schemas import INPUT, SCHEMAS, ref, same, validator
from zeroscope import InvalidInputError

FIELDS: dict[str, Any] = INPUT["properties"]
FILE = next(name for name, field in FIELDS.items() if field.get("format") == "uri")

both = pytest.mark.parametrize("kind", ["sync", "async"])
often = settings(max_examples=60, derandomize=True, database=None)


def free(type: str) -> str:
    """A field that may be anything of a type."""
    limits = {"minimum", "maximum", "enum", "format"}
    return next(name for name, field in FIELDS.items() if field.get("type") == type and not limits & field.keys())


INTEGER, NUMBER, TEXT, FLAG = map(free, ("integer", "number", "string", "boolean"))


class Whole(enum.IntEnum):
    """A caller's own choice of numbers."""

    EIGHT = 8


class Word(enum.StrEnum):
    """A caller's own choice of words."""

    NIGHT = "night"
    NAME = TEXT


class Real(float):
    """A float of another library, such as numpy's, which is one of Python's as well."""


class Index:
    """An integer of another library, such as numpy's, which is none of Python's."""

    def __index__(self) -> int:
        return 8


def create(kind: str, input: Any) -> list[httpx.Request]:
    """The requests by which a prediction is created."""
    harness = Harness(kind)
    stored = {"id": "f", "urls": {"get": "https://files.example.test/f"}}
    server = FixedResponse(201, json.dumps({**prediction_body(), **stored}).encode())
    harness.do(harness.client(server).predictions.create, input)
    return server.requests


@both
@pytest.mark.parametrize(
    ("input", "sent"),
    [
        ({INTEGER: 8.0}, f'{{"{INTEGER}":8.0}}'),
        ({INTEGER: -0.0}, f'{{"{INTEGER}":-0.0}}'),
        ({INTEGER: Real(8)}, f'{{"{INTEGER}":8.0}}'),
        ({INTEGER: 10**4000}, f'{{"{INTEGER}":1{"0" * 4000}}}'),
        ({INTEGER: Whole.EIGHT}, f'{{"{INTEGER}":8}}'),
        ({NUMBER: 8}, f'{{"{NUMBER}":8}}'),
        ({NUMBER: Real(0.5)}, f'{{"{NUMBER}":0.5}}'),
        ({NUMBER: 5e-324}, f'{{"{NUMBER}":5e-324}}'),
        ({TEXT: Word.NIGHT}, f'{{"{TEXT}":"night"}}'),
        ({TEXT: "\0\u2028🗼"}, f'{{"{TEXT}":"\\u0000\u2028🗼"}}'),
        ({Word.NAME: ""}, f'{{"{TEXT}":""}}'),
        (MappingProxyType({FLAG: True}), f'{{"{FLAG}":true}}'),
        (collections.ChainMap({FLAG: True}, {FLAG: False}), f'{{"{FLAG}":true}}'),
    ],
    ids=str,
)
def test_value__that_json_can_say_is_sent(kind: str, input: Any, sent: str) -> None:
    """Relatives of Python's types are sent as those; a whole float is an integer for the document, and sent as is."""
    (request,) = create(kind, input)
    validator(ref("CreatePredictionRequest")).validate(json.loads(request.content))
    assert request.content.decode().startswith(f'{{"input":{sent},')


@both
@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((INTEGER, value) for value in (True, False, 8.5, 1e400, float("nan"), 10**5000, "8", Index(), 8 + 0j)),
        *((NUMBER, value) for value in (True, float("nan"), float("-inf"), decimal.Decimal("0.5"), Index(), "0.5")),
        *((TEXT, value) for value in (5, b"night", "\ud800", ["night"], Path("night"), object())),
        *((FLAG, value) for value in (0, 1, 1.0, "true", Index())),
        *((FILE, value) for value in (5, True, ["https://example.test/a.mp4"], {"url": "x"}, object())),
        *((name, None) for name in (INTEGER, NUMBER, TEXT, FLAG, FILE)),
    ],
    ids=lambda value: f"{value!s:.20}" if not isinstance(value, int) or value < 10**9 else "huge",
)
def test_value__that_json_or_the_document_cannot_say_is_refused(kind: str, name: str, value: Any) -> None:
    """Nothing is converted on the quiet: a flag is no number, a number no flag, and what JSON lacks is named."""
    with pytest.raises(InvalidInputError) as caught:
        create(kind, {name: value, "unknown-field": 1})
    faults = {fault.field: fault.type for fault in caught.value.invalid_fields}
    assert faults == {f"input.{name}": "invalid_type", "input.unknown-field": "additional_property_not_allowed"}


@both
@often
@given(text=st.builds("{}{}".format, st.sampled_from(["https://", "https://x.test/", "data:"]), st.text(max_size=9)))
def test_url__is_sent_if_the_document_allows_it(kind: str, text: str) -> None:
    """A text with a scheme is a URL, never a path: it is sent as it is or refused by the document's own format."""
    if validator(FIELDS[FILE]).is_valid(text):
        (request,) = create(kind, {FILE: text})
        assert json.loads(request.content)["input"] == {FILE: text}
        return
    with pytest.raises(InvalidInputError) as caught:
        create(kind, {FILE: text})
    assert [(fault.field, fault.type) for fault in caught.value.invalid_fields] == [(f"input.{FILE}", "format")]


FORMS: list[Callable[[bytes], Any]] = [bytes, bytearray, memoryview, io.BytesIO]


@both
@often
@given(content=st.binary(min_size=1, max_size=99), form=st.sampled_from(FORMS))
def test_file__that_is_small_is_sent_as_a_uri(kind: str, content: bytes, form: Callable[[bytes], Any]) -> None:
    """A small file, however it is given, is a URI in the body, with every byte in it."""
    (request,) = create(kind, {FILE: form(content)})
    body = json.loads(request.content)
    validator(ref("CreatePredictionRequest")).validate(body)
    head, _, data = body["input"][FILE].partition(";base64,")
    assert head.startswith("data:") and base64.b64decode(data, validate=True) == content


@both
@often
@given(name=st.text(max_size=12), content=st.binary(max_size=9))
def test_file__that_is_large_is_uploaded_as_described(kind: str, name: str, content: bytes) -> None:
    """A large file is a form with the parts that the document names, whatever it is called, and goes first."""
    file = io.BytesIO(LARGE + content)
    file.name = name
    upload, created = create(kind, {FILE: file})
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": upload.headers["content-type"],
        "CONTENT_LENGTH": upload.headers["content-length"],
        "wsgi.input": io.BytesIO(upload.content),
    }
    _, form, files = parse_form_data(environ)
    with files["content"].stream as stored:
        assert stored.read() == LARGE + content
    described = SCHEMAS["CreateFileRequest"]["properties"]
    assert {"content", "filename", "type"} == {*form, *files} <= described.keys()
    validator(ref("CreateFileRequest")).validate({**form, "content": ""})
    last = name.rpartition("/")[2]
    if last and not last.startswith("<"):
        assert form["filename"] == last.encode(errors="replace").decode()
    assert same(json.loads(created.content)["input"], {FILE: "https://files.example.test/f"})
