"""Deterministic random bytes: equal strings give equal bytes.

`blake2b` hashes a string in less time than Python's own generator takes to be seeded with it.
"""

from __future__ import annotations

import hashlib

_LETTERS = b"abcdefghijklmnopqrstuvwxyz234567" * 8


def random_bytes(text: str) -> bytes:
    """64 random bytes that depend only on a string."""
    return hashlib.blake2b(text.encode()).digest()


def random_fraction(text: str) -> float:
    """A random number from 0 up to but not including 1 that depends only on a string."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()) / 2**64


def new_id(random: bytes) -> str:
    """An id in the service's form, 26 letters and digits, made from the first 26 of some random bytes."""
    return random[:26].translate(_LETTERS).decode()
