"""Copy of a video on this machine, which a notebook embeds."""

from __future__ import annotations

from pathlib import Path


class LocalCopy:
    """What is on this machine of a video: its bytes, or the file into which it was saved."""

    __slots__ = ("content", "path")

    def __init__(self) -> None:
        self.content: bytes | None = None
        self.path: Path | None = None
