"""A sequence of runs by number, of which the oldest may have been dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .record import Record


class RecordSequence:
    """Runs by number, in the order in which they were added; the oldest may have been dropped.

    Args:
        first: The number of the first one.
    """

    def __init__(self, first: int = 0) -> None:
        self._records: list[Record | None] = []
        self._first = first
        self._dropped = 0

    @property
    def first(self) -> int:
        """The number of the oldest one that is left."""
        return self._first + self._dropped

    @property
    def next(self) -> int:
        """The number of the next one."""
        return self._first + len(self._records)

    def append(self, record: Record) -> None:
        """Add a run, which gets the number `next`."""
        self._records.append(record)

    def get(self, number: int) -> Record | None:
        """A run by its number; None if it was dropped or removed."""
        return self._records[number - self._first] if self.first <= number < self.next else None

    def remove(self, unwanted: Callable[[Record], bool]) -> None:
        """Remove some of the runs; the others keep their numbers."""
        self._records = [None if one is None or unwanted(one) else one for one in self._records]

    def drop(self) -> None:
        """Drop the oldest run."""
        while self._records[self._dropped] is None:
            self._dropped += 1
        self._records[self._dropped] = None
        self._dropped += 1
        # The list is shortened only now and then, because that moves all its items.
        if self._dropped * 2 > len(self._records):
            del self._records[: self._dropped]
            self._first += self._dropped
            self._dropped = 0

    def before(self, number: int) -> Iterator[Record]:
        """The runs before a number, newest first."""
        for place in range(min(number, self.next) - 1, self.first - 1, -1):
            if (record := self._records[place - self._first]) is not None:
                yield record

    def since(self, number: int) -> Iterator[Record]:
        """The runs from a number on, oldest first."""
        for place in range(max(number, self.first), self.next):
            if (record := self._records[place - self._first]) is not None:
                yield record
