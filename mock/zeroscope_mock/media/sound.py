"""Renders sounds: a melody made of the words of the text and the seed."""

from __future__ import annotations

import math
import random
from array import array
from functools import lru_cache
from io import BytesIO
from itertools import cycle
from typing import Any

import av

from .output_file import OutputFile

SAMPLE_RATE = 24_000
"""Samples per second, of one channel, as text-to-speech models have them."""

# Semitones above the root; no two of a pentatonic scale clash.
_SCALE = (0, 2, 4, 7, 9, 12, 14, 16)
_ROOTS = (130.81, 146.83, 164.81, 174.61, 196.0, 220.0)
# The shares of the overtones, from the root on: a flute, a bell, a reed.
_VOICES = ((1.0, 0.3, 0.1), (1.0, 0.0, 0.5, 0.0, 0.25), (0.7, 0.4, 0.3, 0.2))
_NOTE, _PAUSE = 0.18, 0.09
# Decoders find nothing in a file with less.
_SHORTEST = 0.1
_LONGEST_WORD = 4
_MOST_WORDS = 200
_LONGEST_TITLE = 1000

# The container and the codec of each suffix, each with its options.
_CODECS: dict[str, tuple[str, str, dict[str, str]]] = {
    "wav": ("wav", "pcm_s16le", {}),
    "mp3": ("mp3", "libmp3lame", {"b": "64k"}),
    "ogg": ("ogg", "libopus", {"b": "32k"}),
    "opus": ("ogg", "libopus", {"b": "32k"}),
    "flac": ("flac", "flac", {}),
    "m4a": ("ipod", "aac", {"b": "64k"}),
    "aac": ("adts", "aac", {"b": "64k"}),
}
# Otherwise Ogg files have a random serial number.
_BITEXACT = {"fflags": "+bitexact"}


def render(file: OutputFile) -> bytes:
    """The bytes of a sound, with the text as its title where the format has titles."""
    container_format, codec, options = _CODECS[file.suffix.lower()]
    samples = _samples(file)
    content = BytesIO()
    with av.open(content, "w", format=container_format, container_options=_BITEXACT) as container:
        container.metadata["title"] = file.line[:_LONGEST_TITLE]
        stream: Any = container.add_stream(codec, rate=SAMPLE_RATE, options=options, layout="mono")
        stream.codec_context.thread_count = 1
        step = SAMPLE_RATE
        for start in range(0, len(samples), step):
            part = samples[start : start + step]
            frame = av.AudioFrame("s16", "mono", len(part))
            frame.planes[0].update(part.tobytes().ljust(frame.planes[0].buffer_size, b"\0"))
            frame.sample_rate, frame.pts = SAMPLE_RATE, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return content.getvalue()


def _samples(file: OutputFile) -> array[int]:
    """The samples of the whole sound."""
    length = round(max(_SHORTEST, file.bounded_duration) * SAMPLE_RATE)
    phrase = array("h")
    pause = array("h", bytes(2 * round(_PAUSE * SAMPLE_RATE)))
    rng = random.Random(f"{file.seed}/{file.index}")
    root, voice = rng.choice(_ROOTS), rng.choice(_VOICES)
    for word in cycle(file.line.split()[:_MOST_WORDS] or [""]):
        if len(phrase) >= length:
            break
        # A word sounds the same each time, as in speech.
        steps = random.Random(f"{file.seed}/{word.casefold()}")
        for _ in range(min(_LONGEST_WORD, 1 + len(word) // 3)):
            phrase += _note(root * 2 ** (steps.choice(_SCALE) / 12), voice)
        phrase += pause
    del phrase[length:]
    return phrase


@lru_cache(maxsize=200)
def _note(pitch: float, voice: tuple[float, ...]) -> array[int]:
    """The samples of one note, which swells and fades."""
    length, total = round(_NOTE * SAMPLE_RATE), sum(voice)
    turns = [math.tau * pitch * overtone / SAMPLE_RATE for overtone in range(1, len(voice) + 1)]
    parts = [(turn, share) for turn, share in zip(turns, voice, strict=True) if share]
    return array(
        "h",
        [
            round(
                9000
                / total
                * math.sin(math.pi * (place / length) ** 0.5) ** 2
                * sum([share * math.sin(turn * place) for turn, share in parts])
            )
            for place in range(length)
        ],
    )
