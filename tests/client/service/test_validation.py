"""Inputs and options that are refused before anything is sent."""

from __future__ import annotations

import decimal
import enum
import fractions
import json
import re
from collections.abc import Callable
from datetime import date
from types import MappingProxyType
from typing import Any

import httpx
import pytest

from helpers.client import Harness, ScriptedResponses, prediction_body
from zeroscope import ConfigurationError, InvalidInputError, Polling, Retry
from zeroscope._numbers import conversion_hint
from zeroscope._service import spec as _spec
from zeroscope._service.api import PredictionModel

FIELDS = _spec.spec()["components"]["schemas"]["PredictionInput"]["properties"]

LEAST = FIELDS["width"]["minimum"]
MOST = FIELDS["guidance_scale"]["maximum"]


def faults(harness: Harness, input: Any, **options: Any) -> dict[str, tuple[str, str]]:
    """The faults that a create finds, by field, having made sure that nothing was sent."""
    script = ScriptedResponses(httpx.Response(201, json=prediction_body()))
    with pytest.raises(InvalidInputError) as caught:
        harness.do(harness.client(script).predictions.create, input, **options)
    assert script.requests == []
    assert "nothing was sent" in str(caught.value)
    return {fault.field: (fault.type, fault.description) for fault in caught.value.invalid_fields}


@pytest.mark.parametrize(
    ("input", "field", "kind", "description"),
    [
        ({"width": LEAST - 1}, "input.width", "number_gte", f"{LEAST - 1} is too small, at least {LEAST} is needed"),
        ({"guidance_scale": MOST + 0.5}, "input.guidance_scale", "number_lte", f"at most {MOST:g} is allowed"),
        ({"model": "xxl"}, "input.model", "enum", f"'xxl' is not one of {', '.join(FIELDS['model']['enum'])}"),
        ({"fps": "8"}, "input.fps", "invalid_type", "'8' is not of type integer"),
        ({"fps": 8.5}, "input.fps", "invalid_type", "8.5 is not of type integer"),
        ({"batch_size": True}, "input.batch_size", "invalid_type", "True is not of type integer"),
        ({"seed": None}, "input.seed", "invalid_type", "None is not of type integer; leave it out for the default"),
        ({"init_video": "https://a b"}, "input.init_video", "format", "'https://a b' is not a uri"),
        (
            {"widht": 576},
            "input.widht",
            "additional_property_not_allowed",
            "there is no such field; did you mean width?",
        ),
        (
            {"zzz": 1},
            "input.zzz",
            "additional_property_not_allowed",
            f"there is no such field; there are {', '.join(sorted(FIELDS))}",
        ),
    ],
)
def test_fault__is_named_with_value_and_remedy(
    harness: Harness, input: dict[str, Any], field: str, kind: str, description: str
) -> None:
    """Each kind of fault says which field, which value and what would do."""
    found = faults(harness, input)
    assert set(found) == {field}
    assert found[field][0] == kind and found[field][1].endswith(description)


def test_faults__are_listed_all_at_once(harness: Harness) -> None:
    """One error lists every fault, so that a caller mends them in one go."""
    input = {"width": 1, "height": "tall", "model": "xxl", "promt": "x", "guidance_scale": float("nan")}
    assert set(faults(harness, input)) == {f"input.{name}" for name in input}


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), "\ud800", {"\ud800": 1}, b"bytes", object(), {1, 2}],
    ids=lambda value: type(value).__name__,
)
def test_value__that_json_cannot_carry_is_a_fault(harness: Harness, value: Any) -> None:
    """What cannot be written as JSON is refused by name instead of failing while it is sent."""
    (kind, description) = faults(harness, {"prompt": value})["input.prompt"]
    assert kind == "invalid_type" and "cannot be sent as JSON" in description


@pytest.mark.parametrize(("version", "description"), [(b"x", "cannot be sent as JSON"), ("", "it is empty")])
def test_version__that_names_none_is_the_only_fault(harness: Harness, version: Any, description: str) -> None:
    """A version that cannot be one is refused for that alone, whether a call or the client names it."""
    found = faults(harness, {}, version=version)
    assert found.keys() == {"version"} and description in found["version"][1]
    client = harness.client(ScriptedResponses(), version=version)
    with pytest.raises(InvalidInputError, match=f"version: .*{description}"):
        harness.do(client.predictions.create, {})
    (result,) = harness.do(harness.client(ScriptedResponses()).run_many, [{}], version=version)
    assert isinstance(result.error, InvalidInputError)
    assert [invalid.field for invalid in result.error.invalid_fields] == ["version"]


def test_value__that_contains_itself_is_a_fault(harness: Harness) -> None:
    """A structure without an end is refused."""
    endless: list[Any] = []
    endless.append(endless)
    assert "input.prompt" in faults(harness, {"prompt": endless})


