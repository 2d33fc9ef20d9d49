"""Inputs that the document allows are accepted by client and mock server alike, those that it forbids by neither."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zeroscope import InvalidInputError, _api
from zeroscope_mock import MockServer

FIELDS: dict[str, Any] = _api.spec()["components"]["schemas"]["PredictionInput"]["properties"]
VERSION = _api.spec()["info"]["x-replicate"]["version"]
URL = _api.spec()["servers"][0]["url"] + "/predictions"
SERVER = MockServer(journal_limit=10)
CLIENT = SERVER.client(retry=None)
RAW = httpx.Client(transport=SERVER.transport, headers={"Authorization": "Bearer mock-token"})

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def allowed(field: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that the document allows for a field."""
    if "enum" in field:
        return st.sampled_from(field["enum"])
    low, high = field.get("minimum"), field.get("maximum")
    match field["type"], field.get("format"):
        case "integer", _:
            return st.integers(low, high)
        case "number", _:
            return st.floats(low, high, allow_nan=False, allow_infinity=False)
        case "boolean", _:
            return st.booleans()
        case "string", "uri":
            return st.sampled_from(["https://example.test/a.mp4", "data:video/mp4;base64,AAAA", "http://x.test/?a=b#c"])
        case "string", None:
            return WORDS
        case other:
            raise AssertionError(f"no values are known for {other}")


def forbidden(field: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that the document forbids for a field: of other types, beyond its bounds, outside its choices."""
    containers = [st.lists(st.integers(), max_size=2), st.dictionaries(WORDS, st.integers(), max_size=2)]
    others: list[st.SearchStrategy[Any]] = [st.none(), *containers]
    if field["type"] != "string":
        others.append(WORDS)
    else:
        others += [st.integers(), st.booleans()]
    if field["type"] == "boolean":
        others.append(st.integers())
    if field["type"] == "integer":
        others += [st.booleans(), st.floats(0.1, 0.9)]
    if "minimum" in field:
        others.append(st.integers(max_value=field["minimum"] - 1))
    if "maximum" in field:
        others.append(st.integers(min_value=field["maximum"] + 1))
    if "enum" in field:
        others.append(WORDS.filter(lambda word: word not in field["enum"]))
    return st.one_of(others)


@given(st.fixed_dictionaries({}, optional={name: allowed(field) for name, field in FIELDS.items()}))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_allowed_input__is_accepted_by_both_and_echoed(input: dict[str, Any]) -> None:
    """What the document allows is sent by the client, created by the server, and comes back unchanged."""
    assert CLIENT.predictions.create(input).input == input
    answer = RAW.post(URL, json={"version": VERSION, "input": input})
    assert (answer.status_code, answer.json()["input"]) == (201, input)


@given(
    st.sampled_from(sorted(FIELDS)).flatmap(lambda name: st.tuples(st.just(name), forbidden(FIELDS[name]))),
)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_forbidden_value__is_refused_by_both(fault: tuple[str, Any]) -> None:
    """What the document forbids never leaves the client, and the server refuses it with the field's name."""
    name, value = fault
    with pytest.raises(InvalidInputError) as caught:
        CLIENT.predictions.create({name: value})
    assert {found.field for found in caught.value.invalid_fields} == {f"input.{name}"}
    answer = RAW.post(URL, json={"version": VERSION, "input": {name: value}})
    assert answer.status_code == 422
    assert {found["field"] for found in answer.json()["invalid_fields"]} == {f"input.{name}"}
    assert {found["type"] for found in answer.json()["invalid_fields"]} == {
        found.type for found in caught.value.invalid_fields
    }
