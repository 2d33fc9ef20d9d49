"""Requests that the document forbids, and their refusals."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from zeroscope_mock.documents.invalid_field import InvalidField
from zeroscope_mock.documents.spec import Spec
from zeroscope_mock.documents.validation import Schema

DOCUMENT = Spec.load().document
VERSION = DOCUMENT["info"]["x-replicate"]["version"]
FIELDS = DOCUMENT["components"]["schemas"]["PredictionInput"]["properties"]
LEAST = FIELDS["width"]["minimum"]
MOST = FIELDS["guidance_scale"]["maximum"]
MODELS = ", ".join(f'"{model}"' for model in FIELDS["model"]["enum"])


def of_input(**fields: Any) -> dict[str, Any]:
    return {"version": VERSION, "input": fields}


@pytest.mark.parametrize(
    ("body", "type_", "field", "description"),
    [
        ({"version": VERSION}, "required", "", "input is required"),
        ({"input": {}}, "required", "", "version is required"),
        (
            {**of_input(), "modell": "xl"},
            "additional_property_not_allowed",
            "",
            "Additional property modell is not allowed",
        ),
        (of_input(width=LEAST - 1), "number_gte", "input.width", f"Must be greater than or equal to {LEAST}"),
        (
            of_input(guidance_scale=MOST + 1),
            "number_lte",
            "input.guidance_scale",
            f"Must be less than or equal to {MOST}",
        ),
        (of_input(model="xxl"), "enum", "input.model", f"input.model must be one of the following: {MODELS}"),
        (of_input(fps="8"), "invalid_type", "input.fps", "Invalid type. Expected: integer, given: string"),
        (of_input(fps=8.5), "invalid_type", "input.fps", "Invalid type. Expected: integer, given: number"),
        (of_input(seed=None), "invalid_type", "input.seed", "Invalid type. Expected: integer, given: null"),
        (of_input(fps=True), "invalid_type", "input.fps", "Invalid type. Expected: integer, given: boolean"),
        (of_input(prompt=7), "invalid_type", "input.prompt", "Invalid type. Expected: string, given: integer"),
        (of_input(init_video="no address"), "format", "input.init_video", "Does not match format 'uri'"),
        ({"version": VERSION, "input": []}, "invalid_type", "input", "Invalid type. Expected: object, given: array"),
        ([], "invalid_type", "", "Invalid type. Expected: object, given: array"),
        (
            {**of_input(), "webhook_events_filter": ["begin"]},
            "enum",
            "webhook_events_filter.0",
            'webhook_events_filter.0 must be one of the following: "start", "output", "logs", "completed"',
        ),
        (
            {**of_input(), "webhook_events_filter": 7},
            "number_any_of",
            "webhook_events_filter",
            "Must validate at least one schema (anyOf)",
        ),
    ],
)
def test_a_fault_is_named_as_the_service_names_it(
    api: httpx.Client, body: object, type_: str, field: str, description: str
) -> None:
    """Each kind of fault has its own type, field and description."""
    response = api.post("/predictions", json=body)

    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {
        "title": "Input validation failed",
        "detail": f"- {field}: {description}\n" if field else f"- {description}\n",
        "status": 422,
        "invalid_fields": [{"type": type_, "field": field, "description": description}],
    }


def test_all_faults_are_named_at_once(api: httpx.Client) -> None:
    """Missing fields first, then unknown ones, then the faults of the fields."""
    response = api.post(
        "/predictions", json={"input": {"width": 1, "fps": "x"}, "b": 1, "a": 2}, headers={"Prefer": "x"}
    )

    assert response.json()["detail"].splitlines() == [
        "- Prefer: Does not match pattern '^wait(=([1-9]|[1-5][0-9]|60))?$'",
        "- version is required",
        "- Additional property b is not allowed",
        "- Additional property a is not allowed",
        "- input.fps: Invalid type. Expected: integer, given: string",
        f"- input.width: Must be greater than or equal to {LEAST}",
    ]


def test_the_order_of_faults_is_not_that_of_the_validator() -> None:
    """Whichever error the validator finds first, missing fields come first."""
    schema = Schema({"additionalProperties": False, "properties": {"x": {}, "y": {}}, "required": ["a"]}, {})

    assert [fault.type for fault in schema.invalid_fields({"c": 1})] == ["required", "additional_property_not_allowed"]


@pytest.mark.parametrize(
    ("value", "type_", "field", "description"),
    [
        (7, "number_one_of", "x", "Must validate one and only one schema (oneOf)"),
        ([5], "number_one_of", "x", "Must validate one and only one schema (oneOf)"),
        ({}, "required", "x", "a is required"),
    ],
)
def test_exactly_one_of_several_schemas(value: object, type_: str, field: str, description: str) -> None:
    """The error is that of the one schema whose type the value has, if there is one."""
    branches = [{"type": "object", "required": ["a"]}, {"type": "array"}, {"type": "array", "minItems": 1}]
    schema = Schema({"properties": {"x": {"oneOf": branches}}}, {})

    assert schema.invalid_fields({"x": value}) == [InvalidField(type_, field, description)]


@pytest.mark.parametrize(
    "version", ["", "latest", VERSION[:-1], VERSION.upper(), VERSION + "\n", f"owner/name:{VERSION}"]
)
def test_an_invalid_version(api: httpx.Client, version: str) -> None:
    """A version is 64 hexadecimal digits; anything else does not exist."""
    response = api.post("/predictions", json={"version": version, "input": {}})

    assert response.status_code == 422
    assert response.json() == {
        "title": "Invalid version or not permitted",
        "detail": "The specified version does not exist (or perhaps you don't have permission to use it?)",
        "status": 422,
    }


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        *(("Prefer", value, 201) for value in ("wait", "wait=60")),
        ("Prefer", "wait=1", 202),
        *(("Prefer", value, 422) for value in ("", "wait=0", "wait=61", "respond-async")),
        *(("Cancel-After", value, 201) for value in ("5", "5s", "1m", "1h", "1h30m45s", "2h5s", "9" * 400 + "h")),
        *(("Cancel-After", value, 422) for value in ("", "4", "0m0s", "5d", "1m1h", "-5", "5 s")),
    ],
)
def test_headers_are_checked(api: httpx.Client, name: str, value: str, status: int) -> None:
    """The patterns of the document, and at least 5 seconds for a deadline."""
    response = api.post("/predictions", json=of_input(), headers={name: value})

    assert response.status_code == status
    if status == 422:
        assert response.json()["invalid_fields"][0]["field"] == name


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"", "The request body is not JSON: Expecting value: line 1 column 1 (char 0)."),
        (b"{", "The request body is not JSON: Expecting property name enclosed in double quotes: "),
        (b'{"input": NaN}', "The request body is not JSON: NaN is no value."),
        (b'{"input": -Infinity}', "The request body is not JSON: -Infinity is no value."),
        (b'{"input": 1e999}', "The request body holds a number that is too large."),
        (b'{"input": ' + b"9" * 5000 + b"}", "The request body holds a number that is too large."),
        (b'{"input": "\\ud800"}', "The request body holds half a surrogate pair."),
        (b'{"input": "\xff"}', "The request body is not UTF-8."),
        (b'{"input": ' + b"[" * 101 + b"]" * 101 + b"}", "The request body is nested too deeply."),
        (b"[" * 100_000, "The request body is nested too deeply."),
    ],
)
def test_a_body_that_cannot_be_read(api: httpx.Client, content: bytes, detail: str) -> None:
    """What is not JSON is a 400 that says why."""
    response = api.post("/predictions", content=content, headers={"Content-Type": "application/json"})

    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["detail"].startswith(detail)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b'\xef\xbb\xbf{"version": "%s", "input": {}}' % VERSION.encode(), 201),
        (b'{"version": "x", "input": {}, "version": "%s"}' % VERSION.encode(), 201),
        (b'{"version": "%s", "input": {"x": %s}}' % (VERSION.encode(), b"[" * 90 + b"]" * 90), 201),
        (b'{"version": "%s", "input": {"prompt": "\\ud83d\\ude80"}}' % VERSION.encode(), 201),
    ],
)
def test_an_unusual_body_that_can_be_read(api: httpx.Client, content: bytes, status: int) -> None:
    """A byte order mark, a repeated key, depth within reason and whole surrogate pairs are no faults."""
    response = api.post("/predictions", content=content, headers={"Content-Type": "application/json"})

    assert response.status_code == status


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 201),
        ("Application/JSON; charset=utf-8", 201),
        (None, 201),
        ("application/x-www-form-urlencoded", 415),
        ("text/json", 415),
        ("multipart/form-data; boundary=x", 415),
    ],
)
def test_content_types(api: httpx.Client, content_type: str | None, status: int) -> None:
    """A body of a type that the document does not name is a 415; one without a type counts as JSON."""
    headers = {"Content-Type": content_type} if content_type else {}
    content = b'{"version": "%s", "input": {}}' % VERSION.encode()

    response = api.post("/predictions", content=content, headers=headers)

    assert response.status_code == status


def test_an_operation_without_a_body_ignores_one(api: httpx.Client) -> None:
    """The official JavaScript client sends `Content-Type: application/json` with everything."""
    response = api.request("GET", "/predictions", content=b"no json", headers={"Content-Type": "application/json"})

    assert response.status_code == 200
