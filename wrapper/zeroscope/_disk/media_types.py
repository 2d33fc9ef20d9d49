"""Media types of files, the same on every machine."""

from __future__ import annotations

import functools
import mimetypes
import os
import re

# Where the tables of Python's versions differ. An extension is of the last type listed for it.
_PINNED = (
    ("image/webp", ".webp"),
    ("video/matroska", ".mkv"),
    ("video/x-matroska", ".mkv"),
    ("video/ogg", ".ogv"),
    ("video/vnd.avi", ".avi"),
    ("video/x-msvideo", ".avi"),
    ("video/x-m4v", ".m4v"),
    ("video/x-ms-wmv", ".wmv"),
)

_UNKNOWN = "application/octet-stream"
# Subtypes and first characters of texts for browsers and programs.
_MARKUP = frozenset({"html", "json", "xml"})
_MARKUP_START = re.compile(rb"\s*(?:<[a-z!?]|[{\[]\s*[\"{\[\]}])", re.IGNORECASE)
# Byte order marks, and encodings in which the second byte of a letter is NUL.
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
# The first atoms of QuickTime files, some of which have no file type.
_QUICKTIME = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
START_LENGTH = 64
"""How much of a file must be known to tell what it is, in bytes."""


def is_markup(start: bytes, media_type: str) -> bool:
    """Whether a file is a page or a document in text, by its first bytes and the media type that it was sent with."""
    if guess_type(start, "") != _UNKNOWN:
        return False
    subtype = media_type.rpartition("/")[2]
    if subtype in _MARKUP or subtype.endswith(("+html", "+json", "+xml")):
        return True
    mark = next((mark for mark in _BYTE_ORDER_MARKS if start.startswith(mark)), b"")
    text = start.removeprefix(mark)
    return _MARKUP_START.match(text.replace(b"\0", b"") if mark in _BYTE_ORDER_MARKS[1:] else text) is not None


def guess_type(start: bytes, name: str) -> str:
    """Guess the media type of a file from its first 64 bytes or more, else from the extension of its name."""
    if start[4:8] == b"ftyp":
        return "video/quicktime" if start[8:10] == b"qt" else "video/mp4"
    if start[4:8] in _QUICKTIME:
        return "video/quicktime"
    if start[:4] == b"\x1aE\xdf\xa3":
        return "video/webm" if b"webm" in start[:64] else "video/x-matroska"
    if start[:4] == b"RIFF" and start[8:12] == b"AVI ":
        return "video/x-msvideo"
    # The last extension alone: for a compressed file the table would return the type of its content.
    return _table().guess_type("file" + os.path.splitext(name)[1])[0] or _UNKNOWN


def extension_for(media_type: str) -> str:
    """Return the file name extension of a media type, with the dot; an empty string if it is unknown."""
    return _table().guess_extension(media_type) or ""


@functools.cache
def _table() -> mimetypes.MimeTypes:
    # Python's built-in table, as those of the system differ between machines.
    table = mimetypes.MimeTypes()
    for media_type, extension in _PINNED:
        table.add_type(media_type, extension)
    return table
