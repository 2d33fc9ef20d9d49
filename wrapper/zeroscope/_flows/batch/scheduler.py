"""The scheduler of a batch: it runs many inputs at once, as one flow.

`stream` is a loop. Each round creates as many predictions as the throttle has room for, polls the account's list if a
poll is due, reads the predictions that have ended as the list or a stream shows, and waits until the next of these
moments or for the streams; results are emitted before anything that may take time. Only this flow decides anything, one
thing after another; concurrency is the driver's, which carries out the calls of a `Gather` side by side. So sync and
async need nothing of their own here, and there is no lock.

After a 429 to a create only creates pause, because the service limits them by themselves; the predictions that run are
still polled. After a 429 to another request everything pauses.

An error belongs to the item that caused it and becomes its result. Only an interrupt, an exception of a callback or a
journal that cannot be written ends the whole batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ... import errors
from ..._disk.records import JournalEntry
from ..._service import api
from ..._service.api import PredictionModel
from ..._service.secret_fields import secret_texts
from ..._steps import Call, Emit, Flow, Gather, RunBlocking, Stream, StreamPart
from ...results import RunResult
from ...retry import is_transient
from ...state import PredictionState
from .. import cleanup
from ..context import note_possible_prediction
from ..request import MIN_TIMEOUT, Attempts, CreateRequest, Sender
from ..wait import WaitOptions
from .item import Item
from .queue import Queue
from .recovery import LostCreates
from .running import RunningPredictions
from .throttle import Throttle

if TYPE_CHECKING:
    # Loaded only if a journal is kept, because SQLite takes long to load.
    from ..._disk.journal import BatchJournal

P = TypeVar("P", bound=PredictionState)

# After one of these, the service would refuse every other create as well.
_FATAL = (errors.AuthenticationError, errors.PaymentRequiredError)


@dataclass(eq=False)
class Batch(Generic[P]):
    """Runs many inputs; one object runs one batch."""

    sender: Sender
    prepare: Callable[[Any, float | None], Flow[CreateRequest]]
    """Validates an input and uploads its files, up to a moment on the monotonic clock if one is given."""
    fingerprint: Callable[[Any], Mapping[str, Any]]
    """Returns JSON values that identify an input in the journal; it may read files."""
    new: Callable[[PredictionModel], P]
    options: WaitOptions
    concurrency: int
    open_journal: Callable[[], BatchJournal] | None

    def __post_init__(self) -> None:
        self._clock = self.sender.clock
        self._throttle = Throttle(self._clock, self.sender.retry)
        self._queue: Queue[P] = Queue((), self._new_item)
        # The predictions among the inputs.
        self._given_ids: set[str] = set()
        self._running: RunningPredictions[P] = RunningPredictions(self.sender, self.options)
        self._lost = LostCreates(
            self.sender, self._running, self._throttle, self.new, self.options.limit, self._given_ids
        )

    def stream(self, inputs: Iterable[Any]) -> Stream[RunResult[P, Any]]:
        """Run inputs, wait for predictions among them, and emit each result once it is known."""
        running = self._running
        try:
            yield from running.with_streams(self._run(inputs))
        except BaseException as error:
            left = [item.known for item in running.items.values()]
            is_kept = self.open_journal is not None
            if cleanup.is_interrupt(error) and not is_kept:
                yield from cleanup.cancel_all(self.sender, left)
            cleanup.note_unfinished(error, left, "run the same inputs with the same journal" if is_kept else "")
            raise
        finally:
            if running.journal is not None:
                running.journal.close()

    def _run(self, inputs: Iterable[Any]) -> Stream[RunResult[P, Any]]:
        running = self._running
        yield from self._begin(inputs)
        yield from self._emit_ended()
        # The inputs come last, as reading one may take time.
        while running.items or self._lost or self._queue:
            yield from self._settle_lost()
            yield from self._start()
            yield from self._emit_ended()
            yield from running.poll()
            yield from self._emit_ended()
            if running.items or self._lost or self._queue:
                until = self._next_moment()
                if until > self._clock.monotonic():
                    yield from running.wait(until)

    def _emit_ended(self) -> StreamPart[RunResult[P, Any], None]:
        """Emit the results that are known and were not emitted yet."""
        ended, self._running.ended = self._running.ended, []
        for result in ended:
            yield Emit(result)

    def _begin(self, inputs: Iterable[Any]) -> StreamPart[RunResult[P, Any], None]:
        numbered: Iterable[tuple[int, Any]] = enumerate(inputs)
        if self.open_journal is not None or not isinstance(inputs, Iterator):
            known = list(inputs)
            # What was created is waited for at once; of an iterator, nothing is read before there is room for it.
            for index, given in enumerate(known):
                if isinstance(given, PredictionState):
                    yield from self._wait_for_given(self._new_item(index, given))
            numbered = ((index, given) for index, given in enumerate(known) if not isinstance(given, PredictionState))
        self._queue = Queue(numbered, self._new_item)
        if self.open_journal is not None:
            journal = self._running.journal = yield RunBlocking(self.open_journal)
            yield from self._load(journal)

    def _new_item(self, index: int, given: Any) -> Item[P]:
        return Item(index, given, Attempts(self.sender, creates=True))

    def _wait_for_given(self, item: Item[P]) -> Flow[None]:
        """Wait for the prediction that stands in the place of an input."""
        self._given_ids.add(item.given.id)
        self._running.add(item, item.given)
        yield from self._running.finish_ended([item])

    def _load(self, journal: BatchJournal) -> StreamPart[RunResult[P, Any], None]:
        """Continue each input from the state that an earlier run recorded, and record the new ones."""
        items = self._queue.take_all()
        # This reads the files in the inputs.
        fingerprints = yield RunBlocking(lambda: [self._try_fingerprint(item.given) for item in items])
        usable = []
        for item, found in zip(items, fingerprints, strict=True):
            if isinstance(found, errors.ZeroscopeError):
                self._running.finish(item, found)
            else:
                usable.append((item, found))
        entries = yield RunBlocking(partial(journal.load, [body for _, body in usable]))
        for (item, body), entry in zip(usable, entries, strict=True):
            self._resume(item, entry, body)

    def _try_fingerprint(self, given: Any) -> Mapping[str, Any] | errors.ZeroscopeError:
        try:
            return self.fingerprint(given)
        except errors.ZeroscopeError as error:
            return error

    def _resume(self, item: Item[P], entry: JournalEntry, body: Mapping[str, Any]) -> None:
        item.row = entry.row
        item.secrets = secret_texts(body["input"])
        # The message says why the outcome was unknown.
        item.recovered = entry.prediction_id is not None and entry.message is not None
        match entry.state:
            case "unknown":
                self._lost.add(item, entry, body)
            case "finished":
                item.prediction = self.new(PredictionModel.from_dict(entry.prediction or {}))
                self._running.finish_by_status(item)
            case "running":
                known = {"id": entry.prediction_id, "status": "unknown"}
                self._running.add(item, self.new(PredictionModel.from_dict(known)))
            case _:
                self._queue.put([item])

    def _settle_lost(self) -> Flow[None]:
        """Search for the predictions of lost creates if a search is due."""
        if self._running.journal is not None and self._clock.monotonic() >= self._lost.search_at:
            self._queue.put((yield from self._lost.settle(self._running.journal)))
            self._abandon_if_unanswered()

    def _start(self) -> Flow[None]:
        """Create as many predictions as there is room for."""
        now = self._clock.monotonic()
        if now < self.sender.cooldown_end(creates=True):
            return
        room = min(self.concurrency - len(self._running.items), self._throttle.room)
        wave: list[Item[P]] = []
        while len(wave) < room and self._queue and self._queue.next.due <= now:
            item = self._queue.pop()
            if isinstance(item.given, PredictionState):
                yield from self._wait_for_given(item)
                continue
            began = self._clock.monotonic()
            until = None if self.options.timeout is None else began + self.options.limit
            try:
                if item.create is None:
                    item.create = yield from self.prepare(item.given, until)
            except errors.ZeroscopeError as error:
                self._running.finish(item, error)
                if is_transient(error):
                    self._throttle.record_silence(began)
                    self._abandon_if_unanswered()
            else:
                wave.append(item)
        if wave:
            yield from self._create(wave)

    def _create(self, wave: Sequence[Item[P]]) -> Flow[None]:
        sent_at, began = self._clock.time(), self._clock.monotonic()
        rows = [item.row for item in wave if item.row is not None]
        if self._running.journal is not None and rows:
            yield RunBlocking(partial(self._running.journal.record_sending, rows, sent_at))
        step = Gather([self._limited(item.known_create) for item in wave])
        try:
            yield step
        except BaseException as error:
            # The cleanup must know the predictions that were created all the same.
            with suppress(errors.ConfigurationError):
                yield from self._take_results(wave, step.results, sent_at)
            if any(map(_is_missing, step.results)):
                note_possible_prediction(error)
            raise
        self._throttle.record(step.results, began)
        started = yield from self._take_results(wave, step.results, sent_at)
        self._abandon_if_unanswered()
        for item in started:
            self._running.notify(item)

    def _limited(self, create: CreateRequest) -> Call:
        """Return the call of a create with a limit that a service which answers keeps, even if the timeout is 0."""
        return create.call._replace(limit=self.options.limit + MIN_TIMEOUT + (create.call.hold or 0.0))

    def _take_results(self, wave: Sequence[Item[P]], results: Sequence[Any], sent_at: float) -> Flow[list[Item[P]]]:
        """Take over the results of creates, and return the items that have predictions now.

        All predictions are known before the first is recorded, because the journal may fail, and all are recorded
        before the first callback, because a callback may raise.
        """
        started: list[Item[P]] = []
        failed: list[tuple[Item[P], errors.ZeroscopeError]] = []
        for item, result in zip(wave, results, strict=True):
            if _is_missing(result):
                continue
            try:
                model = self.sender.created(item.known_create, result, sent_at)
            except (errors.UnknownOutcomeError, errors.APIError, errors.TransportError) as error:
                failed.append((item, error))
            else:
                self._running.add(item, self.new(model))
                started.append(item)
        if started:
            self._throttle.record_success()
        for item in started:
            yield from self._running.record(item, lambda journal: journal.record_created, item.known.id)
        again: list[Item[P]] = []
        for item, failure in failed:
            if (yield from self._take_failure(item, failure)):
                again.append(item)
        self._queue.put_back(again)
        yield from self._running.finish_ended(started)
        return started

    def _take_failure(self, item: Item[P], error: errors.ZeroscopeError) -> Flow[bool]:
        """Take over the failure of a create; the result is whether it is sent again."""
        if isinstance(error, errors.UnknownOutcomeError):
            yield from self._running.record(item, lambda journal: journal.record_unknown, str(error))
            self._running.finish(item, error)
            return False
        yield from self._running.record(item, lambda journal: journal.record_refused)
        stalled = self._throttle.stalled(self.options.limit) or self._throttle.unanswered(self.options.limit)
        # A 429 counts only once the throttle has stalled.
        if not stalled and self._running.may_retry(item, error, unlimited=isinstance(error, errors.RateLimitError)):
            return True
        self._running.finish(item, error)
        if isinstance(error, _FATAL) or stalled:
            # Every create that is left would meet with the same.
            self._abandon_queue(error)
        return False

    def _abandon_if_unanswered(self) -> None:
        """Finish the items that are left if the service does not answer: each would take as long to fail."""
        limit = self.options.limit
        if self._throttle.unanswered(limit) and self._queue:
            self._abandon_queue(
                errors.TransportError(
                    f"{api.operation_names()['createPrediction']} was not sent, so no prediction was created: the "
                    f"service has answered none for {max(limit, MIN_TIMEOUT):.0f} s; check the network, and try again"
                )
            )

    def _abandon_queue(self, error: errors.ZeroscopeError) -> None:
        for item in self._queue.take_all():
            self._running.finish(item, error)

    def _next_moment(self) -> float:
        """Return when something is to be done, on the monotonic clock."""
        moments = [*self._running.next_moments(), self._lost.search_at]
        if len(self._running.items) < self.concurrency and self._queue:
            opens_at = max(self._throttle.opens_at, self.sender.cooldown_end(creates=True))
            moments.append(max(self._queue.next.due, opens_at))
        return min(moments)


def _is_missing(result: object) -> bool:
    """Whether a call has no result because of an interrupt, or has the interrupt as its result."""
    return result is None or (isinstance(result, BaseException) and cleanup.is_interrupt(result))
