"""The sounds of the mock: format, duration, title, and a melody of the text."""

from __future__ import annotations

import wave
from array import array
from io import BytesIO
from typing import Any

import av
import pytest

from helpers.output_files import output_file
from zeroscope_mock.media import formats
from zeroscope_mock.media import output_file as output_file_module
from zeroscope_mock.media.sound import SAMPLE_RATE

CODECS = {
    "wav": "pcm_s16le",
    "mp3": "mp3float",
    "ogg": "opus",
    "opus": "opus",
    "flac": "flac",
    "m4a": "aac",
    "AAC": "aac",
}
# What the encoders of formats that lose details add at the ends, in seconds.
PADDING = 0.1


def sound(suffix: str = "wav", text: str = "The storm is over", **changed: Any) -> bytes:
    """The bytes of a sound."""
    return formats.render(output_file(suffix, text, **changed))


def samples(content: bytes) -> array[int]:
    """The samples of a WAV file."""
    with wave.open(BytesIO(content)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, SAMPLE_RATE)
        return array("h", file.readframes(file.getnframes()))


@pytest.mark.parametrize("suffix", CODECS)
@pytest.mark.parametrize("duration", [0.1, 1.5, 12.34])
def test_render__is_a_sound_of_the_format_and_duration(suffix: str, duration: float) -> None:
    """FFmpeg decodes every format, and it lasts as long as was asked for."""
    with av.open(BytesIO(sound(suffix, duration=duration)), "r") as container:
        stream = container.streams.audio[0]
        frames = list(container.decode(stream))
        assert stream.codec_context.name == CODECS[suffix]
        seconds = sum(frame.samples for frame in frames) / frames[0].sample_rate
        assert duration - 0.001 <= seconds < duration + (0.001 if suffix in ("wav", "flac") else PADDING)


@pytest.mark.parametrize("duration", [0.1, 1.5, 12.34])
def test_render__wav_has_as_many_samples_as_asked(duration: float) -> None:
    """Python's own module reads it, and not one sample is missing."""
    assert len(samples(sound(duration=duration))) == round(duration * SAMPLE_RATE)


@pytest.mark.parametrize(
    ("asked", "made"), [(0, 0.1), (-1, 0.1), (float("nan"), 0.1), (float("inf"), 2), (10**400, 2), (1.9, 1.9)]
)
def test_render__durations_have_bounds(monkeypatch: pytest.MonkeyPatch, asked: float, made: float) -> None:
    """A duration beyond the bounds becomes the nearest within."""
    monkeypatch.setattr(output_file_module, "DURATION_LIMIT", 2.0)

    assert len(samples(sound(duration=asked))) == round(made * SAMPLE_RATE)


@pytest.mark.parametrize("suffix", CODECS)
def test_render__other_seeds_indices_and_texts_are_other_sounds(suffix: str) -> None:
    """Whatever tells two outputs apart is to be heard."""
    others: tuple[dict[str, Any], ...] = ({}, {"seed": 5}, {"index": 1}, {"text": "A ship"})

    assert len({sound(suffix, **other) for other in others}) == 4


def test_render__is_to_be_heard() -> None:
    """The melody is neither silent nor too loud to be right, and goes on until the end."""
    melody = samples(sound(duration=20))

    for start in range(0, len(melody), SAMPLE_RATE):
        assert 1000 < max(melody[start : start + SAMPLE_RATE]) < 20_000


def test_render__a_word_sounds_the_same_each_time() -> None:
    """Two equal words make equal notes, each followed by a pause."""
    melody = samples(sound(text="echo", duration=0.9))

    assert melody[: len(melody) // 2] == melody[len(melody) // 2 :]


@pytest.mark.parametrize("suffix", ["mp3", "flac", "m4a", "wav"])
def test_render__the_title_is_the_text(suffix: str) -> None:
    """Players show the text, on one line."""
    with av.open(BytesIO(sound(suffix, "The storm\n is \x00 over 宇")), "r") as container:
        assert container.metadata["title"] == "The storm is  over 宇"


@pytest.mark.parametrize("suffix", CODECS)
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("\ud83d \x00\x1b[31m \u202e", id="controls-and-half-a-surrogate-pair"),
        pytest.param("宇航员骑马 🐎🚀 👩‍🚀 رائد فضاء", id="emoji-and-right-to-left"),
        pytest.param("word " * 20_000, id="100,000-characters"),
        pytest.param("W" * 100_000, id="one-endless-word"),
    ],
)
def test_render__any_text(suffix: str, text: str) -> None:
    """Whatever the text, there is a sound."""
    with av.open(BytesIO(sound(suffix, text)), "r") as container:
        assert sum(frame.samples for frame in container.decode(audio=0)) > SAMPLE_RATE
