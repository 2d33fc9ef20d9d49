"""Followers of a journal, and the news that each of them gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from .exchange import Exchange
from .unread import UnreadExchange


class News(NamedTuple):
    """What a journal has after a number, at one moment.

    Args:
        generation: The generation of the numbers.
        revision: How often exchanges were removed or replaced.
        last: The number of the latest exchange.
        exchanges: The latest exchanges, oldest first.
        skipped: The number of the others, as far as it is known whose those are that are no longer there.
    """

    generation: int
    revision: int
    last: int
    exchanges: list[Exchange]
    skipped: int


@dataclass(slots=True)
class Follower:
    """A place in a journal, with what was removed before it was taken.

    Args:
        number: The number of the last exchange that is not new.
        held: Exchanges that were new when they were removed.
        missed: How many others there were.
    """

    number: int
    held: list[Exchange | UnreadExchange] = field(default_factory=list)
    missed: int = 0

    def hold(self, exchanges: Sequence[Exchange | UnreadExchange], last: int, limit: int) -> None:
        """Keep the latest exchanges up to the number `last`, at most `limit` of them, and count the others."""
        held = [*self.held, *exchanges]
        over = max(0, len(held) - limit)
        self.missed += max(0, last - self.number - len(exchanges)) + over
        self.held, self.number = held[over:], last

    def release(self) -> tuple[list[Exchange | UnreadExchange], int]:
        """What is held, and the number of those that were missed; neither is from then on."""
        held, missed = self.held, self.missed
        self.held, self.missed = [], 0
        return held, missed
