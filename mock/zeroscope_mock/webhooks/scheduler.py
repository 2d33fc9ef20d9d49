"""The scheduler of webhooks, which sends each event when it is due."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from math import inf
from typing import Any

from ..changes import ChangedKeys
from ..lifecycle.record import Record
from ..lifecycle.timeline import timeline_of
from ..protocols import Clock, Flow
from ..randomness import new_id, random_bytes
from ..times import TOLERANCE
from .deliveries import Attempt, Deliveries
from .delivery import ALTERATIONS, Alteration, Delivery, UpcomingDelivery
from .events import Cursor, Event, next_event
from .pending_events import PendingEvents
from .queue import DueQueue
from .repeats import Repeats
from .sender import DeliverySender

RETRY_DELAYS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
"""Seconds from a failed attempt to the next; the last is about a minute after the end (the service's documentation)."""

# How many of the deliveries still to be sent are told for one prediction.
_MAX_UPCOMING = 1000


class WebhookScheduler:
    """Sends the events of predictions to their webhooks; an agenda for a clock. Threads may share it.

    The queue holds the next event of each prediction only. The events of one prediction are sent one after another, so
    that a slow receiver gets them in order. Those of different predictions do not wait for each other on a real clock,
    but do on a virtual one, which runs one entry at a time unless several tasks sleep on it.

    Args:
        clock: The clock.
        sender: Makes the attempts.
        limit: How many attempts are kept.

    Attributes:
        changed: The ids of the predictions whose events to be sent have changed; None if nothing asks.
        deliveries: The attempts so far.
        sender: Makes the attempts.
    """

    def __init__(self, clock: Clock, sender: DeliverySender, limit: int = 1000) -> None:
        self.deliveries = Deliveries(limit)
        self.sender = sender
        self._clock = clock
        self._queue: DueQueue[PendingEvents | Delivery] = DueQueue(self._is_current)
        self._records: dict[str, Record] = {}
        self._pending: dict[str, PendingEvents] = {}
        self._in_progress: set[Delivery] = set()
        self.changed: ChangedKeys[str] | None = None
        self._repeats = Repeats()
        self._lock = threading.Lock()

    def add(self, record: Record) -> None:
        """Schedule the events of a new prediction."""
        with self._lock:
            self._add(record, Cursor())

    def update(self, record: Record) -> None:
        """Reschedule the events of a prediction after a request canceled or read it."""
        with self._lock:
            if pending := self._pending.get(record.id):
                self._schedule(pending)
                self._mark(record.id)

    def forget(self, prediction_id: str) -> None:
        """Send no more events of a prediction except by `redeliver`; an attempt in progress is finished.

        Args:
            prediction_id: Its id; an unknown one has no effect.
        """
        with self._lock:
            self._records.pop(prediction_id, None)
            if pending := self._pending.pop(prediction_id, None):
                pending.entry = None
            self._mark(prediction_id)

    def redeliver(self, delivery_id: str, alteration: Alteration | None = None) -> None:
        """Send the body of a delivery once more, with its id and a new signature; it is due at once.

        Args:
            delivery_id: The id of an attempt.
            alteration: What is wrong with it on purpose.

        Raises:
            KeyError: If no attempt with this id is left in `deliveries`.
            ValueError: For an unknown alteration.
        """
        if alteration is not None and alteration not in ALTERATIONS:
            raise ValueError(f"a delivery is sent as {', '.join(ALTERATIONS)}, not {alteration!r}")
        last = self.deliveries.latest(delivery_id)
        if last is None:
            kept = len(self.deliveries)
            raise KeyError(f"there is no delivery {delivery_id!r} among the {kept} attempts that are kept")
        delivery = Delivery(
            id=last.id,
            prediction_id=last.prediction_id,
            tenant=last.tenant,
            event=last.event,
            url=last.url,
            body=last.body,
            number=last.number + 1,
            alteration=alteration,
        )
        with self._lock:
            self._repeat(self._clock.time(), delivery)

    def due(self) -> float | None:
        """The due time of the first delivery, in seconds since 1970; None if there is none."""
        with self._lock:
            return self._queue.due()

    def first(self) -> UpcomingDelivery | None:
        """The delivery that is due first; None if there is none, or if there is nothing to send after all."""
        with self._lock:
            found = self._queue.first()
            if found is None:
                return None
            due, item = found
            if isinstance(item, Delivery):
                return _upcoming(due, item)
            event = next_event(item.record, item.cursor)
            return None if event is None else _upcoming(event.time, _first_attempt(item.record, event))

    def upcoming(self, prediction_id: str) -> list[UpcomingDelivery]:
        """The deliveries of a prediction that are still to be sent, as far as they are known by now."""
        with self._lock:
            retries = self._queue.find(lambda item: isinstance(item, Delivery) and item.prediction_id == prediction_id)
            pending = self._pending.get(prediction_id)
            record, cursor = (pending.record, pending.cursor) if pending else (None, Cursor())
        found = [_upcoming(due, item) for due, item in retries if isinstance(item, Delivery)]
        while record is not None and len(found) < _MAX_UPCOMING and (event := next_event(record, cursor)):
            found.append(_upcoming(event.time, _first_attempt(record, event)))
            cursor = event.cursor
        return found

    def take(self, now: float) -> Flow[None] | None:
        """Remove the first delivery that is due and return its flow, which never raises.

        Args:
            now: In seconds since 1970.
        """
        with self._lock:
            while (due := self._queue.due()) is not None and due <= now + TOLERANCE:
                item = self._queue.pop()
                if isinstance(item, Delivery):
                    self._in_progress.add(item)
                    return self._saved(self._deliver(item))
                event = next_event(item.record, item.cursor)
                # The record may have changed before `update` reported it.
                if event is None:
                    self._schedule(item)
                    continue
                item.entry, item.sent, item.cursor, item.sending = None, item.cursor, event.cursor, True
                delivery = _first_attempt(item.record, event)
                self._in_progress.add(delivery)
                return self._saved(self._deliver_in_order(item, delivery))
        return None

    def clear(self, tenant: str | None = None) -> None:
        """Forget everything, or everything of one tenant; attempts in progress will not be recorded."""
        with self._lock:
            gone = [id for id, one in self._records.items() if tenant in (None, one.tenant)]
            self._queue.discard(lambda item: tenant in (None, item.tenant))
            self._records = {id: one for id, one in self._records.items() if tenant not in (None, one.tenant)}
            self._pending = {id: one for id, one in self._pending.items() if tenant not in (None, one.tenant)}
            self._in_progress = {one for one in self._in_progress if tenant not in (None, one.tenant)}
            self._mark(*gone, *self._repeats.clear(tenant))
        self.deliveries.clear(tenant)

    def dump(self) -> dict[str, Any]:
        """The deliveries still to be sent, as JSON values; attempts in progress count as sent."""
        with self._lock:
            return {
                "watches": [{"prediction": id, "cursor": asdict(one.cursor)} for id, one in self._pending.items()],
                "retries": [
                    item.retry(due) for due, item in self._queue.current() if isinstance(item, Delivery) and item.record
                ],
            }

    def unsent(self, prediction_id: str) -> dict[str, Any]:
        """What is still to be sent to the webhook of one prediction, attempts in progress included.

        Returns:
            Its `watches` and `retries`, as in `dump`, and as `redeliveries` the arguments of `redeliver`.
        """
        with self._lock:
            pending = self._pending.get(prediction_id)
            repeats = [(due, one) for due, one in self._repeats.of(prediction_id) if self._is_wanted(one)]
        cursor = None if pending is None else pending.sent or pending.cursor
        return {
            "watches": [] if cursor is None else [{"prediction": prediction_id, "cursor": asdict(cursor)}],
            "retries": [one.retry(due) for due, one in repeats if one.record],
            "redeliveries": [[one.id, one.alteration] for _, one in repeats if not one.record],
        }

    def load(self, state: Mapping[str, Any], find: Callable[[str], Record | None]) -> None:
        """Replace what is still to be sent; the attempts so far are forgotten.

        Args:
            state: What `dump` returned.
            find: Returns a prediction by its id; entries of unknown predictions are left out.
        """
        self.clear()
        with self._lock:
            for one in state["watches"]:
                if record := find(one["prediction"]):
                    self._add(record, Cursor(**one["cursor"]))
            for one in state["retries"]:
                if (record := find(one["prediction"])) and record.hook:
                    self._records[record.id] = record
                    self._repeat(one["due"], Delivery.of_retry(record, record.hook, one))

    def _deliver_in_order(self, pending: PendingEvents, delivery: Delivery) -> Flow[None]:
        """Make an attempt, and schedule the prediction's next event only afterwards."""
        try:
            yield from self._deliver(delivery)
        finally:
            with self._lock:
                pending.sending, pending.sent = False, None
                self._mark(pending.record.id)
                if self._pending.get(pending.record.id) is pending:
                    self._schedule(pending)

    def _saved(self, flow: Flow[None]) -> Flow[None]:
        try:
            yield from flow
        finally:
            self.sender.save()

    def _deliver(self, delivery: Delivery) -> Flow[None]:
        # `redeliver` may have made further attempts since this one was scheduled.
        last = self.deliveries.latest(delivery.id) if delivery.number > 1 else None
        current = replace(delivery, number=last.number + 1) if last else delivery
        try:
            attempts = yield from self.sender.attempt(current)
        except GeneratorExit:
            # The task that ran it was canceled, so it is unknown whether the receiver got it.
            self._record(delivery, current, [self.sender.canceled(current)])
            raise
        self._record(delivery, current, attempts)

    def _record(self, delivery: Delivery, current: Delivery, attempts: list[Attempt]) -> None:
        """Record the attempts of a delivery, and schedule the next one if there is to be one."""
        # In one locked section: another thread may save at any moment, and must find the delivery unsent or its retry.
        with self._lock:
            if delivery not in self._in_progress:
                return
            self._in_progress.remove(delivery)
            self._repeats.discard(delivery)
            if delivery.number == 1 and (pending := self._pending.get(delivery.prediction_id)):
                pending.sent = None
            self._mark(delivery.prediction_id)
            if not self._is_wanted(current):
                attempts[-1] = replace(attempts[-1], retry_at=None)
            for attempt in attempts:
                self.deliveries.record(attempt)
            if (retry_at := attempts[-1].retry_at) is not None:
                self._repeat(retry_at, replace(current, number=current.number + 1, delays=current.delays[1:]))

    def _repeat(self, due: float, delivery: Delivery) -> None:
        """Schedule what is not the first attempt at an event."""
        self._queue.put(due, delivery)
        self._repeats.add(due, delivery)
        self._mark(delivery.prediction_id)

    def _mark(self, *prediction_ids: str) -> None:
        if self.changed is not None:
            for id in prediction_ids:
                self.changed.add(id)

    def _add(self, record: Record, cursor: Cursor) -> None:
        self._records[record.id] = record
        pending = self._pending[record.id] = PendingEvents(record, cursor)
        self._schedule(pending)
        self._mark(record.id)

    def _schedule(self, pending: PendingEvents) -> None:
        """Put the next event of a prediction into the queue, in place of its current entry."""
        if pending.sending:
            return
        event = next_event(pending.record, pending.cursor)
        pending.entry = None
        if event is not None:
            pending.entry = self._queue.put(event.time, pending)
        elif timeline_of(pending.record).end < inf:
            del self._pending[pending.record.id]

    def _is_current(self, number: int, item: PendingEvents | Delivery) -> bool:
        return self._is_wanted(item) if isinstance(item, Delivery) else item.entry == number

    def _is_wanted(self, delivery: Delivery) -> bool:
        """Return whether the delivery's prediction still exists, or is not needed."""
        return delivery.record is None or self._records.get(delivery.prediction_id) is delivery.record


def _first_attempt(record: Record, event: Event) -> Delivery:
    assert record.hook is not None
    return Delivery(
        id="msg_" + new_id(random_bytes(f"{record.id}:{event.kind}:{event.cursor.count}")),
        prediction_id=record.id,
        tenant=record.tenant,
        event=event.kind,
        url=record.hook.url,
        record=record,
        time=event.time,
        delays=RETRY_DELAYS if event.kind == "completed" else (),
    )


def _upcoming(due: float, delivery: Delivery) -> UpcomingDelivery:
    return UpcomingDelivery(due, delivery.prediction_id, delivery.event, delivery.number, delivery.id)
