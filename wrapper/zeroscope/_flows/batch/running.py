"""The running predictions of a batch: their polls, reads and results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..._service.api import Response, final_statuses
from ..._steps import Flow, Gather, RunBlocking, Stream
from ...errors import ZeroscopeError
from ...results import RunResult
from ...state import PredictionState
from .. import read
from ..connection_pool import with_connections
from ..context import attached
from ..request import MAX_IN_FLIGHT, MIN_TIMEOUT, Attempts, Failed, Sender
from ..wait import WaitOptions, time_out
from .forecast import Forecast
from .item import Item
from .poller import ListPoller, is_complete
from .schedule import Part, PollSchedule
from .streams import EventStreams

if TYPE_CHECKING:
    # Loaded only if a journal is kept, because SQLite takes long to load.
    from ..._disk.journal import BatchJournal

P = TypeVar("P", bound=PredictionState)
T = TypeVar("T")

# How long the read may take that tells whether a service answers whose list does not, in seconds.
_PROBE_TIMEOUT = MIN_TIMEOUT / 2


class RunningPredictions(Generic[P]):
    """Waits for the predictions of a batch."""

    def __init__(self, sender: Sender, options: WaitOptions) -> None:
        self._sender = sender
        self._clock = sender.clock
        self._options = options
        self._poller = ListPoller(sender)
        self._schedule: PollSchedule[P] = PollSchedule(options.polling, sender.random)
        self._streams: EventStreams[P] = EventStreams(sender, options)
        # The items with running predictions, by index, in the order in which their waits began.
        self.items: dict[int, Item[P]] = {}
        # The same items, by their predictions' IDs; a prediction may be given twice.
        self._by_id: dict[str, list[Item[P]]] = {}
        # The results that were not emitted yet.
        self.ended: list[RunResult[P, Any]] = []
        self.journal: BatchJournal | None = None

    def add(self, item: Item[P], prediction: P) -> None:
        """Start to wait for an item's prediction."""
        now = self._clock.monotonic()
        is_new = item.create is not None
        item.prediction, item.began, item.seen_at = prediction, now, now
        # Until the item's time is up, reads are repeated without a limit.
        item.attempts = Attempts(self._sender, limited=False)
        # Its files may be large.
        item.create = None
        item.to_read = prediction._lacks_output or prediction.status == "unknown"
        item.forecast = Forecast()
        self.items[item.index] = item
        self._by_id.setdefault(prediction.id, []).append(item)
        self._schedule.add(item, now, is_new)

    def poll(self) -> Flow[None]:
        """Find out which predictions have ended, as far as polls are due, and read what the list does not show."""
        answers = True
        for part in self._schedule.due(self._clock.monotonic()):
            items = [item for item in part.items.values() if not item.to_read]
            if not self._poller.is_usable or len(items) <= part.pages:
                # Reading each by itself costs no more.
                for item in items:
                    item.to_read = True
                self._schedule.record_polled(part, self._clock.monotonic(), part.pages)
            else:
                yield from self._poll_list(part, items)
                answers = self._poller.is_answered
                # The results are emitted before the next page is read.
                break
        if (now := self._clock.monotonic()) >= self._sender.cooldown_end():
            to_read = [item for item in self.items.values() if item.to_read and item.due <= now]
            answers = (yield from self._read(to_read)) and answers
        if late := list(self._late()):
            # The list may have been behind.
            unread = late
            if not answers:
                # One read tells whether the list alone hangs; more would outlast the timeout for nothing.
                unread = late[1:]
                answers = yield from self._read(late[:1], _PROBE_TIMEOUT)
            if answers:
                yield from self._read(unread)
            yield from self._time_out([item for item in late if item.index in self.items])
        yield from self._streams.close_ended(self.items)
        self._options.refresh(*(item.known for item in self.items.values()))

    def wait(self, until: float) -> Flow[None]:
        """Let time pass up to a moment on the monotonic clock, or until a prediction's stream brings something."""
        for item in (yield from self._streams.wait(self.items, until)):
            self.notify(item)

    def with_streams(self, stream: Stream[T]) -> Stream[T]:
        """Return a stream of the batch, at whose end all event streams are closed."""
        try:
            yield from with_connections(stream, lambda: self._streams)
        except GeneratorExit:
            self._streams.abandon()
            raise
        finally:
            yield from self._streams.close_ended({})

    def next_moments(self) -> list[float]:
        """Return the moments at which a poll, a read or a timeout is due, on the monotonic clock."""
        reads = [item.due for item in self.items.values() if item.to_read]
        reads.append(self._schedule.next_due)
        first = [self._until(item) for item in islice(self.items.values(), 1)]
        return [*first, *(max(read, self._sender.cooldown_end()) for read in reads)]

    def notify(self, item: Item[P]) -> None:
        with attached(item.known):
            self._options.notify(item.known)

    def may_retry(self, item: Item[P], error: ZeroscopeError, *, unlimited: bool = False) -> bool:
        """Whether an item's failed request is repeated; if so, schedule it."""
        now = self._clock.monotonic()
        pause = item.attempts.pause_after(Failed(error), unlimited=unlimited)
        if pause is not None:
            item.due = now + pause
        return pause is not None

    def record(self, item: Item[P], method: Callable[[BatchJournal], Callable[..., None]], *args: Any) -> Flow[None]:
        """Record an item's new state by a method of the journal, if one is kept; the row is its first argument."""
        if self.journal is not None and item.row is not None:
            yield RunBlocking(partial(method(self.journal), item.row, *args))

    def finish_ended(self, items: Iterable[Item[P]]) -> Flow[None]:
        """Finish those items whose predictions have ended and need no read."""
        for item in items:
            if item.known.done and not item.to_read:
                yield from self._record_end(item)
                self.finish_by_status(item)

    def finish_by_status(self, item: Item[P]) -> None:
        try:
            item.known.raise_for_status()
        except ZeroscopeError as error:
            self.finish(item, error)
        else:
            self.finish(item, None)

    def finish(self, item: Item[P], error: ZeroscopeError | None) -> None:
        """Add an item's result, with its error if there are no videos."""
        if self.items.pop(item.index, None) is not None:
            self._schedule.remove(item)
            same = self._by_id[item.known.id]
            same.remove(item)
            if not same:
                del self._by_id[item.known.id]
        self.ended.append(RunResult(item.index, item.given, item.prediction, error, item.recovered))

    def _poll_list(self, part: Part[P], items: Sequence[Item[P]]) -> Flow[None]:
        """Search the list for the predictions of a part, from their page on."""
        until = min(self._until(item) for item in items)
        cursor = part.page if isinstance(part.page, str) else None
        wanted = [item.known.id for item in items]
        listed, missing, pages = yield from self._poller.poll(wanted, self._by_id.__contains__, until, cursor)
        now = self._clock.monotonic()
        self._schedule.record_polled(part, now, pages)
        for id, (model, page) in listed.items():
            for item in tuple(self._by_id[id]):
                self._schedule.record_page(item, now, page)
                item.to_read |= model.status in final_statuses() and not is_complete(model)
                if item.to_read:
                    continue
                logs = model.logs
                yield from self._streams.compare(item, model)
                if item.known._update_from_list(model):
                    self.notify(item)
                self._schedule.record_state(item, now, logs)
                yield from self.finish_ended([item])
        for item in items:
            if item.known.id in missing:
                item.to_read = True
                self._schedule.separate(item, now)

    def _late(self) -> Iterator[Item[P]]:
        """Return the items whose time is up."""
        return takewhile(lambda item: self._clock.monotonic() >= self._until(item), self.items.values())

    def _time_out(self, items: Sequence[Item[P]]) -> Flow[None]:
        """Give up predictions whose time is up."""
        options = self._options
        for item in items:
            began = self._clock.monotonic()
            error = yield from time_out(self._sender, item.known, options, item.began)
            if item.known.done:
                yield from self._record_end(item)
            elif self._clock.monotonic() - began >= MIN_TIMEOUT:
                # The service does not answer, and a cancel of each of the others would take as long.
                options = replace(options, cancel_on_timeout=False)
            self.finish(item, error)

    def _read(self, items: Sequence[Item[P]], least: float = MIN_TIMEOUT) -> Flow[bool]:
        """Read predictions one by one, a few concurrently; the result is whether the service answers.

        Args:
            least: The least timeout of a read, in seconds.
        """
        for start in range(0, len(items), MAX_IN_FLIGHT):
            some = items[start : start + MAX_IN_FLIGHT]
            requests = [read.get_request(self._sender, item.known.id) for item in some]
            now = self._clock.monotonic()
            results: list[Any] = yield Gather(
                [
                    request.call._replace(limit=max(self._until(item) - now, least))
                    for item, request in zip(some, requests, strict=True)
                ]
            )
            for item, request, result in zip(some, requests, results, strict=True):
                try:
                    with attached(item.known):
                        model = self._sender.outcome(request, result)
                except ZeroscopeError as error:
                    if not self.may_retry(item, error):
                        self.finish(item, error)
                    continue
                item.attempts.restart()
                item.to_read = False
                logs = model.logs
                yield from self._streams.compare(item, model)
                if item.known._update(model):
                    self.notify(item)
                self._schedule.record_state(item, self._clock.monotonic(), logs)
                yield from self.finish_ended([item])
            if not any(isinstance(result, Response) for result in results):
                # The others would take as long to fail; what is due is read in the next round.
                return False
        return True

    def _record_end(self, item: Item[P]) -> Flow[None]:
        if self.journal is not None and item.row is not None:
            # The service may have repeated the token.
            redact = self._sender.parser.redact
            prediction = item.known.to_dict()
            yield from self.record(item, lambda journal: journal.record_finished, prediction, redact, item.secrets)

    def _until(self, item: Item[P]) -> float:
        return item.began + self._options.limit