@pytest.mark.parametrize("input", ["hello", None, 5, [("prompt", "x")]])
def test_input__has_to_be_a_mapping(harness: Harness, input: Any) -> None:
    """Something that is no mapping is refused as a whole."""
    assert set(faults(harness, input)) == {"input"}


def test_value__that_cannot_even_be_shown_is_a_fault(harness: Harness) -> None:
    """An integer beyond what Python writes is refused like any other value that JSON cannot carry."""
    assert "input.num_frames" in faults(harness, {"num_frames": 10**5000})


def test_name__that_is_no_text_is_a_fault(harness: Harness) -> None:
    """A key that is no text is an unknown name."""
    assert "input.5" in faults(harness, {5: 5})
    assert "input.(1, 2)" in faults(harness, {(1, 2): 5, "width": 576})
    assert "input.\ud800" in faults(harness, {"width": 576}, extra_input={"\ud800": 5})


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"webhook": 5}, "webhook"),
        ({"webhook_events_filter": ["finished"]}, "webhook_events_filter"),
        ({"stream": "yes"}, "stream"),
        ({"version": 7}, "version"),
        ({"webhook_events_filter": 5}, "webhook_events_filter"),
        ({"deadline": "30s"}, "deadline"),
        ({"deadline": -1}, "deadline"),
        ({"deadline": float("nan")}, "deadline"),
    ],
)
def test_options__are_checked_as_well(harness: Harness, options: dict[str, Any], field: str) -> None:
    """The other parts of the body obey the spec, too."""
    assert field in faults(harness, {}, **options)


class Model(enum.StrEnum):
    """A caller's own enumeration."""

    SMALL = "576w"


class Number(int):
    """A caller's own number."""


@pytest.mark.parametrize(
    ("input", "sent"),
    [
        ({}, {}),
        ({"prompt": ""}, {"prompt": ""}),
        ({"prompt": "ein Leuchtturm — 灯台 🗼"}, {"prompt": "ein Leuchtturm — 灯台 🗼"}),
        ({"seed": -5, "fps": 0, "num_frames": -1}, {"seed": -5, "fps": 0, "num_frames": -1}),
        ({"width": 256, "guidance_scale": 1}, {"width": 256, "guidance_scale": 1}),
        ({"seed": 10**30}, {"seed": 10**30}),
        ({"model": Model.SMALL, "width": Number(300)}, {"model": "576w", "width": 300}),
        ({"init_video": "data:video/mp4;base64,AAAA"}, {"init_video": "data:video/mp4;base64,AAAA"}),
    ],
)
def test_input__that_the_spec_allows_is_sent_as_it_is(harness: Harness, input: Any, sent: Any) -> None:
    """Nothing is refused, changed or added beyond what the spec says."""
    script = ScriptedResponses(httpx.Response(201, json=prediction_body()))
    harness.do(harness.client(script).predictions.create, input)
    assert json.loads(script.requests[0].content)["input"] == sent


@pytest.mark.parametrize(
    ("input", "extra", "sent"),
    [
        ({}, {"motion": 3}, {"motion": 3}),
        (
            {"prompt": "x"},
            {"motion": {"x": [1, None]}, "camera": ""},
            {"prompt": "x", "motion": {"x": [1, None]}, "camera": ""},
        ),
        ({"prompt": "x"}, {"width": 300}, {"prompt": "x", "width": 300}),
        ({"prompt": "x"}, {}, {"prompt": "x"}),
        ({"prompt": "x"}, None, {"prompt": "x"}),
        ({}, {"init_video": b"bytes"}, {"init_video": "data:application/octet-stream;base64,Ynl0ZXM="}),
        (
            {},
            {"day": date(2026, 1, 31), "size": (3, 4), "camera": MappingProxyType({"x": 1})},
            {"day": "2026-01-31", "size": [3, 4], "camera": {"x": 1}},
        ),
    ],
)
@pytest.mark.parametrize("method", ["create", "run"])
def test_extra_input__is_sent_with_the_input(harness: Harness, input: Any, extra: Any, sent: Any, method: str) -> None:
    """Fields that the spec does not know yet are sent beside those that it knows."""
    script = ScriptedResponses(
        httpx.Response(201, json=prediction_body("succeeded", output=["https://x.test/output-0.mp4"]))
    )
    client = harness.client(script)
    if method == "run":
        harness.do(client.run, extra_input=extra, **input)
    else:
        harness.do(client.predictions.create, input, extra_input=extra)
    assert json.loads(script.requests[0].content) == {"input": sent, "version": client.version}


