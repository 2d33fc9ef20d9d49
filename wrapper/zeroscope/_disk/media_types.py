"""Media types of files, the same on every machine."""

from __future__ import annotations

import functools
import mimetypes
import os

_ANY = "application/octet-stream"


def media_type(start: bytes, name: str) -> str:
    """The media type of a file, by its first bytes, else by the ending of its name.

    Args:
        start: How it begins; 64 bytes or more, if it has so many.
        name: Its name, or nothing.
    """
    if start[4:8] == b"ftyp":
        return "video/quicktime" if start[8:10] == b"qt" else "video/mp4"
    if start[:4] == b"\x1aE\xdf\xa3":
        return "video/webm" if b"webm" in start[:64] else "video/x-matroska"
    if start[:4] == b"RIFF" and start[8:12] == b"AVI ":
        return "video/x-msvideo"
    # Only the last ending: of a compressed file the table would give the type of what is inside.
    return _table().guess_type("file" + os.path.splitext(name)[1])[0] or _ANY


def ending(media_type: str) -> str:
    """What the names of such files end in, with the dot; nothing where that is not known."""
    return _table().guess_extension(media_type) or ""


@functools.cache
def _table() -> mimetypes.MimeTypes:
    # Python's own; the system's would give the same file another type on another machine.
    return mimetypes.MimeTypes()
