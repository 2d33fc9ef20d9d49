"""Chance that is the same in every run."""

from __future__ import annotations

import hashlib

_LETTERS = b"abcdefghijklmnopqrstuvwxyz234567" * 8


def throw(text: str) -> bytes:
    """64 bytes that are as good as random, and always the same for the same text.

    Python's own generator would need longer to be seeded than all else that a prediction's creation takes.
    """
    return hashlib.blake2b(text.encode()).digest()


def new_id(dice: bytes) -> str:
    """An id as the service makes them, of 26 letters and digits, from the first 26 bytes of a throw."""
    return dice[:26].translate(_LETTERS).decode()
