"""Checks of SQLite's write-ahead log, whose damaged end SQLite drops in silence."""

from __future__ import annotations

import struct
from pathlib import Path

# The header and the frames, as SQLite's documentation of its file format has them.
_HEADER = struct.Struct(">8I")
_FRAME = struct.Struct(">6I")
_MAGIC = 0x377F0682
_MASK = 0xFFFFFFFF


def lost_frames(path: Path) -> int | None:
    """The number of frames in a log that SQLite drops, because one before them is damaged or was never written.

    A kill may leave the last frame incomplete, so a damage there cannot be told from one.

    Args:
        path: The log; it may be missing.

    Returns:
        None if the header is damaged, which is on disk before all frames, so that no loss of power explains it.

    Raises:
        OSError: If it cannot be read.
    """
    try:
        log = path.read_bytes()
    except FileNotFoundError:
        return 0
    if len(log) < _HEADER.size:
        return 0
    magic, _, page, _, *salts, first, second = _HEADER.unpack_from(log)
    order = ">" if magic & 1 else "<"
    sums = _add(0, 0, struct.unpack_from(f"{order}6I", log))
    if sums != (first, second) or magic & ~1 != _MAGIC:
        # Nothing in this log counts for SQLite.
        return None if any(log) else 0
    words = struct.Struct(f"{order}{page // 4}I")
    valid, lost = True, 0
    for start in range(_HEADER.size, len(log) - _FRAME.size - page + 1, _FRAME.size + page):
        *_, first_salt, second_salt, first, second = _FRAME.unpack_from(log, start)
        current = [first_salt, second_salt] == salts
        lost += current and not valid
        if valid and current:
            sums = _add(*_add(*sums, struct.unpack_from(f"{order}2I", log, start)), words.unpack_from(log, start + 24))
        # Frames of an earlier log in the same file may follow.
        valid = valid and current and sums == (first, second)
    return lost


def _add(first: int, second: int, words: tuple[int, ...]) -> tuple[int, int]:
    """SQLite's running checksum of a log."""
    for place in range(0, len(words), 2):
        first = (first + words[place] + second) & _MASK
        second = (second + words[place + 1] + first) & _MASK
    return first, second
