"""The heads of requests that a door has read, to be found by what they were read from."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from ..messages import Head

LIMIT = 2000
"""How many heads are kept."""

LONGEST = 2000
"""How many characters the target and headers of a head may have together for it to be kept."""


class Heads:
    """The heads that a door has read.

    Who polls sends the same head again and again; to read it and find where it leads takes longer than all else.
    """

    def __init__(self) -> None:
        self._kept: dict[Hashable, Head] = {}

    def find(self, key: Hashable, read: Callable[[], Head]) -> Head:
        """A head.

        Args:
            key: all that it is read from.
            read: reads it.
        """
        if (head := self._kept.get(key)) is not None:
            return head
        head = read()
        if len(head.target) + sum(len(name) + len(value) for name, value in head.headers) <= LONGEST:
            if len(self._kept) >= LIMIT:
                self._kept.clear()
            self._kept[key] = head
        return head
