"""The keys of what has changed, for a state file to save."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class ChangedKeys(Generic[K]):
    """The keys of what has changed since they were last taken, in the order of their first change.

    Threads may share it without a lock if each marks a key after the change, and reads what has changed after `take`.
    """

    def __init__(self) -> None:
        self._keys: dict[K, None] = {}

    def add(self, key: K) -> None:
        """Mark a key."""
        self._keys[key] = None

    def take(self) -> list[K]:
        """The marked keys, which are not marked any more."""
        keys = list(self._keys)
        for key in keys:
            del self._keys[key]
        return keys
