"""A priority queue by due time whose entries can become stale."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

T = TypeVar("T")

# Below this length, removing stale entries does not pay.
_SHORT = 64


class DueQueue(Generic[T]):
    """Items by due time; those of equal time in the order in which they were added.

    An item is not removed when it changes. Its entry stays until it comes to the front or the queue has doubled, and is
    skipped then, because `is_current` says that it does not count any more. The queue has no lock of its own.

    Args:
        is_current: Whether the entry that has a number and an item still counts.
    """

    def __init__(self, is_current: Callable[[int, T], bool]) -> None:
        self._is_current = is_current
        self._heap: list[tuple[float, int, T]] = []
        self._limit = _SHORT
        self._numbers = itertools.count()

    def put(self, due: float, item: T) -> int:
        """Add an entry and return its number."""
        number = next(self._numbers)
        heappush(self._heap, (due, number, item))
        if len(self._heap) > self._limit:
            self._heap = [entry for entry in self._heap if entry[1] == number or self._is_current(*entry[1:])]
            heapify(self._heap)
            self._limit = max(_SHORT, 2 * len(self._heap))
        return number

    def due(self) -> float | None:
        """The due time of the first current entry; None if there is none."""
        while self._heap:
            due, number, item = self._heap[0]
            if self._is_current(number, item):
                return due
            heappop(self._heap)
        return None

    def first(self) -> tuple[float, T] | None:
        """The due time and the item of the first current entry; None if there is none."""
        due = self.due()
        return None if due is None else (due, self._heap[0][2])

    def find(self, wanted: Callable[[T], bool]) -> list[tuple[float, T]]:
        """The due times and items of some of the current entries, in any order."""
        return [(due, item) for due, number, item in self._heap if wanted(item) and self._is_current(number, item)]

    def pop(self) -> T:
        """Remove the first entry, which `due` has found to be current, and return its item."""
        return heappop(self._heap)[2]

    def current(self) -> list[tuple[float, T]]:
        """The due times and items of all current entries, in order."""
        ordered = sorted(self._heap, key=lambda entry: entry[:2])
        return [(due, item) for due, number, item in ordered if self._is_current(number, item)]

    def discard(self, unwanted: Callable[[T], bool]) -> None:
        """Remove the entries of some items."""
        self._heap = [entry for entry in self._heap if not unwanted(entry[2])]
        heapify(self._heap)
