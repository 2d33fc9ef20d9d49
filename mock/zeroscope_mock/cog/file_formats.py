"""The formats of files: what they hold, and which words tell of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Literal

Medium = Literal["video", "3d", "sound", "image", "archive", "text"]
"""What a file holds."""

_FORMATS: Mapping[Medium, str] = {
    "video": "mp4 mov mkv webm",
    "3d": "glb",
    "sound": "wav mp3 ogg opus flac m4a aac",
    "image": "png jpg jpeg webp gif bmp tif tiff svg",
    "archive": "zip tar safetensors",
    "text": "txt md html json jsonl csv srt vtt",
}
_WORDS: Mapping[Medium, str] = {
    "video": "video videos animation animations animated frames",
    "3d": "3d mesh meshes gltf",
    "sound": "audio speech music sound sounds voice voices song songs singing vocals waveform waveforms synthesize"
    " spoken speak narration tts melody instrumental",
    "image": "image images img picture pictures photo photos mask masks spectrogram thumbnail cover frame face preview"
    " depth",
    "archive": "archive weights checkpoint lora",
    "text": "transcript subtitles subtitle text",
}
_MEDIA: Mapping[str, Medium] = {suffix: medium for medium, suffixes in _FORMATS.items() for suffix in suffixes.split()}
_KNOWN_WORDS: Mapping[Medium, frozenset[str]] = {
    medium: frozenset(words.split()).union(_FORMATS[medium].split()) for medium, words in _WORDS.items()
}
_SYNONYMS = {"subtitles": "srt", "subtitle": "srt"}
_FORMAT = re.compile(r"[a-z0-9]+")


def usual_format(medium: Medium) -> str:
    """The suffix of files that hold something if nothing more is known."""
    return _FORMATS[medium].partition(" ")[0]


def medium_of(suffix: str) -> Medium | None:
    """What files with a suffix hold; None for a suffix that is not known."""
    return _MEDIA.get(suffix)


def known_format(text: str) -> str | None:
    """The suffix that the value of a field such as `output_format` names, such as `mp3` for `MP3_44100`."""
    found = _FORMAT.search(text.lower())
    return found[0] if found and found[0] in _MEDIA else None


def format_among(words: Collection[str]) -> str | None:
    """The first suffix among words in lower case."""
    return next((_SYNONYMS.get(word, word) for word in words if word in _MEDIA or word in _SYNONYMS), None)


def medium_among(words: Collection[str]) -> Medium | None:
    """What a file holds by words about it in lower case; None if they do not say.

    A word for a medium that is made of another one comes first: a video has images and often a sound.
    """
    return next((medium for medium, known in _KNOWN_WORDS.items() if not known.isdisjoint(words)), None)
