"""Brings the events of predictions to their webhooks, each when it is due."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from heapq import heapify, heappop, heappush
from math import inf
from typing import Any

from ..lifecycle.timeline import Record, course
from ..protocols import Clock
from ..randomness import new_id, throw
from ..steps import Flow
from .deliveries import Attempt, Deliveries
from .events import Cursor, Event, next_event
from .sender import Delivery, Faults, Sender

RETRY_DELAYS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
"""Seconds from a failed attempt to the next; the last is about a minute after the end (the service's documentation)."""

# Adding a start to the time since then can lose a quarter of a microsecond; nobody must wait for that.
_GRAIN = 1e-6
# Below this length it does not pay to clear the queue of entries that no longer count.
_SHORT_QUEUE = 64


@dataclass(slots=True, eq=False)
class _Watch:
    """A prediction whose events are not all behind; its place is that of its entry in the queue that counts."""

    record: Record
    cursor: Cursor
    place: int | None = None
    busy: bool = False

    @property
    def tenant(self) -> str:
        return self.record.tenant


class Courier:
    """Brings the events of predictions to their webhooks; an agenda for a clock. Threads may share it.

    Of each prediction only the next event is in the queue. The events of one prediction are sent one after another, so
    that a slow receiver gets them in order. Those of different predictions do not wait for each other on a real clock,
    but do on a virtual one, which lets one thing happen at a time unless several tasks sleep on it.

    Args:
        clock: tells the time.
        body: makes the body that tells where a prediction stood at a moment, in seconds since 1970.
        secret: the key that signs a tenant's webhooks, `whsec_` and base64.
        faults: decides which deliveries go wrong.
        receiver: a function of a request or an ASGI application that is sent all deliveries, whatever their URL. A
            function returns a status, a response, or None for 200.
        allow_http: whether `http` may lead to hosts other than this machine.
        limit: how many attempts are kept for looking at.

    Attributes:
        deliveries: the attempts so far.

    Raises:
        TypeError: for a receiver that cannot be called.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        body: Callable[[Record, float], bytes],
        secret: Callable[[str], str],
        faults: Faults,
        receiver: Callable[..., Any] | None = None,
        allow_http: bool = False,
        limit: int = 1000,
    ) -> None:
        self.deliveries = Deliveries(limit)
        self._sender = Sender(clock, body=body, secret=secret, faults=faults, receiver=receiver, allow_http=allow_http)
        self._clock = clock
        self._queue: list[tuple[float, int, _Watch | Delivery]] = []
        self._queue_limit = _SHORT_QUEUE
        self._places = itertools.count()
        self._records: dict[str, Record] = {}
        self._watches: dict[str, _Watch] = {}
        self._under_way: set[Delivery] = set()
        self._lock = threading.Lock()

    @property
    def online(self) -> bool:
        """Whether deliveries leave the process over HTTP if there is no receiver."""
        return self._sender.online

    @online.setter
    def online(self, online: bool) -> None:
        self._sender.online = online

    def add(self, record: Record) -> None:
        """Send the events of a new prediction."""
        with self._lock:
            self._watch(record, Cursor())

    def update(self, record: Record) -> None:
        """Take note that a prediction was canceled or read."""
        with self._lock:
            if watch := self._watches.get(record.id):
                self._schedule(watch)

    def forget(self, prediction_id: str) -> None:
        """Send no more events of a prediction, and none again unless by `redeliver`; what is being sent is let finish.

        Args:
            prediction_id: its id; one that is not known does no harm.
        """
        with self._lock:
            self._records.pop(prediction_id, None)
            if watch := self._watches.pop(prediction_id, None):
                watch.place = None

    def redeliver(self, delivery_id: str) -> None:
        """Send the body of a delivery again, once, under its id and with a new signature; it is due at once.

        Args:
            delivery_id: its id.

        Raises:
            KeyError: if no attempt with this id is left in `deliveries`.
        """
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
        )
        with self._lock:
            self._put(self._clock.time(), delivery)

    def due(self) -> float | None:
        """When the first delivery is due, in seconds since 1970; None if there is none."""
        with self._lock:
            return self._first()

    def take(self, now: float) -> Flow[None] | None:
        """Take out the first delivery that is due, for somebody to carry out; the flow never raises.

        Args:
            now: in seconds since 1970.
        """
        with self._lock:
            while (due := self._first()) is not None and due <= now + _GRAIN:
                thing = heappop(self._queue)[2]
                if isinstance(thing, Delivery):
                    self._under_way.add(thing)
                    return self._carry_out(thing)
                event = next_event(thing.record, thing.cursor)
                # The record may have changed without a word so far.
                if event is None:
                    self._schedule(thing)
                    continue
                thing.place, thing.cursor, thing.busy = None, event.cursor, True
                delivery = _delivery(thing.record, event)
                self._under_way.add(delivery)
                return self._follow(thing, delivery)
        return None

    def clear(self, tenant: str | None = None) -> None:
        """Forget everything, or everything of one tenant; what is being sent will not be written down."""
        with self._lock:
            self._queue = [entry for entry in self._queue if tenant not in (None, entry[2].tenant)]
            heapify(self._queue)
            self._records = {id: one for id, one in self._records.items() if tenant not in (None, one.tenant)}
            self._watches = {id: one for id, one in self._watches.items() if tenant not in (None, one.tenant)}
            self._under_way = {one for one in self._under_way if tenant not in (None, one.tenant)}
        self.deliveries.clear(tenant)

    def dump(self) -> dict[str, Any]:
        """What is still to be sent, as JSON values; what is being sent counts as sent."""
        with self._lock:
            return {
                "watches": [{"prediction": id, "cursor": asdict(one.cursor)} for id, one in self._watches.items()],
                "retries": [
                    {
                        "due": due,
                        "prediction": thing.prediction_id,
                        "id": thing.id,
                        "event": thing.event,
                        "time": thing.time,
                        "number": thing.number,
                        "delays": list(thing.delays),
                    }
                    for due, place, thing in sorted(self._queue, key=lambda entry: entry[:2])
                    if isinstance(thing, Delivery) and thing.record and self._counts(place, thing)
                ],
            }

    def load(self, state: Mapping[str, Any], find: Callable[[str], Record | None]) -> None:
        """Replace what is still to be sent; the attempts so far are forgotten.

        Args:
            state: what `dump` returned.
            find: a prediction by its id; what belongs to one that is not found is left out.
        """
        self.clear()
        with self._lock:
            for one in state["watches"]:
                if record := find(one["prediction"]):
                    self._watch(record, Cursor(**one["cursor"]))
            for one in state["retries"]:
                if (record := find(one["prediction"])) and record.hook:
                    self._records[record.id] = record
                    delivery = Delivery(
                        id=one["id"],
                        prediction_id=record.id,
                        tenant=record.tenant,
                        event=one["event"],
                        url=record.hook.url,
                        record=record,
                        time=one["time"],
                        number=one["number"],
                        delays=tuple(one["delays"]),
                    )
                    self._put(one["due"], delivery)

    def _follow(self, watch: _Watch, delivery: Delivery) -> Flow[None]:
        """Carry out a delivery, and only then let the prediction's next event be due."""
        try:
            yield from self._carry_out(delivery)
        finally:
            with self._lock:
                watch.busy = False
                if self._watches.get(watch.record.id) is watch:
                    self._schedule(watch)

    def _carry_out(self, delivery: Delivery) -> Flow[None]:
        # It may have been sent again by hand since it was put into the queue.
        last = self.deliveries.latest(delivery.id) if delivery.number > 1 else None
        current = replace(delivery, number=last.number + 1) if last else delivery
        try:
            attempts = yield from self._sender.attempt(current)
        except GeneratorExit:
            # Whoever carried it out was canceled, and nobody knows whether it has arrived.
            self._conclude(delivery, current, [self._sender.broken_off(current)])
            raise
        self._conclude(delivery, current, attempts)

    def _conclude(self, delivery: Delivery, current: Delivery, attempts: list[Attempt]) -> None:
        """Write down what came of a delivery, and put it back into the queue if it is to be tried again."""
        with self._lock:
            wanted = delivery in self._under_way
            self._under_way.discard(delivery)
            if not self._known(current):
                attempts[-1] = replace(attempts[-1], retry_at=None)
        if not wanted:
            return
        for attempt in attempts:
            self.deliveries.record(attempt)
        if (retry_at := attempts[-1].retry_at) is not None:
            with self._lock:
                self._put(retry_at, replace(current, number=current.number + 1, delays=current.delays[1:]))

    def _watch(self, record: Record, cursor: Cursor) -> None:
        self._records[record.id] = record
        watch = self._watches[record.id] = _Watch(record, cursor)
        self._schedule(watch)

    def _schedule(self, watch: _Watch) -> None:
        """Put the next event of a prediction into the queue, in place of the one that is there."""
        if watch.busy:
            return
        event = next_event(watch.record, watch.cursor)
        watch.place = None
        if event is not None:
            watch.place = self._put(event.time, watch)
        elif course(watch.record).end < inf:
            del self._watches[watch.record.id]

    def _put(self, due: float, thing: _Watch | Delivery) -> int:
        place = next(self._places)
        heappush(self._queue, (due, place, thing))
        if len(self._queue) > self._queue_limit:
            self._queue = [entry for entry in self._queue if entry[1] == place or self._counts(*entry[1:])]
            heapify(self._queue)
            self._queue_limit = max(_SHORT_QUEUE, 2 * len(self._queue))
        return place

    def _first(self) -> float | None:
        """When the first entry that counts is due."""
        while self._queue:
            due, place, thing = self._queue[0]
            if self._counts(place, thing):
                return due
            heappop(self._queue)
        return None

    def _counts(self, place: int, thing: _Watch | Delivery) -> bool:
        """Whether an entry of the queue stands for something that is still to be sent."""
        return self._known(thing) if isinstance(thing, Delivery) else thing.place == place

    def _known(self, delivery: Delivery) -> bool:
        """Whether the prediction has not been forgotten, or is not needed."""
        return delivery.record is None or self._records.get(delivery.prediction_id) is delivery.record


def _delivery(record: Record, event: Event) -> Delivery:
    assert record.hook is not None
    return Delivery(
        id="msg_" + new_id(throw(f"{record.id}:{event.kind}:{event.cursor.count}")),
        prediction_id=record.id,
        tenant=record.tenant,
        event=event.kind,
        url=record.hook.url,
        record=record,
        time=event.time,
        delays=RETRY_DELAYS if event.kind == "completed" else (),
    )
