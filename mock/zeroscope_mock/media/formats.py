"""The formats of files: their content types, and what renders them."""

from __future__ import annotations

from .output_file import OutputFile

_TYPES = {"mp4": "video/mp4"}


def content_type(suffix: str) -> str:
    """The content type of files with a suffix."""
    return _TYPES.get(suffix, "application/octet-stream")


def render(file: OutputFile) -> bytes:
    """The content of a file."""
    from .video import render as render_video

    return render_video(
        file.text,
        width=file.width,
        height=file.height,
        fps=file.fps,
        num_frames=file.num_frames,
        seed=file.seed,
        index=file.index,
    )
