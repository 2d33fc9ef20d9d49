"""Ids as the service makes them."""

from __future__ import annotations

from random import Random

_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


def new_id(random: Random) -> str:
    """An id of 26 letters and digits, from dice."""
    return "".join(random.choices(_LETTERS, k=26))
