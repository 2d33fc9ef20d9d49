"""A cache of the heads of requests, by the bytes that they were read from."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from ..messages import Head

LIMIT = 2000
"""The maximum number of cached heads."""

LONGEST = 2000
"""The maximum length of a cached head: its target and headers together, in characters."""


class HeadCache:
    """The heads that a door has read.

    Clients that poll send the same head again and again, and reading and routing it takes longer than the rest of the
    work.
    """

    def __init__(self) -> None:
        self._heads: dict[Hashable, Head] = {}

    def get(self, key: Hashable, read: Callable[[], Head]) -> Head:
        """The head for a key, which is read if it is not in the cache.

        Args:
            key: All values that the head is read from.
            read: Reads the head.
        """
        if (head := self._heads.get(key)) is not None:
            return head
        head = read()
        if len(head.target) + sum(len(name) + len(value) for name, value in head.headers) <= LONGEST:
            if len(self._heads) >= LIMIT:
                self._heads.clear()
            self._heads[key] = head
        return head
