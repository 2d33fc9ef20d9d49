"""Where videos are saved: names that are safe to give a file, and files that may be written."""

from __future__ import annotations

import errno
import mimetypes
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ..errors import MalformedResponseError

# The folder itself or the one above, a path of any system, a drive: what would not stay in the folder it is saved in.
_CLIMBS = re.compile(r"[ .]*\.[ .]*|.*[/\\\0].*|[A-Za-z]:.*", re.DOTALL)
# Windows takes these for devices and signs, whatever ending follows.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
_SIGNS = frozenset('<>:"|?*')
# File systems take 255 bytes; a number and a hyphen may have to go in.
_LONGEST = 200
_LONGEST_ENDING = 16
# Not the machine's own tables, so that names are the same everywhere.
_TYPES = mimetypes.MimeTypes(filenames=())


def is_data(url: str) -> bool:
    """Whether a URL holds the file itself."""
    return url[:5].lower() == "data:"


def last_part(url: str) -> str:
    """What comes last in a URL's path, percent-decoded; empty where there is nothing."""
    try:
        return "" if is_data(url) else unquote(urlsplit(url).path.rpartition("/")[2])
    except ValueError:
        return ""


def file_name(url: str, index: int) -> str:
    """A name for the file at a URL that is safe in any folder and on any system.

    Args:
        url: The URL.
        index: The number that names the file where the URL does not.
    """
    part = last_part(url)
    if not part.strip() or _CLIMBS.fullmatch(part):
        return f"output-{index}{_ending(url)}"
    name = "".join(letter if letter.isprintable() and letter not in _SIGNS else "_" for letter in part)
    # Windows drops dots and spaces at the end; a dot at the beginning hides a file, and some name settings.
    name = name.strip().rstrip(". ")
    if name[0] == "." or _DEVICE.match(name):
        name = f"_{name.lstrip('.')}"
    stem, ending = os.path.splitext(name)
    if len(ending) > _LONGEST_ENDING:
        stem, ending = name, ""
    return stem.encode()[:_LONGEST].decode(errors="ignore") + ending


def file_names(sources: Sequence[tuple[int, str]]) -> list[str]:
    """Names for all files of an output, no two alike: those that are get a number before the ending.

    Args:
        sources: Index and URL of each.

    Raises:
        MalformedResponseError: If a URL names a file that would not stay in its folder.
    """
    for _, url in sources:
        if _CLIMBS.fullmatch(part := last_part(url)):
            reason = f"its file name {part!r:.80} leads out of the folder, save it by another with video.save(path)"
            raise MalformedResponseError(request="the output", status_code=200, body=url, reason=reason)
    names = [file_name(url, index) for index, url in sources]
    counts = Counter(map(_folded, names))
    taken = {name for name, count in counts.items() if count == 1}
    for position, name in enumerate(names):
        if counts[_folded(name)] > 1:
            stem, ending = os.path.splitext(name)
            number = position
            while _folded(numbered := f"{stem}-{number}{ending}") in taken:
                number += 1
            taken.add(_folded(numbered))
            names[position] = numbered
    return names


def check_target(target: Path, overwrite: bool) -> None:
    """Refuse a target that cannot be written, or must not."""
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "this is a folder, name a file in it for the video", str(target))
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder to save the video in", str(target.parent))
    if os.path.lexists(target) and not overwrite:
        raise FileExistsError(errno.EEXIST, "the file exists, pass overwrite=True to replace it", str(target))


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, unless it is there."""
    if os.path.lexists(folder) and not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "this is no folder, name one to save the videos in", str(folder))
    folder.mkdir(parents=True, exist_ok=True)


def _ending(url: str) -> str:
    """The ending for what a URL holds; without a better word it is what the model makes, an MP4 file."""
    media_type = re.split("[;,]", url[5:], maxsplit=1)[0].strip().lower() if is_data(url) else ""
    is_picture = media_type.startswith(("video/", "image/"))
    return (is_picture and _TYPES.guess_extension(media_type)) or ".mp4"


def _folded(name: str) -> str:
    """What a file system that does not tell large letters from small ones makes of a name."""
    return unicodedata.normalize("NFC", name).casefold()
