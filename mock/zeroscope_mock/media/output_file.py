"""A file among the outputs of a prediction: its format, its size and what it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A file that is made when it is first fetched; equal ones have equal bytes.

    Args:
        suffix: The format, as the suffix of a file's name: `png`.
        text: What it shows or says.
        width: In pixels.
        height: In pixels.
        fps: Frames per second of a video.
        num_frames: Number of frames of a video.
        duration: Length of a sound, in seconds.
        seed: Decides the details.
        index: Its number among the files of the prediction, from 0.
        quality: From 0 to 100, where the format has one.
        picture: An encoded picture to show, which may be unreadable.
        value: The content of a file of JSON or text.
    """

    suffix: str
    text: str
    width: int
    height: int
    fps: int
    num_frames: int
    duration: float
    seed: int
    index: int
    quality: int = 80
    picture: bytes | None = None
    value: Any = None
