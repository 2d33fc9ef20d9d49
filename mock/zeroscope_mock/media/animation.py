"""Renders GIF animations of the frames that a video would have."""

from __future__ import annotations

from io import BytesIO
from itertools import pairwise

from .frames import Frames, drawn_size
from .output_file import FRAME_LIMIT, OutputFile

PIXEL_LIMIT = 2**26
"""The most pixels of all frames, because Pillow holds them until the last one; longer animations are cut."""

# Viewers slow down what is faster than this.
_FASTEST = 50


def render(file: OutputFile) -> bytes:
    """The bytes of a GIF that repeats for ever."""
    size = file.bounded_size
    fps = min(max(1, file.fps), _FASTEST)
    count = min(max(1, file.num_frames), FRAME_LIMIT, max(1, PIXEL_LIMIT // (size[0] * size[1])))
    frames = Frames(file, *drawn_size(file), fps=fps, count=count)
    first = frames.rgb(0).resize(size).quantize()
    # One palette for all frames, or colors would flicker.
    others = (frames.rgb(number).resize(size).quantize(palette=first) for number in range(1, count))
    # In hundredths of a second; rounding the ends keeps the whole as long as it should be.
    ends = [round(100 * number / fps) for number in range(count + 1)]
    durations = [10 * (end - start) for start, end in pairwise(ends)]
    content = BytesIO()
    first.save(content, "GIF", save_all=True, append_images=others, duration=durations, loop=0)
    return content.getvalue()
