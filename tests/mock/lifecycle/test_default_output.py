"""The outputs that follow from the schemas of models."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zeroscope_mock.cog import ModelSchema
from zeroscope_mock.documents.validation import Schema
from zeroscope_mock.lifecycle.default_output import MOST_ITEMS, default_output
from zeroscope_mock.lifecycle.marks import fill_marks
from zeroscope_mock.lifecycle.model_input import InputReader
from zeroscope_mock.lifecycle.named_values import within_bounds

TEXT = {"type": "string"}
NUMBER = {"type": "number"}
INTEGER = {"type": "integer"}
FILE = {"type": "string", "format": "uri"}
TOKENS = {"x-cog-array-type": "iterator", "x-cog-array-display": "concatenate"}
PNG, MP4, WAV = "mock:file.png", "mock:file.mp4", "mock:file.wav"


def schema_of(output: Any, properties: dict[str, Any] | None = None, **others: Any) -> ModelSchema:
    """The schema of a model with an output and some fields."""
    schemas = {"Input": {"type": "object", "properties": properties or {}}, "Output": output, **others}
    return ModelSchema({"openapi": "3.0.2", "components": {"schemas": schemas}})


def made(
    output: Any, properties: dict[str, Any] | None = None, sent: dict[str, Any] | None = None, **others: Any
) -> Any:
    """The output for an input."""
    schema = schema_of(output, properties, **others)
    return default_output(schema, InputReader.of(schema).read(sent or {}), 7)


def list_of(items: Any, **keywords: Any) -> dict[str, Any]:
    """The schema of a list."""
    return {"type": "array", "items": items, **keywords}


def object_of(**properties: Any) -> dict[str, Any]:
    """The schema of an object."""
    return {"type": "object", "properties": properties, "required": list(properties)}


@pytest.mark.parametrize(
    ("output", "properties", "sent", "suffix"),
    [
        pytest.param(FILE, {}, {}, "png", id="nothing-says"),
        pytest.param(FILE, {"prompt": TEXT, "image": FILE}, {}, "png", id="picture-in"),
        pytest.param(FILE, {"prompt": TEXT, "fps": INTEGER}, {}, "mp4", id="rate"),
        pytest.param(FILE, {"input_image": FILE, "frames_per_second": INTEGER}, {}, "mp4", id="picture-and-rate"),
        pytest.param(FILE, {"duration": {**INTEGER, "description": "Length of the video"}}, {}, "mp4", id="video"),
        pytest.param(
            FILE, {"generate_audio": {"type": "boolean", "description": "With the video"}}, {}, "mp4", id="with-sound"
        ),
        pytest.param(FILE, {"start_image": FILE}, {}, "mp4", id="first-frame"),
        pytest.param(FILE, {"prompt": TEXT, "duration": INTEGER}, {}, "mp4", id="duration"),
        pytest.param(FILE, {"song": TEXT, "duration": INTEGER}, {}, "wav", id="duration-of-a-song"),
        pytest.param(
            FILE,
            {"audio": {"type": "boolean"}, "duration": INTEGER, "resolution": TEXT},
            {},
            "mp4",
            id="film-with-sound",
        ),
        pytest.param(FILE, {"text": TEXT, "voice_id": TEXT}, {}, "wav", id="voice"),
        pytest.param(FILE, {"prompt": {**TEXT, "description": "The music you want"}}, {}, "wav", id="music"),
        pytest.param(FILE, {"image": FILE, "driven_audio": FILE}, {}, "mp4", id="speaking-picture"),
        pytest.param(FILE, {"output_format": TEXT}, {"output_format": "WebP"}, "webp", id="format"),
        pytest.param(FILE, {"voice": TEXT, "audio_format": TEXT}, {"audio_format": "mp3"}, "mp3", id="sound-format"),
        pytest.param(FILE, {"fps": INTEGER, "output_format": TEXT}, {"output_format": "gif"}, "gif", id="animation"),
        pytest.param(
            {**FILE, "title": "Video"}, {"output_format": TEXT}, {"output_format": "gif"}, "gif", id="gif-of-a-video"
        ),
        pytest.param(
            {**FILE, "title": "Video"}, {"output_format": TEXT}, {"output_format": "png"}, "mp4", id="png-of-a-video"
        ),
        pytest.param(FILE, {"output_type": TEXT}, {"output_type": "pil"}, "png", id="unknown-format"),
        pytest.param({**FILE, "description": "A ZIP with results"}, {}, {}, "zip", id="description"),
        pytest.param({**FILE, "title": "Mesh"}, {}, {}, "glb", id="title"),
        pytest.param({**FILE, "example": "https://h/out.flac"}, {}, {}, "flac", id="example"),
        pytest.param({**FILE, "description": "A mesh made from an image"}, {"x": FILE}, {}, "glb", id="mesh"),
        pytest.param(FILE, {"noise": {**TEXT, "description": "Gaussian noise, CLIP"}}, {}, "png", id="words-of-others"),
    ],
)
def test_file__suffix(output: Any, properties: dict[str, Any], sent: dict[str, Any], suffix: str) -> None:
    """The input, the names and the descriptions tell which file a model makes."""
    assert made(output, properties, sent) == f"mock:file.{suffix}"


def test_file__suffix_by_property() -> None:
    """Each file of an object goes by its own name, whatever format the input asks for."""
    names = {"srt_file": "srt", "txt": "txt", "thumbnail": "png", "video": "mp4", "mp3": "mp3", "result": "webp"}

    output = made(object_of(**dict.fromkeys(names, FILE)), {"output_format": TEXT}, {"output_format": "webp"})

    assert output == {name: f"mock:file.{'webp' if name == 'thumbnail' else known}" for name, known in names.items()}


@pytest.mark.parametrize(
    ("output", "properties", "sent", "expected"),
    [
        pytest.param(list_of(FILE), {}, {}, [PNG], id="one"),
        pytest.param(list_of(FILE), {"num_outputs": INTEGER}, {"num_outputs": 3}, [PNG] * 3, id="count"),
        pytest.param(list_of(FILE), {"num_outputs": INTEGER}, {"num_outputs": 10**9}, [PNG] * MOST_ITEMS, id="huge"),
        pytest.param(list_of(FILE, maxItems=2), {"n": INTEGER}, {"n": 3}, [PNG] * 2, id="at-most"),
        pytest.param(list_of(FILE, minItems=2), {}, {}, [PNG] * 2, id="at-least"),
        pytest.param(list_of(FILE, **{"x-cog-array-type": "iterator"}), {}, {}, [PNG] * 3, id="progress"),
        pytest.param(
            list_of(FILE, **{"x-cog-array-type": "iterator"}),
            {"progressive_outputs": {"type": "boolean"}},
            {"progressive_outputs": False},
            [PNG],
            id="no-progress",
        ),
        pytest.param(list_of(list_of(FILE)), {"batch_size": INTEGER}, {"batch_size": 2}, [[PNG] * 2], id="nested"),
        pytest.param(list_of(object_of(file=FILE)), {"n": INTEGER}, {"n": 2}, [{"file": PNG}] * 2, id="objects"),
        pytest.param({"type": "array", "prefixItems": [FILE, INTEGER]}, {}, {}, [PNG, 8], id="places"),
        pytest.param({"anyOf": [{"type": "null"}, FILE]}, {}, {}, PNG, id="nullable"),
        pytest.param({"oneOf": [object_of(a=FILE), TEXT]}, {}, {}, {"a": PNG}, id="union"),
        pytest.param({"enum": ["yes"]}, {}, {}, "yes", id="choice"),
        pytest.param({"type": "null"}, {}, {}, None, id="null"),
        pytest.param({"type": "object", "additionalProperties": False}, {}, {}, {}, id="empty-object"),
        pytest.param(object_of(seed=INTEGER, width=INTEGER), {}, {"width": 64}, {"seed": 7, "width": 64}, id="known"),
        pytest.param(object_of(nsfw={"type": "boolean"}), {}, {}, {"nsfw": False}, id="rare"),
        pytest.param(
            list_of(object_of(input=TEXT)), {}, {"text": "a\nb"}, [{"input": "a"}, {"input": "b"}], id="lines"
        ),
        pytest.param(object_of(detected_language=TEXT), {}, {}, {"detected_language": "english"}, id="language"),
    ],
)
def test_output__by_schema(output: Any, properties: dict[str, Any], sent: dict[str, Any], expected: Any) -> None:
    """Every kind of output has the parts that its schema names."""
    assert made(output, properties, sent) == expected


def test_output__reference() -> None:
    """A reference to an object of the schema counts as the object."""
    output = made(
        list_of({"$ref": "#/components/schemas/ModelOutput"}), ModelOutput=object_of(image=FILE, score=NUMBER)
    )

    assert [set(one) for one in output] == [{"image", "score"}]
    assert 0 <= output[0]["score"] <= 1


def test_text__tokens_add_up_to_the_text() -> None:
    """A text that streams is the same as one that does not."""
    sent = {"prompt": "What is a tide?"}

    assert "".join(made(list_of(TEXT, **TOKENS), {"prompt": TEXT}, sent)) == made(TEXT, {"prompt": TEXT}, sent)
    assert "What is a tide" in made(TEXT, {"prompt": TEXT}, sent)


def test_text__limits() -> None:
    """Texts obey the most tokens and the stops."""
    sent = {"prompt": "What is a tide?", "max_tokens": 5, "stop": ["tide"]}

    tokens = made(list_of(TEXT, **TOKENS), {}, sent)
    stopped = made(list_of(TEXT, **TOKENS), {}, {**sent, "max_tokens": 500})

    assert len(tokens) == 5
    assert len(stopped) > 5 and "tide" not in "".join(stopped)


def test_text__by_sentence() -> None:
    """A model that streams texts which are no parts of one returns sentences."""
    output = made(list_of(TEXT, **{"x-cog-array-type": "iterator"}), {"prompt": TEXT})

    assert len(output) > 2 and all(sentence[-1] in ".?!" for sentence in output)


@pytest.mark.parametrize(
    ("properties", "sent", "part"),
    [
        ({"audio": FILE}, {}, "lighthouses"),
        ({"file": {**FILE, "description": "An audio file"}, "prompt": TEXT}, {"prompt": "names"}, "lighthouses"),
        ({"image": FILE}, {}, " a "),
        ({"image": FILE, "prompt": TEXT}, {"prompt": "Describe this image"}, " a "),
        ({"image": FILE, "question": TEXT}, {"question": "How many dogs?"}, "How many dogs"),
        ({"image": FILE, "prompt": TEXT, "max_tokens": INTEGER}, {"prompt": "A tide"}, "A tide"),
    ],
)
def test_text__purpose(properties: dict[str, Any], sent: dict[str, Any], part: str) -> None:
    """A model that listens transcribes, one that sees describes, and any other one replies."""
    text = made(TEXT, properties, sent)

    assert part in f" {text}"
    assert ("Describe" in text) is False


def test_segments__of_any_type() -> None:
    """Segments without a schema have start, end and text."""
    output = made(object_of(segments={"type": "array", "items": {}}, words={}), {"audio": FILE})

    for segments in output.values():
        assert len(segments) > 2
        assert all(one["start"] < one["end"] and one["text"] for one in segments)


def test_numbers__embedding_and_box() -> None:
    """An embedding is a long list of numbers about zero; a box lies within the picture."""
    output = made(
        object_of(embedding=list_of(NUMBER), box=list_of(INTEGER), rgb=list_of(INTEGER, minItems=3, maxItems=3)),
        {},
        {"width": 64, "height": 48},
    )

    assert len(output["embedding"]) == 384 and min(output["embedding"]) < 0 < max(output["embedding"]) <= 1
    left, top, right, bottom = output["box"]
    assert 0 <= left <= right <= 64 and 0 <= top <= bottom <= 48
    assert len(output["rgb"]) == 3


def test_numbers__box_of_shares() -> None:
    """A box whose numbers may not be over 1 has shares of the picture."""
    box = made(object_of(bbox=list_of({**NUMBER, "minimum": 0, "maximum": 1})))["bbox"]

    assert len(box) == 4 and 0 < box[0] < box[2] < 1 and 0 < box[1] < box[3] < 1


def test_object__of_any_names() -> None:
    """An object whose names are free has a few labels."""
    output = made({"type": "object", "additionalProperties": NUMBER})

    assert len(output) == 3 and all(isinstance(number, float) for number in output.values())


def test_output__same_seed() -> None:
    """Equal seeds give equal outputs, and other seeds other ones."""
    schema = schema_of(object_of(text=TEXT, score=NUMBER, tokens=list_of(TEXT, **TOKENS)))
    wanted = InputReader.of(schema).read({})
    outputs = [default_output(schema, wanted, seed) for seed in (1, 1, 2)]

    assert outputs[0] == outputs[1] != outputs[2]


def test_output__of_a_schema_that_contains_itself() -> None:
    """A schema that contains itself comes to an end, however wide it is."""
    node = object_of(**{f"field_{number}": {"$ref": "#/components/schemas/Node"} for number in range(30)})
    optional = {**node, "required": []}

    assert made({"$ref": "#/components/schemas/Node"}, Node=optional)
    assert made({"$ref": "#/components/schemas/Node"}, Node=node)


@pytest.mark.parametrize("least", [60, 1000, 10**9])
def test_output__of_long_lists_within_lists(least: int) -> None:
    """Lists within lists do not multiply without end: the innermost ones are whole, and the outer ones cut."""
    output = list_of(list_of(list_of(list_of(TEXT, minItems=least), minItems=least), minItems=least), minItems=least)

    value = made(output)

    assert len(value[-1][-1][-1]) == min(least, 4096)
    assert len(value) * len(value[-1]) * len(value[-1][-1]) * len(value[-1][-1][-1]) <= 20_000


def test_output__of_a_transcription_is_one_text() -> None:
    """The whole text and its segments tell of the same recording."""
    fields = {"transcription": TEXT, "segments": {"title": "Segments"}}

    audio = {"audio": {"type": "string", "format": "uri"}}
    value = made({"type": "object", "properties": fields, "required": list(fields)}, audio)

    assert value["transcription"].startswith(value["segments"][0]["text"])


@pytest.mark.parametrize(
    ("value", "schema", "whole", "bounded"),
    [
        (5, {}, True, 5),
        (5, {"minimum": 5, "maximum": 5}, True, 5),
        (5, {"exclusiveMinimum": 5}, True, 6),
        (5, {"exclusiveMaximum": 5}, True, 4),
        (5, {"minimum": 5.5}, True, 6),
        (5, {"minimum": 10, "maximum": 20}, True, 15),
        (5, {"minimum": 6, "maximum": 4}, True, None),
        (0.0, {"exclusiveMinimum": 0, "maximum": 1}, False, 0.5),
        (1.0, {"minimum": 0, "exclusiveMaximum": 1}, False, 0.5),
        (0.5, {"minimum": 0, "exclusiveMinimum": 0.5, "maximum": 1}, False, 0.75),
        (0.5, {"maximum": -3}, False, -3),
        (0.5, {"minimum": True, "maximum": "x"}, False, 0.5),
        (0.5, {"minimum": 10**400}, False, 0.5),
    ],
)
def test_bounds__of_a_number(value: float, schema: dict[str, Any], whole: bool, bounded: float | None) -> None:
    """A number that its schema forbids moves between the bounds; impossible bounds have none."""
    assert within_bounds(value, schema, 0.5, whole=whole) == bounded


bounds = st.integers(-1000, 1000)


@st.composite
def numbers(draw: st.DrawFn) -> dict[str, Any]:
    """Schemas of numbers with possible bounds."""
    low = draw(bounds)
    schema: dict[str, Any] = {"type": draw(st.sampled_from(["integer", "number"]))}
    schema |= draw(st.sampled_from([{}, {"minimum": low}, {"exclusiveMinimum": low}]))
    high = low + draw(st.integers(2, 50))
    return schema | draw(st.sampled_from([{}, {"maximum": high}, {"exclusiveMaximum": high}]))


names = st.sampled_from(
    ["text", "score", "label", "box", "embedding", "segments", "language", "file", "id", "x", "tags"]
)
leaves = st.one_of(
    numbers(),
    st.sampled_from([TEXT, FILE, {"type": "boolean"}, {}, {"type": "string", "format": "date-time"}]),
    st.builds(
        lambda least, more: {**TEXT, "minLength": least, "maxLength": least + more}, bounds.map(abs), bounds.map(abs)
    ),
    st.lists(st.sampled_from(["a", 1, 2.5]), min_size=1, unique=True).map(lambda values: {"enum": values}),
)
schemas = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda items, least: list_of(items, minItems=least), inner, st.integers(0, 5)),
        st.builds(lambda items, most: list_of(items, maxItems=most), inner, st.integers(0, 5)),
        st.integers(0, 200).map(lambda least: list_of(TEXT, minItems=least, **TOKENS)),
        st.dictionaries(names, inner, max_size=4).map(lambda fields: object_of(**fields)),
        inner.map(lambda values: {"type": "object", "additionalProperties": values}),
        inner.map(lambda one: {"anyOf": [{"type": "null"}, one]}),
        inner.map(lambda one: {"allOf": [one], "title": "Score"}),
        st.builds(lambda one, other: {"oneOf": [one], "anyOf": [one, other]}, inner, inner),
    ),
    max_leaves=8,
)


@given(schemas, st.integers(0, 9), st.integers(0, 2**32))
def test_output__is_valid(output: dict[str, Any], count: int, seed: int) -> None:
    """An output with URLs in place of its marks is what its schema allows."""
    schema = schema_of(output)
    wanted = InputReader.of(schema).read({"num_outputs": count, "prompt": "A tide"})

    value = fill_marks(default_output(schema, wanted, seed), lambda number, suffix: f"https://h/{number}.{suffix}")

    assert Schema(output, {}).invalid_fields(value) == []


KEYWORDS = (
    "type format enum items properties required anyOf allOf $ref title description minimum maximum exclusiveMinimum"
    " minItems maxItems minLength multipleOf default example prefixItems additionalProperties x-cog-array-type prompt"
    " width duration stop messages"
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYWORDS.split()),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(anything, anything, st.dictionaries(st.sampled_from(["prompt", "width", "duration", "stop", "x"]), anything))
def test_output__of_an_odd_schema(output: Any, field: Any, sent: dict[str, Any]) -> None:
    """A schema that makes no sense is followed as far as it can be."""
    for properties in ({}, {"prompt": field, "width": field, "duration": field, "image": field}):
        schema = schema_of(output, properties)
        wanted = InputReader.of(schema).read(sent)

        default_output(schema, wanted, 7)
        wanted.error()
        assert wanted.size >= 1 and wanted.steps >= 1 and wanted.sound_seconds >= 0
