"""The requests that the document describes, and those that it forbids."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.client import BASE_URL, TOKEN, Harness, prediction_body
from helpers.operations import CALLS, KINDS, FixedResponse, for_both_clients
from helpers.schemas import INPUT, OPERATIONS, SCHEMAS, SPEC, allowed, forbidden, resolved, same, validator
from zeroscope import InvalidInputError
from zeroscope._text import escape
from zeroscope_mock import MockServer

FIELDS: dict[str, Any] = INPUT["properties"]
# The client knows the names in the document, and asks for any other to be given as one that is new.
KNOWN_INPUT = {**INPUT, "additionalProperties": False}
OPTIONS: dict[str, Any] = {
    name: schema for name, schema in SCHEMAS["CreatePredictionRequest"]["properties"].items() if name != "input"
}
VERSION = SPEC["info"]["x-replicate"]["version"]

SERVER = MockServer(journal_limit=10)
RAW = httpx.Client(transport=SERVER.transport, headers={"Authorization": "Bearer mock-token"}, base_url=BASE_URL)

both = pytest.mark.parametrize("kind", KINDS)
often = settings(max_examples=40, derandomize=True, database=None)


def check(request: httpx.Request, operation: str) -> None:
    """A request is the one that the document describes for an operation, and holds nothing else."""
    method, path, described = OPERATIONS[operation]
    assert request.method == method.upper()
    base, _, rest = str(request.url).partition(BASE_URL)
    assert (base, "?" in rest) == ("", False)
    assert re.fullmatch(re.sub(r"{\w+}", "[^/?#]+", path), rest), rest
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    for parameter in map(resolved, described.get("parameters", [])):
        if parameter["in"] == "header" and parameter["name"] in request.headers:
            validator(parameter["schema"]).validate(request.headers[parameter["name"]])
    if "requestBody" not in described:
        assert request.content == b"" and "content-type" not in request.headers
        return
    ((media_type, body),) = described["requestBody"]["content"].items()
    sent_type, _, _ = request.headers["content-type"].partition(";")
    assert sent_type == media_type
    if media_type == "application/json":
        validator(body["schema"]).validate(json.loads(request.content))


def create(kind: str, input: Any, **options: Any) -> httpx.Request:
    """The one request by which a prediction is created."""
    harness = Harness(kind)
    server = FixedResponse(201, json.dumps(prediction_body()).encode())
    harness.do(harness.client(server).predictions.create, input, **options)
    (request,) = server.requests
    check(request, "createPrediction")
    return request


def refused(kind: str, input: Any, **options: Any) -> dict[str, str]:
    """The faults of a create that is refused, kinds by field; nothing is sent."""
    harness = Harness(kind)
    server = FixedResponse(500, b"")
    with pytest.raises(InvalidInputError) as caught:
        harness.do(harness.client(server).predictions.create, input, **options)
    assert server.requests == []
    for fault in caught.value.invalid_fields:
        assert f"\n  - {escape(fault.field)}: {fault.description}" in str(caught.value) and fault.description
    return {fault.field: fault.type for fault in caught.value.invalid_fields}


def sent(request: httpx.Request) -> Any:
    """The input in a create."""
    return json.loads(request.content)["input"]


def is_file(schema: Mapping[str, Any]) -> bool:
    """Whether a field takes a file as well, so that a text that is no URL is a path."""
    return schema.get("format") == "uri"


def without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    """Options without those that are None, which stands for what is not given."""
    return {name: value for name, value in values.items() if value is not None}


def some(
    kind: Callable[[dict[str, Any]], st.SearchStrategy[Any]], schemas: Mapping[str, Any]
) -> st.SearchStrategy[dict[str, Any]]:
    """Values of a kind for some of the names that schemas have."""
    return st.fixed_dictionaries({}, optional={name: kind(schema) for name, schema in schemas.items()})


@pytest.mark.parametrize("operation", CALLS)
@both
def test_request__is_the_one_described(kind: str, operation: str) -> None:
    """Each operation sends exactly one request, to its own path, with the headers and the body of the document."""
    harness = Harness(kind)
    bodies = {"listPredictions": {"results": []}, "getDefaultWebhookSecret": {"key": "whsec_YQ=="}}
    uploaded = {"id": "f", "urls": {"get": "https://x.test/f"}}
    body = bodies.get(operation, uploaded if operation == "createFile" else prediction_body())
    server = FixedResponse(201 if operation == "createFile" else 200, json.dumps(body).encode())
    CALLS[operation](harness, harness.client(server))
    check(server.requests[0], operation)
    assert len(server.requests) == (2 if operation == "createFile" else 1)


@often
@given(input=allowed(KNOWN_INPUT))
@for_both_clients
def test_input__that_is_allowed_is_sent_as_it_is(kind: str, input: dict[str, Any]) -> None:
    """What the document allows is sent unchanged, with nothing filled in and the version beside it."""
    assert same(json.loads(create(kind, input).content), {"input": input, "version": VERSION})


@often
@given(input=allowed(KNOWN_INPUT))
def test_input__that_is_allowed_is_taken_by_the_mock_server(input: dict[str, Any]) -> None:
    """What the document allows comes back from the mock server unchanged, also to another client."""
    with SERVER.client(retry=None) as client:
        assert same(client.predictions.create(input).input, input)
    answer = RAW.post("/predictions", json={"version": VERSION, "input": input})
    assert answer.status_code == 201 and same(answer.json()["input"], input)


@often
@given(input=some(forbidden, FIELDS).filter(bool))
@for_both_clients
def test_values__that_are_forbidden_are_refused_all_at_once(kind: str, input: dict[str, Any]) -> None:
    """Every value that the document forbids is named, by the client before it sends and by the mock server alike."""
    faults = refused(kind, input)
    assert set(faults) == {f"input.{name}" for name in input}
    answer = RAW.post("/predictions", json={"version": VERSION, "input": input})
    assert answer.status_code == 422
    found = {each["field"]: each["type"] for each in answer.json()["invalid_fields"]}
    assert set(found) == set(faults)
    for name in input:
        # The client takes a text that is no URL for the path of a file.
        assert is_file(FIELDS[name]) or found[f"input.{name}"] == faults[f"input.{name}"]


FAULTS = st.one_of([st.tuples(st.just(name), forbidden(FIELDS[name])) for name in sorted(FIELDS)])
"""A field, and a value that is forbidden for it."""


@often
@given(rest=allowed(KNOWN_INPUT), fault=FAULTS)
@for_both_clients
def test_value__that_is_forbidden_is_refused(kind: str, rest: dict[str, Any], fault: tuple[str, Any]) -> None:
    """No value that the document forbids for a field is sent, whatever else is right."""
    name, value = fault
    assert set(refused(kind, {**rest, name: value})) == {f"input.{name}"}


@both
@often
@given(input=st.dictionaries(st.text(max_size=8), st.integers(), min_size=1, max_size=3))
def test_name__that_is_unknown_is_refused(kind: str, input: dict[str, Any]) -> None:
    """A name that is not in the document is taken for a mistake, unless it is given as new."""
    unknown = {name: value for name, value in input.items() if name not in FIELDS}
    if unknown:
        kinds = refused(kind, {"prompt": "a", **unknown})
        assert kinds == {f"input.{name}": "additional_property_not_allowed" for name in unknown}
        assert sent(create(kind, {"prompt": "a"}, extra_input=unknown)) == {"prompt": "a", **unknown}


@often
@given(options=some(allowed, OPTIONS).filter(lambda options: options.get("version") != ""))
@for_both_clients
def test_options__that_are_allowed_are_sent_as_they_are(kind: str, options: dict[str, Any]) -> None:
    """What the document allows beside the input goes into the body as it is, except an empty version."""
    body = json.loads(create(kind, {}, **options).content)
    assert same(body, {"version": VERSION, "input": {}, **without_none(options)})


@often
@given(options=some(forbidden, OPTIONS).map(without_none).filter(bool))
@for_both_clients
def test_options__that_are_forbidden_are_refused(kind: str, options: dict[str, Any]) -> None:
    """What the document forbids beside the input is named, all of it at once."""
    assert set(refused(kind, {}, **options)) == set(options)


@both
@pytest.mark.parametrize("name", ["promt", "webhok", "additionalProperties", *sorted(FIELDS)])
def test_option__that_is_unknown_is_refused(kind: str, name: str) -> None:
    """A body has no further names, so an option that there is not is refused with a hint at what was meant."""
    assert refused(kind, {}, **{name: 5}) == {name: "additional_property_not_allowed"}


SECONDS = st.one_of(
    st.integers(-10, 200),
    st.integers(),
    st.floats(),
    st.timedeltas(),
    st.booleans(),
    st.sampled_from([10**400, 10**5000]),
)


@both
@often
@given(deadline=SECONDS)
def test_deadline__becomes_a_header_that_is_allowed(kind: str, deadline: Any) -> None:
    """A deadline is sent in whole seconds, never shorter than asked for, or refused by name."""
    schema = resolved({"$ref": "#/components/parameters/CancelAfter"})["schema"]
    seconds = deadline.total_seconds() if isinstance(deadline, timedelta) else deadline
    # Neither infinity nor an integer of more than 4300 digits can be written.
    digits = str(math.ceil(seconds)) if abs(seconds) < 10**4300 else ""
    if validator(schema).is_valid(f"{digits}s"):
        assert create(kind, {}, deadline=deadline).headers["cancel-after"] == f"{digits}s"
    else:
        assert refused(kind, {}, deadline=deadline) == {"deadline": "pattern"}


@both
@often
@given(hold=SECONDS)
def test_hold__becomes_a_header_that_is_allowed(kind: str, hold: Any) -> None:
    """The seconds for which a create is held are sent as they are, or refused by name."""
    schema = resolved({"$ref": "#/components/parameters/Prefer"})["schema"]
    is_whole = isinstance(hold, int) and not isinstance(hold, bool) and hold < 10**9
    if is_whole and validator(schema).is_valid(f"wait={hold}"):
        assert create(kind, {}, prefer_wait=hold).headers["prefer"] == f"wait={hold}"
    else:
        assert refused(kind, {}, prefer_wait=hold) == {"prefer_wait": "pattern"}


@both
@pytest.mark.parametrize("operation", ["getPrediction", "cancelPrediction"])
@often
@given(id=st.one_of(st.text(min_size=1, max_size=12), st.text("./%?#\\;@:\ud800 ", min_size=1, max_size=4)))
def test_id__stays_in_its_place(kind: str, operation: str, id: str) -> None:
    """Any text is a prediction's ID in the path, read back as it was, or refused because it cannot be one."""
    harness = Harness(kind)
    server = FixedResponse(200, json.dumps(prediction_body(id=id)).encode())
    predictions = harness.client(server, retry=None).predictions
    ask = predictions.get if operation == "getPrediction" else predictions.cancel
    if id in {".", ".."} or "\ud800" in id:
        with pytest.raises(InvalidInputError, match="prediction_id"):
            harness.do(ask, id)
        assert server.requests == []
        return
    assert harness.do(ask, id).id == id
    check(server.requests[0], operation)
    before, _, after = OPERATIONS[operation][1].partition("{prediction_id}")
    path = server.requests[0].url.raw_path.decode().removeprefix(httpx.URL(BASE_URL).path)
    assert path.startswith(before) and path.endswith(after)
    assert unquote(path.removeprefix(before).removesuffix(after)) == id
