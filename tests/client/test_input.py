"""What is refused before anything is sent."""

from __future__ import annotations

import enum
import json
from typing import Any

import httpx
import pytest

from support import Script, Shell, prediction_body
from zeroscope import InvalidInputError, _api

FIELDS = _api.spec()["components"]["schemas"]["PredictionInput"]["properties"]

LEAST = FIELDS["width"]["minimum"]
MOST = FIELDS["guidance_scale"]["maximum"]


def faults(shell: Shell, input: Any, **options: Any) -> dict[str, tuple[str, str]]:
    """The faults that a create finds, by field, having made sure that nothing was sent."""
    script = Script(httpx.Response(201, json=prediction_body()))
    with pytest.raises(InvalidInputError) as caught:
        shell.do(shell.client(script).predictions.create, input, **options)
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
        ({"init_video": "not a uri"}, "input.init_video", "format", "'not a uri' is not a uri"),
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
    shell: Shell, input: dict[str, Any], field: str, kind: str, description: str
) -> None:
    """Each kind of fault says which field, which value and what would do."""
    found = faults(shell, input)
    assert set(found) == {field}
    assert found[field][0] == kind and found[field][1].endswith(description)


def test_faults__are_listed_all_at_once(shell: Shell) -> None:
    """One error lists every fault, so that a caller mends them in one go."""
    input = {"width": 1, "height": "tall", "model": "xxl", "promt": "x", "guidance_scale": float("nan")}
    assert set(faults(shell, input)) == {f"input.{name}" for name in input}


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), "\ud800", b"bytes", object(), {1, 2}], ids=lambda value: type(value).__name__
)
def test_value__that_json_cannot_carry_is_a_fault(shell: Shell, value: Any) -> None:
    """What cannot be written as JSON is refused by name instead of failing while it is sent."""
    (kind, description) = faults(shell, {"prompt": value})["input.prompt"]
    assert kind == "invalid_type" and "cannot be sent as JSON" in description


def test_value__that_contains_itself_is_a_fault(shell: Shell) -> None:
    """A structure without an end is refused."""
    endless: list[Any] = []
    endless.append(endless)
    assert "input.prompt" in faults(shell, {"prompt": endless})


@pytest.mark.parametrize("input", ["hello", None, 5, [("prompt", "x")]])
def test_input__has_to_be_a_mapping(shell: Shell, input: Any) -> None:
    """Something that is no mapping is refused as a whole."""
    assert set(faults(shell, input)) == {"input"}


def test_value__that_cannot_even_be_shown_is_a_fault(shell: Shell) -> None:
    """An integer beyond what Python writes is refused like any other value that JSON cannot carry."""
    assert "input.num_frames" in faults(shell, {"num_frames": 10**5000})


def test_name__that_is_no_text_is_a_fault(shell: Shell) -> None:
    """A key that is no text is an unknown name."""
    assert "input.5" in faults(shell, {5: 5})
    assert "input.(1, 2)" in faults(shell, {(1, 2): 5, "width": 576})


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
def test_options__are_checked_as_well(shell: Shell, options: dict[str, Any], field: str) -> None:
    """The other parts of the body obey the spec, too."""
    assert field in faults(shell, {}, **options)


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
def test_input__that_the_spec_allows_is_sent_as_it_is(shell: Shell, input: Any, sent: Any) -> None:
    """Nothing is refused, changed or added beyond what the spec says."""
    script = Script(httpx.Response(201, json=prediction_body()))
    shell.do(shell.client(script).predictions.create, input)
    assert json.loads(script.requests[0].content)["input"] == sent


def edges() -> list[Any]:
    """Each bound of the spec, with the value on it and the one beyond."""
    cases = []
    for name, field in FIELDS.items():
        for keyword, step in (("minimum", -1), ("maximum", 1)):
            if keyword in field:
                cases.append(pytest.param(name, field[keyword], field[keyword] + step, id=f"{name}-{keyword}"))
    return cases


@pytest.mark.parametrize(("name", "inside", "outside"), edges())
def test_bound__holds_at_its_edge(shell: Shell, name: str, inside: float, outside: float) -> None:
    """The value on a bound is allowed, the next one is not."""
    script = Script(httpx.Response(201, json=prediction_body()))
    shell.do(shell.client(script).predictions.create, {name: inside})
    assert len(script.requests) == 1
    assert f"input.{name}" in faults(shell, {name: outside})


def test_faults__are_sorted_by_field(shell: Shell) -> None:
    """The order of the faults is that of their names, whichever check has found them."""
    found = list(faults(shell, {"width": 1, "promt": "x", "fps": "8", "guidance_scale": float("nan")}))
    assert found == ["input.fps", "input.guidance_scale", "input.promt", "input.width"]


def test_value__that_is_long_is_cut_in_the_message(shell: Shell) -> None:
    """A description shows the start of a long value and no more."""
    (_, description) = faults(shell, {"fps": "8" * 10_000})["input.fps"]
    assert description == f"'{'8' * 76}... is not of type integer"