@pytest.mark.parametrize(
    ("extra", "field", "kind", "description"),
    [
        ({"prompt": "x"}, "extra_input.prompt", "duplicate", "'x' is for a field that the input has as well"),
        ({"width": LEAST - 1}, "input.width", "number_gte", f"{LEAST - 1} is too small, at least {LEAST} is needed"),
        ({"fps": "8"}, "input.fps", "invalid_type", "'8' is not of type integer"),
        ({"motion": float("nan")}, "input.motion", "invalid_type", "nan cannot be sent as JSON"),
        ({"motion": b"secret"}, "input.motion", "invalid_type", "this bytes object cannot be sent as JSON"),
        ({5: 5}, "extra_input.5", "invalid_type", "the name of a field should be a string"),
        (["motion"], "extra_input", "invalid_type", "['motion'] is not a mapping of fields"),
        ("motion", "extra_input", "invalid_type", "'motion' is not a mapping of fields"),
    ],
)
def test_extra_input__is_checked_where_it_can_be(
    harness: Harness, extra: Any, field: str, kind: str, description: str
) -> None:
    """A name given twice, a value that JSON cannot carry, and a known field that breaks the spec are refused."""
    found = faults(harness, {"prompt": "a lighthouse"}, extra_input=extra)
    assert set(found) == {field} and found[field][0] == kind
    assert found[field][1].startswith(description)


@pytest.mark.parametrize("method", ["create", "run"])
@pytest.mark.parametrize(("seconds", "header", "read"), [(1, "wait=1", 61), (60, "wait=60", 120), (None, None, 60)])
def test_prefer_wait__asks_the_service_to_hold_the_create(
    harness: Harness, seconds: int | None, header: str | None, read: float, method: str
) -> None:
    """The header says how long, and the answer is awaited for so much longer than others."""
    script = ScriptedResponses(
        httpx.Response(201, json=prediction_body("succeeded", output=["https://x.test/output-0.mp4"]))
    )
    client = harness.client(script)
    if method == "run":
        harness.do(client.run, prefer_wait=seconds)
    else:
        harness.do(client.predictions.create, {}, prefer_wait=seconds)
    assert script.requests[0].headers.get("prefer") == header
    assert script.requests[0].extensions["timeout"]["read"] == read
    assert json.loads(script.requests[0].content) == {"input": {}, "version": client.version}


@pytest.mark.parametrize(
    "seconds", [0, -1, 61, 99, 100, 10**30, True, False, 5.0, 5.5, "5", "wait=5", float("nan"), b"5"]
)
def test_prefer_wait__that_the_spec_forbids_is_refused(harness: Harness, seconds: Any) -> None:
    """What is no whole number of seconds, or more than the service holds a request, is refused with the rule."""
    kind, description = faults(harness, {}, prefer_wait=seconds)["prefer_wait"]
    assert kind == "pattern" and "at most 60 seconds" in description


@pytest.mark.parametrize(
    ("call", "field", "description"),
    [
        (lambda client: client.run(timeut=3), "input.timeut", "there is no such field; did you mean timeout?"),
        (lambda client: client.run(timout=3), "input.timout", "there is no such field; did you mean timeout?"),
        (lambda client: client.run(promt="x"), "input.promt", "there is no such field; did you mean prompt?"),
        (
            lambda client: client.predictions.create({"deadlin": 3}),
            "input.deadlin",
            "there is no such field; did you mean deadline?",
        ),
        (
            lambda client: client.predictions.create({"deadline": 3}),
            "input.deadline",
            "it is an option, which is an argument of its own",
        ),
        (
            lambda client: client.predictions.create({}, webhok="x"),
            "webhok",
            "there is no such option; did you mean webhook?",
        ),
        (
            lambda client: client.predictions.create({}, promt="x"),
            "promt",
            "there is no such option; did you mean prompt?",
        ),
        (
            lambda client: client.run_many([{}], concurency=3),
            "concurency",
            "there is no such option; did you mean concurrency?",
        ),
        (
            lambda client: client.predictions._new(PredictionModel("gm3q", "starting")).wait(timeut=3),
            "timeut",
            "there is no such option; did you mean timeout?",
        ),
    ],
)
def test_name__that_is_misspelled_gets_a_suggestion(
    harness: Harness, call: Callable[[Any], Any], field: str, description: str
) -> None:
    """The names of options and of fields are both suggested, as both may be meant."""
    script = ScriptedResponses(httpx.Response(201, json=prediction_body()))
    with pytest.raises(InvalidInputError) as caught:
        harness.do(call, harness.client(script))
    assert [(invalid.field, invalid.description) for invalid in caught.value.invalid_fields] == [(field, description)]
    assert script.requests == []


