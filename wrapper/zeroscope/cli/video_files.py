"""Properties of video files, read by PyAV where it is installed."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class VideoProperties(NamedTuple):
    """The picture size of a video, its number of frames, and the frames per second."""

    width: int
    height: int
    frames: int
    rate: float


class UnreadableVideoError(Exception):
    """The file is not a video that can be read."""


def properties(path: Path) -> VideoProperties | None:
    """Return the properties of a video file; None where PyAV is not installed.

    Raises:
        UnreadableVideoError: If the file is not a video.
    """
    try:
        import av
        import av.error
    except ModuleNotFoundError:
        return None
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            frames = stream.frames or sum(1 for _ in container.decode(stream))
            return VideoProperties(stream.width, stream.height, frames, float(stream.average_rate or 0))
    except (av.error.FFmpegError, IndexError) as error:
        raise UnreadableVideoError(str(path)) from error


def describe(path: Path) -> list[str]:
    """Return what is known of a file in words: its size, and that of its picture, its length and frame rate."""
    size = f"{path.stat().st_size / 1024:.0f} KiB"
    try:
        found = properties(path)
    except UnreadableVideoError:
        return [size, "not a video that can be read"]
    if found is None:
        return [size]
    return [f"{found.width}x{found.height}", f"{found.frames} frames at {found.rate:g} fps", size]
