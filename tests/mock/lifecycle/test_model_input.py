"""The inputs of models of any kind, as the model reads them."""

from __future__ import annotations

from typing import Any

import pytest

from zeroscope_mock.cog import ModelSchema
from zeroscope_mock.cog.field_names import FieldNames
from zeroscope_mock.cog.sizes import SIDE_LIMIT
from zeroscope_mock.lifecycle.model_input import InputReader, ModelInput

TEXT = {"type": "string"}
INTEGER = {"type": "integer"}


def read(sent: dict[str, Any], properties: dict[str, Any] | None = None, *, limited: bool = False) -> ModelInput:
    """An input of a model with some fields, or with any."""
    return InputReader(FieldNames(properties or {}), limited=limited).read(sent)


@pytest.mark.parametrize(
    ("sent", "attributes"),
    [
        pytest.param({}, {"prompt": "", "width": 512, "batch_size": 1, "counted": False}, id="nothing"),
        pytest.param({"text": "a", "num_images": 3}, {"prompt": "a", "batch_size": 3, "counted": True}, id="count"),
        pytest.param({"width": 640.0}, {"width": 640, "height": 640}, id="integers"),
        pytest.param({"duration": "5s"}, {"duration": 5, "num_frames": 40}, id="duration"),
        pytest.param({"duration": 5, "fps": 24}, {"num_frames": 120}, id="duration-and-rate"),
        pytest.param({"duration": 5, "num_frames": 7}, {"num_frames": 7}, id="frames-before-duration"),
        pytest.param({"duration": 1e15, "fps": 10**400}, {"num_frames": 100_000}, id="endless"),
        pytest.param(
            {"length_ms": 10**400, "width": 10**400, "ratio": "9:5", "mp": 10**400}, {"duration": 86400}, id="no-end"
        ),
        pytest.param(
            {"width": 0, "fps": -1, "n": -1, "quality": 900},
            {"width": 1, "fps": 1, "batch_size": 0, "quality": 100},
            id="impossible",
        ),
        pytest.param({"megapixels": 10**400, "aspect_ratio": "9:16"}, {"height": 4096, "width": 2313}, id="huge-area"),
        pytest.param({"music_length_ms": 2500}, {"duration": 2.5}, id="milliseconds"),
        pytest.param({"seed": -1}, {"seed": None}, id="random-seed"),
        pytest.param({"max_tokens": "1e3"}, {"max_tokens": 1000}, id="exponent"),
        pytest.param({"max_tokens": "1e999"}, {"max_tokens": 1}, id="too-large-an-exponent"),
        pytest.param({"seed": 0}, {"seed": 0}, id="seed"),
        pytest.param({"max_new_tokens": 9, "stop": ["a"]}, {"max_tokens": 9, "stop": ("a",)}, id="tokens"),
        pytest.param({"image": "https://h/a", "mask": "https://h/b"}, {"picture": "https://h/a"}, id="picture"),
        pytest.param({"wish": "a", "url": "https://h/a"}, {"prompt": "a"}, id="any-text"),
        pytest.param({"wish": "a", "url": "mock:empty"}, {"prompt": "mock:empty"}, id="text-that-steers"),
        pytest.param({"prompt": "\ud800"}, {"prompt": "\ud800"}, id="half-a-character"),
    ],
)
def test_input__by_names_alone(sent: dict[str, Any], attributes: dict[str, Any]) -> None:
    """Without a schema, the names of the fields decide."""
    wanted = read(sent)

    assert {name: getattr(wanted, name) for name in attributes} == attributes
    assert wanted == read(sent)


def test_input__defaults_of_the_schema() -> None:
    """Defaults hold where the input says nothing."""
    properties = {
        "prompt": {**TEXT, "default": "a boat"},
        "aspect_ratio": {**TEXT, "default": "16:9"},
        "steps": {**INTEGER, "default": 9},
        "seed": {**INTEGER, "default": -1},
        "output_format": {**TEXT, "default": "webp"},
    }

    wanted, other = read({}, properties), read({"aspect_ratio": "1:1", "prompt": "x"}, properties)

    assert (wanted.prompt, wanted.width, wanted.height, wanted.steps) == ("a boat", 1344, 768, 9)
    assert (wanted.seed, wanted.suffix) == (None, "webp")
    assert (other.prompt, other.width, other.height) == ("x", 1024, 1024)


@pytest.mark.parametrize(
    ("sent", "limited", "error"),
    [
        pytest.param({"image": "https://nowhere.invalid/a.png"}, False, "Name or service not known", id="host"),
        pytest.param({"images": ["https://h/a", "https://no.invalid/"]}, False, "Name or service", id="host-in-a-list"),
        pytest.param({"prompt": "What is .invalid?"}, False, None, id="no-host"),
        pytest.param({"width": SIDE_LIMIT + 1}, False, "CUDA out of memory", id="too-wide"),
        pytest.param({"width": SIDE_LIMIT, "num_frames": 500}, False, None, id="many-frames"),
        pytest.param({"width": SIDE_LIMIT, "num_frames": 500}, True, "CUDA out of memory", id="limited-many-frames"),
        pytest.param({"fps": 0}, False, None, id="no-rate"),
        pytest.param({"fps": 0}, True, "fps must be at least 1", id="limited-no-rate"),
        pytest.param({"fps": 2000}, False, None, id="high-rate"),
        pytest.param({"fps": 2000}, True, "fps must be at most", id="limited-high-rate"),
    ],
)
def test_input__error(sent: dict[str, Any], limited: bool, error: str | None) -> None:
    """Of models other than the document's, only unreachable hosts and huge pictures are known to fail."""
    found = read(sent, limited=limited).error()

    assert found is None if error is None else error in str(found)


@pytest.mark.parametrize(
    ("sent", "seconds"),
    [({"duration": 3}, 3), ({}, 8), ({"text": "a"}, 1), ({"text": "a" * 150}, 10), ({"text": "a" * 10_000}, 60)],
)
def test_input__seconds_of_a_sound(sent: dict[str, Any], seconds: float) -> None:
    """A sound of no stated length takes as long as its text read aloud."""
    assert read(sent).sound_seconds == seconds


def test_reader__one_for_each_schema() -> None:
    """A schema is looked through once."""
    schema = ModelSchema({"components": {"schemas": {"Input": {"properties": {"wish": TEXT}, "required": ["wish"]}}}})

    assert InputReader.of(schema) is InputReader.of(schema)
    assert InputReader.of(schema).read({"wish": "a"}).prompt == "a"
