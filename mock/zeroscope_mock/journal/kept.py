"""Exchanges in the order of their numbers, whether or not they are read."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice, pairwise

from .exchange import Exchange
from .unread import UnreadExchange, long_bodies, number_of


class KeptExchanges(deque[Exchange | UnreadExchange]):
    """Exchanges with ascending numbers, the oldest of which make room for others."""

    def place(self, number: int) -> int:
        """The index of the first exchange with that number or a higher one."""
        return bisect_left(self, number, key=number_of)

    def after(self, number: int, limit: int | None = None) -> list[Exchange | UnreadExchange]:
        """The exchanges with a higher number, oldest first, at most `limit` of them."""
        # From the end, because that is where the latest are, and a deque is walked through.
        return list(islice(reversed(self), len(self) - self.place(number + 1)))[::-1][:limit]

    def oversized(self, number: int, most: int) -> tuple[int, int]:
        """The end of those whose bodies are to be cut, and the memory that is left without these.

        Args:
            number: The number up to which bodies have been cut.
            most: The memory that long bodies may need, in bytes.
        """
        end, left = len(self), most
        while end and number_of(one := self[end - 1]) > number and (left := left - long_bodies(one)) >= 0:
            end -= 1
        return end, max(left, 0)


def numbered(exchanges: Iterable[Exchange]) -> list[Exchange]:
    """Exchanges, numbered from 1 unless each has a higher number than the one before."""
    given = list(exchanges)
    numbers = [0, *(one.number for one in given)]
    if all(earlier < later for earlier, later in pairwise(numbers)):
        return given
    return [replace(one, number=number) for number, one in enumerate(given, 1)]
