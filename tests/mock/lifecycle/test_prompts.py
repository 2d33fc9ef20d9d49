"""The prompts that steer a prediction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer
from zeroscope_mock.lifecycle.prompts import PROMPTS, steering_text

Create = Callable[..., dict[str, Any]]


@pytest.fixture
def after(server: MockServer, api: httpx.Client, create: Create) -> Callable[..., dict[str, Any]]:
    """Creates a prediction with a prompt and returns its body a number of seconds later."""

    def after(seconds: float, prompt: str, **fields: Any) -> dict[str, Any]:
        prediction = create(prompt=prompt, **fields)
        server.clock.advance(seconds)
        body: dict[str, Any] = api.get(prediction["urls"]["get"]).json()
        return body

    return after


def test_model_without_a_prompt__is_steered_by_any_text(document: dict[str, Any]) -> None:
    """Where the input has no prompt, the first text that steers does."""
    fields = document["components"]["schemas"]["PredictionInput"]["properties"]
    fields["text"] = fields.pop("prompt") | {"default": "words"}
    server = MockServer(spec=document)

    with server.client() as client:
        texts = {"negative_prompt": "no rain", "text": "mock:fail out of luck"}
        prediction = client.predictions.create({}, extra_input=texts).wait()

    assert prediction.error == "out of luck"


@pytest.mark.parametrize(
    ("prompt", "error"),
    [
        ("mock:fail out of luck, twice", "out of luck, twice"),
        ("mock:fail", "the model failed because the prompt asked for it"),
        ("mock:fial x", "there is no prompt mock:fial; there are " + ", ".join(f"mock:{name}" for name in PROMPTS)),
    ],
)
def test_fail(after: Create, prompt: str, error: str) -> None:
    """`mock:fail MESSAGE` fails halfway with the message; so does a word that does not exist, saying which do."""
    body = after(10, prompt)

    assert (body["status"], body["error"], body["output"]) == ("failed", error, None)
    assert body["logs"].splitlines()[-1].startswith(" 50%|█████     | 25/50 ")
    assert body["metrics"]["predict_time"] == pytest.approx(25 / 15.8, abs=1e-5)


@pytest.mark.parametrize(
    ("prompt", "fields", "seconds"),
    [
        ("mock:slow", {}, 10.0),
        ("mock:slow", {"num_inference_steps": 500}, 500 / 15.8),
        ("mock:slow 60", {}, 60.0),
        ("mock:slow 1", {}, 50 / 15.8),
        ("mock:slow motion", {}, 10.0),
    ],
)
def test_slow(after: Create, prompt: str, fields: dict[str, int], seconds: float) -> None:
    """`mock:slow SECONDS` runs for at least so long, by default 10 seconds, and still draws each step once."""
    body = after(100, prompt, **fields)

    assert body["status"] == "succeeded"
    assert body["metrics"]["predict_time"] == pytest.approx(seconds, abs=1e-5)
    assert body["logs"].splitlines()[-1].startswith("100%|██████████|")


def test_slow_progress_is_slow(after: Create) -> None:
    """Steps are spread over the whole run."""
    line = after(6, "mock:slow")["logs"].splitlines()[-1]

    assert 40 <= int(line.partition("%")[0]) <= 55


def test_abort(after: Create) -> None:
    """`mock:abort` ends before it starts, so that there is nothing to bill."""
    body = after(10, "mock:abort")

    assert (body["status"], body["output"], body["logs"], body["error"]) == ("aborted", None, "", None)
    assert "started_at" not in body
    assert body["metrics"].keys() == {"total_time"}


def test_expire(after: Create) -> None:
    """`mock:expire` succeeds, but its output is gone."""
    body = after(10, "mock:expire")

    assert (body["status"], body["data_removed"]) == ("succeeded", True)
    assert (body["input"], body["output"], body["logs"]) == ({}, None, "")


def test_empty(after: Create) -> None:
    """`mock:empty` succeeds without a video."""
    body = after(10, "mock:empty")

    assert (body["status"], body["output"]) == ("succeeded", [])


def test_a_failure_of_the_model_precedes_the_prompt(after: Create) -> None:
    """Even a steered prediction cannot make what does not fit into memory."""
    assert after(10, "mock:slow", num_frames=10**6)["error"].startswith("CUDA out of memory.")


@pytest.mark.parametrize("prompt", ["a mock:fail in the middle", "Mock:fail", "mock", ""])
def test_other_prompts_are_only_prompts(after: Create, prompt: str) -> None:
    """A prompt steers only if it begins with `mock:`."""
    assert after(10, prompt)["status"] == "succeeded"


CHAT = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "mock:fail"}]


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ({}, None),
        ({"prompt": "a storm"}, None),
        ({"prompt": "mock:fail"}, "mock:fail"),
        ({"sentence": "mock:slow 5"}, "mock:slow 5"),
        ({"negative_prompt": "mock:abort", "prompt": "mock:fail"}, "mock:fail"),
        ({"prompt": "a storm", "system_prompt": "mock:abort"}, "mock:abort"),
        ({"first": "mock:abort", "second": "mock:fail"}, "mock:abort"),
        ({"seed": 1, "on": True, "scale": 0.5, "mask": None, "text": "mock:fail"}, "mock:fail"),
        ({"messages": CHAT}, "mock:fail"),
        ({"messages": [], "options": {}, "text": "mock:fail"}, "mock:fail"),
        ({"messages": CHAT, "text": "mock:abort"}, "mock:fail"),
        ({"prompt": ["mock:abort"], "text": "mock:fail"}, "mock:abort"),
        ({"prompt": {"text": ["x", {"y": [[], "mock:abort"]}, "mock:fail"]}}, "mock:abort"),
        ({"mock:fail": "mock"}, None),
        ({"text": " mock:fail", "other": "Mock:fail"}, None),
    ],
)
def test_steering_text__is_in_any_field(sent: dict[str, Any], text: str | None) -> None:
    """The prompt first, then the texts of the other fields in their order, nested ones too."""
    assert steering_text(sent) == text


def test_steering_text__may_be_nested_deeply() -> None:
    """More deeply than functions may call each other."""
    value: Any = "mock:fail"
    for _ in range(50_000):
        value = [{"a": value}]

    assert steering_text({"messages": value}) == "mock:fail"
