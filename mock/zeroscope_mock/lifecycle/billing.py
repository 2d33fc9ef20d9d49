"""The time of a prediction that the service bills."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from .record import Record
from .timeline import timeline_of


@dataclass(slots=True)
class Billed:
    """A sum over predictions.

    Args:
        predictions: How many there are.
        seconds: How long they ran.
    """

    predictions: int = 0
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """Add a prediction."""
        self.predictions += 1
        self.seconds += seconds


def billed_seconds(record: Record, now: float = inf) -> float:
    """How long a prediction has run at a moment, in seconds of the service.

    The service bills it also if it failed, or up to the moment at which it was canceled; one that was aborted before it
    started costs nothing.

    Args:
        record: The prediction.
        now: The moment, in seconds since 1970; the end of the prediction if left out.
    """
    timeline = timeline_of(record)
    if not timeline.started or timeline.start > now:
        return 0.0
    end = min(timeline.end, now)
    if end == inf:
        # It ends when it is read, and nothing reads it any more.
        end = record.reads[-1] if record.reads else timeline.start
    seconds = end - timeline.start
    # At another speed, the milliseconds on which some predictions start and end would be too coarse.
    return seconds if record.speed == 1 or record.script.reads else record.script_seconds(seconds)
