"""The description of one output file, from which its bytes follow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..cog.sizes import SIDE_LIMIT

FRAME_LIMIT = 7200
"""The most frames of a video or an animation; longer ones are cut."""

DURATION_LIMIT = 300.0
"""The longest sound or subtitles, in seconds; longer ones are cut."""


@dataclass(frozen=True, slots=True)
class OutputFile:
    """One output file of a prediction; equal ones have equal bytes.

    A format ignores what it has no use for, and takes the nearest value that it has for one out of its bounds.

    Args:
        suffix: The format, as file names end, without the dot.
        text: The prompt or whatever else the file shows or contains.
        width: Of pictures and videos, in pixels.
        height: Of pictures and videos, in pixels.
        fps: Frames per second.
        num_frames: The number of frames.
        duration: Of sounds and subtitles, in seconds.
        seed: Chooses the scene, the melody and so on.
        index: The file's index among the outputs of its prediction, from 0; each one differs.
        quality: Of formats that lose details, from 1 to 100.
        picture: The encoded picture of the input that the file shows; one that cannot be decoded counts as none.
        value: The content of a file of structured text, any JSON value.
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
    # Lists and dictionaries have no hash.
    value: Any = field(default=None, hash=False)

    @property
    def bounded_size(self) -> tuple[int, int]:
        """Width and height within `SIDE_LIMIT`, in pixels."""
        width, height = max(1, self.width), max(1, self.height)
        longest = max(width, height)
        if longest <= SIDE_LIMIT:
            return width, height
        # Integers, because a client may ask for more than a float can hold.
        return max(1, width * SIDE_LIMIT // longest), max(1, height * SIDE_LIMIT // longest)

    @property
    def line(self) -> str:
        """The text on one line, in characters that every format can hold."""
        words = self.text.encode("utf-8", "replace").decode().split()
        return "".join(character for character in " ".join(words) if character.isprintable())

    @property
    def bounded_duration(self) -> float:
        """The duration, at most `DURATION_LIMIT`, in seconds."""
        return min(self.duration, DURATION_LIMIT)
