"""Counts of what the control interface has changed, by the tag of the operation."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from ..conditions import Condition


class Changes:
    """Counts changes of each kind, so that a stream of events finds out which of them are new to it.

    Attributes:
        condition: Notified of each change.
        counts: The number of changes of each kind; another mapping after each change.
    """

    def __init__(self) -> None:
        self.condition = Condition()
        self.counts: Mapping[str, int] = {}
        self._lock = threading.Lock()

    def add(self, kind: str) -> None:
        """Count a change."""
        with self._lock:
            self.counts = {**self.counts, kind: self.counts.get(kind, 0) + 1}
        self.condition.notify()
