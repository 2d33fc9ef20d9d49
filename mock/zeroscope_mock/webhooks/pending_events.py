"""The events of one prediction that are still to be sent."""

from __future__ import annotations

from dataclasses import dataclass

from ..lifecycle.record import Record
from .events import Cursor


@dataclass(slots=True, eq=False)
class PendingEvents:
    """The events of a prediction that are still to be sent, one after another.

    Args:
        record: The prediction.
        cursor: The position before the next event.
        entry: The number of its current entry in the queue; None if it has none.
        sending: Whether an event is being sent, so that the next one must wait.
        sent: The position before the event that is being sent.
    """

    record: Record
    cursor: Cursor
    entry: int | None = None
    sending: bool = False
    sent: Cursor | None = None

    @property
    def tenant(self) -> str:
        """The tenant that created the prediction."""
        return self.record.tenant
