"""The next thing that happens on a server: a change of a run, or a webhook."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heapify, heappop, heappush, heapreplace
from math import inf

from ..lifecycle.record import Record
from ..lifecycle.record_sequence import RecordSequence
from ..lifecycle.timeline import next_change
from ..state import State

_TEXTS = {"start": "starts", "log": "prints a line", "output": "makes an output", "end": "ends"}


# The seconds by which moments are rounded up at most, with a margin.
_ROUNDING = 0.01


@dataclass(frozen=True, slots=True)
class Upcoming:
    """What happens next.

    Args:
        time: When, in seconds since 1970.
        kind: `start`, `log`, `output`, `end` or `webhook`.
        text: The same in words.
        prediction: The id of the prediction or training.
    """

    time: float
    kind: str
    text: str
    prediction: str


class UpcomingChanges:
    """Finds what happens next without a look at every run each time.

    A heap has the next change of each run that has not ended. A run is looked at again once that moment has passed.
    A request may have changed a run meanwhile, which shows when it comes to the front. The caller holds the lock.

    Args:
        state: The server's.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._sequence: RecordSequence | None = None
        self._heap: list[tuple[float, int]] = []
        self._seen = 0
        self._now = -inf

    def next(self) -> Upcoming | None:
        """What happens next; None if nothing does unless a request makes it."""
        now, webhook = self._state.clock.time(), self._state.webhooks.first()
        found = self._next_change(now)
        # A webhook that is due at the moment of a change tells of it, so the change comes first.
        if webhook is not None and (found is None or webhook.due < found.time):
            text = f"webhook {webhook.event}, attempt {webhook.number}"
            return Upcoming(max(now, webhook.due), "webhook", text, webhook.prediction_id)
        return found

    def _next_change(self, now: float) -> Upcoming | None:
        sequence = self._state.store.sequence
        if sequence is not self._sequence or now < self._now:
            # Other runs, or a clock that was set back, on which runs have not ended that had.
            self._sequence, self._heap, self._seen = sequence, [], sequence.first
        self._now = now
        self._add_new(sequence, now)
        while self._heap:
            moment, number = self._heap[0]
            record = sequence.get(number)
            change = None if record is None else next_change(record, now)
            if record is None or change is None:
                heappop(self._heap)
            elif change[0] != moment:
                heapreplace(self._heap, (change[0], number))
            else:
                return Upcoming(moment, change[1], f"{record.kind} {record.id} {_TEXTS[change[1]]}", record.id)
        return None

    def _add_new(self, sequence: RecordSequence, now: float) -> None:
        new: list[tuple[float, int]] = []
        for number in range(max(self._seen, sequence.first), sequence.next):
            record = sequence.get(number)
            if record is not None and not _has_surely_ended(record, now) and (change := next_change(record, now)):
                new.append((change[0], number))
        self._seen = sequence.next
        if len(new) > len(self._heap):
            self._heap += new
            heapify(self._heap)
        else:
            for entry in new:
                heappush(self._heap, entry)


def _has_surely_ended(record: Record, now: float) -> bool:
    """Return whether a run has ended for sure, which takes a tenth of the time of its timeline."""
    script = record.script
    latest = record.created + (script.startup_seconds + script.run_seconds) / record.speed
    return not script.reads and latest + _ROUNDING < now
