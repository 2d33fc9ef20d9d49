"""The file names of outputs, safe on any system, and checks of their targets."""

from __future__ import annotations

import errno
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ..errors import MalformedResponseError
from .media_types import extension_for

# Names that would leave the folder: the folder itself or its parent, a path on any system, a drive.
_PATH_TRAVERSAL = re.compile(r"[ .]*\.[ .]*|.*[/\\\0].*|[A-Za-z]:.*", re.DOTALL)
# Windows reserves these names, whatever extension follows, and these characters.
_RESERVED_NAME = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
_RESERVED = frozenset('<>:"|?*')
# File systems allow 255 bytes; a number and a hyphen may be added.
_MAX_STEM_LENGTH = 200
_MAX_EXTENSION_LENGTH = 16


def is_data_uri(url: str) -> bool:
    """Whether a URL contains the file itself."""
    return url[:5].lower() == "data:"


def last_path_segment(url: str) -> str:
    """Return the last segment of a URL's path, percent-decoded; an empty string if there is none."""
    try:
        return "" if is_data_uri(url) else unquote(urlsplit(url).path.rpartition("/")[2])
    except ValueError:
        return ""


def file_name(url: str, index: int) -> str:
    """Return a name for the file at a URL that is safe on any system; it holds the index where the URL has no name."""
    segment = last_path_segment(url)
    if not segment.strip() or _PATH_TRAVERSAL.fullmatch(segment):
        return f"output-{index}{_extension(url)}"
    name = "".join(letter if letter.isprintable() and letter not in _RESERVED else "_" for letter in segment)
    # Windows drops dots and spaces at the end; a leading dot hides a file, and some such names are settings.
    name = name.strip().rstrip(". ")
    if name[0] == "." or _RESERVED_NAME.match(name):
        name = f"_{name.lstrip('.')}"
    stem, extension = os.path.splitext(name)
    if len(extension) > _MAX_EXTENSION_LENGTH:
        stem, extension = name, ""
    return stem.encode()[:_MAX_STEM_LENGTH].decode(errors="ignore") + extension


def unique_file_names(sources: Sequence[tuple[int, str]]) -> list[str]:
    """Return a file name for each index and URL; names that are equal get a number before the extension."""
    for _, url in sources:
        if _PATH_TRAVERSAL.fullmatch(segment := last_path_segment(url)):
            reason = f"its file name {segment!r:.80} leads out of the folder; choose another with video.save(path)"
            raise MalformedResponseError(request="the output", status_code=200, body=url, reason=reason)
    names = [file_name(url, index) for index, url in sources]
    counts = Counter(map(_case_folded, names))
    taken = {name for name, count in counts.items() if count == 1}
    for position, name in enumerate(names):
        if counts[_case_folded(name)] > 1:
            stem, extension = os.path.splitext(name)
            number = position
            while _case_folded(numbered := f"{stem}-{number}{extension}") in taken:
                number += 1
            taken.add(_case_folded(numbered))
            names[position] = numbered
    return names


def require_writable(target: Path, overwrite: bool) -> None:
    """Raise an OSError if a file cannot or must not be written to a path."""
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "this is a folder, name a file in it for the video", str(target))
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder to save the video in", str(target.parent))
    if target.exists() and not target.is_file():
        # To replace a device or a pipe by a file would break it for every other program.
        raise FileExistsError(errno.EEXIST, "this is not a file; open it, and pass what open() returns", str(target))
    if os.path.lexists(target) and not overwrite:
        raise FileExistsError(errno.EEXIST, "the file exists, pass overwrite=True to replace it", str(target))


def make_folder(folder: Path) -> None:
    """Create a folder and its parents if they are missing."""
    if os.path.lexists(folder) and not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "this is not a folder, name one to save the videos in", str(folder))
    folder.mkdir(parents=True, exist_ok=True)


def _extension(url: str) -> str:
    """The extension for the media type of a data: URI; by default that of the model's output, an MP4 file."""
    media_type = re.split("[;,]", url[5:], maxsplit=1)[0].strip().lower() if is_data_uri(url) else ""
    is_picture = media_type.startswith(("video/", "image/"))
    return (is_picture and extension_for(media_type)) or ".mp4"


def _case_folded(name: str) -> str:
    """The key under which a case-insensitive file system knows a name."""
    return unicodedata.normalize("NFC", name).casefold()
