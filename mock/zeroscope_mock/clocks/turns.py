"""The turns of the threads that run the entries of a virtual clock's agenda."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

TURN_LIMIT = 1.0
"""The time a thread that advances a clock waits for another thread's entry, which may wait for it, in real seconds."""


class Turns:
    """Lets one thread at a time run entries; within an entry, that thread may have further turns."""

    def __init__(self) -> None:
        self._turn = threading.RLock()
        self._lock = threading.Lock()
        self._running = self._finished = 0
        # The value of `_finished` when a thread gave up waiting for the next entry.
        self._given_up: int | None = None

    @property
    def in_progress(self) -> bool:
        """Whether a thread runs an entry."""
        return self._running > 0

    def acquire(self, limit: float) -> bool:
        """Wait for a turn, and return whether it has come.

        Args:
            limit: How long to wait for each entry of another thread, in real seconds.
        """
        while True:
            finished = self._finished
            # The other thread's entry may wait for a response of this thread; then waiting once more is pointless.
            if self._turn.acquire(timeout=0 if self._given_up == finished else limit):
                return True
            if not limit or self._finished == finished:
                self._given_up = finished
                return False

    def release(self) -> None:
        """End a turn."""
        self._turn.release()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Note that an entry runs until the end of the block."""
        with self._lock:
            self._running += 1
        try:
            yield
        finally:
            with self._lock:
                self._running -= 1
                self._finished += 1
