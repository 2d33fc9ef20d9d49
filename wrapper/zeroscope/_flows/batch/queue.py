"""The queue of a batch: the items whose creates are to be sent."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, Generic, TypeVar

from ...state import PredictionState
from .item import Item

P = TypeVar("P", bound=PredictionState)


class Queue(Generic[P]):
    """Items in order; those of inputs are made when they are needed, so that an iterator is never read whole.

    Args:
        inputs: The inputs, with their indexes.
        new: Returns the item of an input, from its index and itself.
    """

    def __init__(self, inputs: Iterable[tuple[int, Any]], new: Callable[[int, Any], Item[P]]) -> None:
        self._rest = (new(index, given) for index, given in inputs)
        # The items that come before those of the rest.
        self._first: deque[Item[P]] = deque()

    def __bool__(self) -> bool:
        if not self._first:
            self._first.extend(islice(self._rest, 1))
        return bool(self._first)

    @property
    def next(self) -> Item[P]:
        """The next item, which stays in the queue."""
        assert self
        return self._first[0]

    def pop(self) -> Item[P]:
        """Take the next item."""
        assert self
        return self._first.popleft()

    def take_all(self) -> list[Item[P]]:
        """Take all items."""
        items = [*self._first, *self._rest]
        self._first.clear()
        return items

    def put(self, items: Iterable[Item[P]]) -> None:
        """Add items behind those that were added before."""
        self._first.extend(items)

    def put_back(self, items: Sequence[Item[P]]) -> None:
        """Add items whose turn comes first."""
        self._first.extendleft(reversed(items))