def test_name__in_an_input_of_many_gets_a_suggestion(harness: Harness) -> None:
    """An option that was put into one of many inputs is recognized as such."""
    script = ScriptedResponses(httpx.Response(201, json=prediction_body()))
    results = harness.do(harness.client(script).run_many, [{"timout": 3}, {"journal": "a.db"}])
    assert "input.timout: there is no such field; did you mean timeout?" in str(results[0].error)
    assert "input.journal: it is an option" in str(results[1].error)


def test_name__in_an_upscale_gets_a_suggestion(harness: Harness) -> None:
    """The options of `upscale` are suggested as well."""
    draft = prediction_body("succeeded", output=["https://x.test/output-0.mp4"])
    client = harness.client(ScriptedResponses(httpx.Response(200, json=draft)))
    with pytest.raises(InvalidInputError, match=r"input\.timeut: there is no such field; did you mean timeout\?"):
        harness.do(client.upscale, harness.do(client.predictions.get, "gm3q"), timeut=3)


class Index:
    """An integer of a library, as numpy's are."""

    def __index__(self) -> int:
        return 24

    def __float__(self) -> float:
        return 24.0


class Array(Index):
    """An array of a library, as numpy's are."""

    ndim = 1


Bool = type("bool_", (), {"__bool__": lambda _: True})


class Size(enum.Enum):
    """An enumeration that is no number."""

    LARGE = 1024


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (Index(), "convert it with int()"),
        (Bool(), "convert it with bool()"),
        (decimal.Decimal(24), "convert it with int() or float()"),
        (fractions.Fraction(24), "convert it with int() or float()"),
        (Size.LARGE, "pass its .value"),
        (Array(), ""),
        ("24", ""),
        (None, ""),
        (True, ""),
        (24, ""),
        (2.5, ""),
    ],
    ids=lambda value: type(value).__name__,
)
def test_number__of_another_library_is_refused_with_the_conversion(harness: Harness, value: Any, hint: str) -> None:
    """A value that is nearly a number is refused with the function that converts it, wherever a number is taken."""
    assert conversion_hint(value) == (f"; {hint}" if hint else "")
    if not hint:
        return
    found = faults(harness, {"num_frames": value}, deadline=value, prefer_wait=value)
    assert found["input.num_frames"][1].endswith(f"cannot be sent as JSON; {hint}")
    assert found["deadline"][1].endswith(f"is not allowed; {hint}")
    assert found["prefer_wait"][1].endswith(f"is not allowed; {hint}")
    client = harness.client(ScriptedResponses(httpx.Response(500)))
    for options in ({"timeout": value}, {"concurrency": value}):
        with pytest.raises(InvalidInputError, match=re.escape(f"; {hint}")):
            harness.do(client.run_many, [], **options)
    with pytest.raises(ConfigurationError, match=re.escape(f"; {hint}")):
        Retry(initial=value)
    with pytest.raises(ConfigurationError, match=re.escape(f"; {hint}")):
        Polling(growth=value)


def test_options__are_checked_all_at_once(harness: Harness) -> None:
    """Options and fields that are wrong are listed together."""
    found = faults(harness, {"width": 1}, deadline=1, prefer_wait=61, webhook=5, extra_input={"width": 2})
    assert set(found) == {"deadline", "extra_input.width", "input.width", "prefer_wait", "webhook"}


def edges() -> list[Any]:
    """Each bound of the spec, with the value on it and the one beyond."""
    cases = []
    for name, field in FIELDS.items():
        for keyword, step in (("minimum", -1), ("maximum", 1)):
            if keyword in field:
                cases.append(pytest.param(name, field[keyword], field[keyword] + step, id=f"{name}-{keyword}"))
    return cases


@pytest.mark.parametrize(("name", "inside", "outside"), edges())
def test_bound__holds_at_its_edge(harness: Harness, name: str, inside: float, outside: float) -> None:
    """The value on a bound is allowed, the next one is not."""
    script = ScriptedResponses(httpx.Response(201, json=prediction_body()))
    harness.do(harness.client(script).predictions.create, {name: inside})
    assert len(script.requests) == 1
    assert f"input.{name}" in faults(harness, {name: outside})


def test_faults__are_sorted_by_field(harness: Harness) -> None:
    """The order of the faults is that of their names, whichever check has found them."""
    found = list(faults(harness, {"width": 1, "promt": "x", "fps": "8", "guidance_scale": float("nan")}))
    assert found == ["input.fps", "input.guidance_scale", "input.promt", "input.width"]


def test_value__that_is_long_is_cut_in_the_message(harness: Harness) -> None:
    """A description shows the start of a long value and no more."""
    (_, description) = faults(harness, {"fps": "8" * 10_000})["input.fps"]
    assert description == f"'{'8' * 76}... is not of type integer"
