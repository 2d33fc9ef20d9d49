"""Streams that a process reads ahead, and the connections that they take."""

from __future__ import annotations

import os
import threading
from collections.abc import MutableMapping
from weakref import WeakKeyDictionary

from .._steps import ReadAhead


class OpenStreams:
    """The responses that one process reads ahead, each with the objects whose connections it may take.

    They are those of all clients, because several may share an HTTP client, or a transport.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Those of flows that were thrown away go with them.
        self._sources: MutableMapping[ReadAhead, list[object]] = WeakKeyDictionary()

    def add(self, download: ReadAhead, sources: list[object], most: int) -> bool:
        """Add one, unless so many take connections of one of its sources already; the result is whether it did."""
        with self._lock:
            if any(len(self._over(source)) >= most for source in sources):
                return False
            self._sources[download] = sources
            return True

    def remove(self, download: ReadAhead) -> None:
        """Remove one, if it is there."""
        with self._lock:
            self._sources.pop(download, None)

    def over(self, source: object) -> list[ReadAhead]:
        """Return those that may take connections of an object."""
        with self._lock:
            return self._over(source)

    def _over(self, source: object) -> list[ReadAhead]:
        # By identity: a transport of the caller's may have no hash.
        return [download for download, sources in self._sources.items() if any(each is source for each in sources)]


# A forked child has none, and may not take the lock of its parent.
_BY_PROCESS: dict[int, OpenStreams] = {}


def streams_of_process() -> OpenStreams:
    """Return those of this process."""
    number = os.getpid()
    # Those that two threads create at a time are stored once.
    return _BY_PROCESS.get(number) or _BY_PROCESS.setdefault(number, OpenStreams())
