"""Compares the page on models with the code, and runs what it shows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from helpers.pages import ROOT, code_blocks, read_page
from zeroscope_mock.cog.field_names import meanings_table
from zeroscope_mock.cog.guess import guess_schema
from zeroscope_mock.cog.model_schema import ModelSchema
from zeroscope_mock.cog.sizes import FALLBACK_SIZE, SIDE_LIMIT
from zeroscope_mock.lifecycle.default_output import MOST_ITEMS, default_output
from zeroscope_mock.lifecycle.model_input import InputReader, ModelInput
from zeroscope_mock.media import formats, input_picture, output_file, sound

PAGE = read_page("models.md")
OUTPUTS = re.findall(r"^\| `(\{.*\})` \| `(.*)` \|$", PAGE, re.MULTILINE)
GUESSES = {
    "text that streams": ["You", " asked"],
    "a text, spoken": "Good morning.",
    "a text, a caption": "a lighthouse",
    "a WAV file": "mock:file.wav",
    "an MP4 file": "mock:file.mp4",
    "a GLB file": "mock:file.glb",
    "a list of numbers": [0.5],
    "a list of PNG files": ["mock:file.png"],
}


def output(schema: ModelSchema, sent: dict[str, Any]) -> Any:
    return default_output(schema, InputReader.of(schema).read(sent), 7)


def guesses(head: str) -> list[tuple[str, str]]:
    """The code in the first column of a table of guesses, each with its output."""
    (rows,) = re.findall(rf"^\| {head} \| output \|\n\|[-|]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    cells = [row.split("|")[1:3] for row in rows.splitlines()]
    return [(word, made.strip()) for words, made in cells for word in re.findall(r"`([^`]+)`", words)]


def assert_alike(made: Any, shown: Any) -> None:
    """Assert that an output is of the same form as one that the page shows; lists may be longer."""
    assert type(made) is type(shown)
    if isinstance(shown, dict):
        assert made.keys() == shown.keys()
        for name, value in shown.items():
            assert_alike(made[name], value)
    elif isinstance(shown, list):
        if any("mock:file" in str(one) for one in shown):
            assert len(made) == len(shown)
        for one, other in zip(made, shown, strict=False):
            assert_alike(one, other)
    elif isinstance(shown, str) and "mock:file" in f"{made}{shown}":
        assert made == shown


@pytest.mark.parametrize(("schema", "shown"), OUTPUTS)
def test_output__is_as_shown(schema: str, shown: str) -> None:
    """Each schema in the table gives an output of the form beside it."""
    fields = {"type": "object", "properties": {"prompt": {"type": "string"}}}
    model = ModelSchema({"components": {"schemas": {"Input": fields, "Output": json.loads(schema)}}})

    made = output(model, {"prompt": "a fox"})

    assert_alike(made, json.loads(shown))
    assert model.output_invalid_fields(json.loads(shown)) == []


@pytest.mark.parametrize(("name", "made"), guesses("names such as"))
def test_guess__by_name(name: str, made: str) -> None:
    """Each name in the table gives the output beside it."""
    found = output(guess_schema(name, {}), {})

    assert_alike(found, GUESSES[made])
    assert (guess_schema(name, {}).output.get("title") == "Transcription") == (made == "a text, spoken")


@pytest.mark.parametrize(("field", "made"), guesses("input with a field such as"))
def test_guess__by_field(field: str, made: str) -> None:
    """Each field in the table gives the output beside it, for a name that says nothing."""
    assert_alike(output(guess_schema("acme/anything", {field: 1}), {}), GUESSES[made])


def test_field_table__is_that_of_the_code() -> None:
    """The table has each meaning with its names."""
    (table,) = re.findall(r"<!-- A test compares .* -->\n(.*)\n<!-- The table ends here. -->", PAGE, re.DOTALL)
    assert table == meanings_table()


def test_format_table__is_that_of_the_code() -> None:
    """The table has each suffix with its content type, in order."""
    rows = re.findall(r"^\| `(\w+)` \| `([^`]+)` \| \S", PAGE, re.MULTILINE)
    assert rows == [(suffix, content_type) for suffix, (content_type, _) in formats.SUFFIXES.items()]
    assert f"as `{formats.content_type('unknown')}`" in PAGE


def test_numbers__are_those_of_the_code() -> None:
    """Bounds and usual values are those of the code."""
    bounds = re.findall(r"^\| [a-z ]+ \| ([\d,]+)(?: \w+)? \|", PAGE, re.MULTILINE)
    usual = ModelInput()
    assert [int(number.replace(",", "")) for number in bounds] == [
        SIDE_LIMIT,
        output_file.FRAME_LIMIT,
        output_file.DURATION_LIMIT,
        input_picture.PIXEL_LIMIT,
    ]
    assert (
        f"{FALLBACK_SIZE[0]}x{FALLBACK_SIZE[1]} pixels, {usual.fps} frames per second, {usual.num_frames} frames"
        in PAGE
    )
    assert f"up to {MOST_ITEMS}." in PAGE and f"{sound.SAMPLE_RATE:,} samples a second" in PAGE


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_page__runs_as_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python blocks run in order as one program, beside the schemas of an example."""
    monkeypatch.chdir(ROOT / "examples" / "any_model" / "python")
    names: dict[str, Any] = {"__name__": "page"}
    for block in code_blocks(PAGE, "python"):
        exec(compile(block, str(Path("models.md")), "exec"), names)
