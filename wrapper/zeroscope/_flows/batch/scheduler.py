"""Many inputs at once, as one flow: creates as they fit, one look for all, and each told of as it ends.

Whatever can go wrong with one item becomes its own result. Requests go out side by side, but everything is decided
here, one thing after another, so that sync and async need nothing of their own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..._service import api as _api
from ..._steps import Emit, Flow, Sleep, Stream, Together, Work
from ...errors import (
    APIError,
    AuthenticationError,
    ConfigurationError,
    MalformedResponseError,
    PaymentRequiredError,
    RateLimitError,
    TransportError,
    UnknownOutcomeError,
    ZeroscopeError,
)
from ...results import RunResult
from ...state import PredictionState
from ..cleanup import cancel_all, tell_what_is_left
from ..request import passing
from ..wait import check, interrupts, kept, overdue
from .account import Account
from .item import Item, Setup
from .poller import Census, tells_all
from .throttle import ABREAST, Pacing

if TYPE_CHECKING:
    from ..._disk.journal import JournalEntry

P = TypeVar("P", bound=PredictionState)

# After one of these, every other create would be refused as well.
_FOR_ALL = (AuthenticationError, PaymentRequiredError)


class Batch(Generic[P]):
    """Runs many inputs; used once.

    Args:
        setup: What it is made with.
    """

    def __init__(self, setup: Setup[P]) -> None:
        self._setup = setup
        self._sender = setup.sender
        self._clock = setup.sender.clock
        self._waiting = setup.waiting
        self._census = Census(setup.sender, setup.waiting.polling)
        self._account = Account(setup.open_journal, setup.sender.answers)
        self._pacing = Pacing(setup.sender.clock)
        self._queue: deque[Item[P]] = deque()
        self._running: dict[int, Item[P]] = {}
        self._ended: list[RunResult[P, Any]] = []
        self._next_look = 0.0

    def flow(self, inputs: Iterable[Any]) -> Stream[RunResult[P, Any]]:
        """Run inputs, and wait for predictions among them; tell of each as it ends."""
        try:
            yield from self._begin(inputs)
            while True:
                ended, self._ended = self._ended, []
                for result in ended:
                    yield Emit(result)
                if not self._queue and not self._running:
                    return
                if self._sender.retry is not None:
                    yield from self._sender.gate.passing(self._sender.random(), None)
                yield from self._start()
                yield from self._look()
                if not self._ended and (idle := self._idle()) > 0:
                    yield Sleep(idle)
        except BaseException as error:
            left = [item.known for item in self._running.values()]
            if interrupts(error) and not self._account.is_kept:
                yield from cancel_all(self._sender, left)
            tell_what_is_left(error, left, "run the same inputs with the same journal" if self._account.is_kept else "")
            raise
        finally:
            self._account.close()

    def _begin(self, inputs: Iterable[Any]) -> Flow[None]:
        for index, given in enumerate(inputs):
            item: Item[P] = Item(index, given)
            if isinstance(given, PredictionState):
                self._follow(item, given)  # type: ignore[arg-type]  # of the client's own kind
                yield from self._finish_ended([item])
            else:
                self._queue.append(item)
        if not self._account.is_kept:
            return
        yield from self._account.open()
        items, self._queue = list(self._queue), deque()
        # Files in the inputs are read for it.
        described: list[Mapping[str, Any] | ZeroscopeError] = yield Work(partial(self._describe, items))
        usable = []
        for item, body in zip(items, described, strict=True):
            if isinstance(body, ZeroscopeError):
                self._settle(item, body)
            else:
                usable.append((item, body))
        entries = yield from self._account.begin([body for _, body in usable])
        for (item, body), entry in zip(usable, entries, strict=True):
            self._resume(item, body, entry)

    def _describe(self, items: Iterable[Item[P]]) -> list[Mapping[str, Any] | ZeroscopeError]:
        described: list[Mapping[str, Any] | ZeroscopeError] = []
        for item in items:
            try:
                described.append(self._setup.describe(item.given))
            except ZeroscopeError as error:
                described.append(error)
        return described

    def _resume(self, item: Item[P], body: Mapping[str, Any], entry: JournalEntry) -> None:
        """Go on from where the journal says that an earlier run had come with an item."""
        item.row = entry.row
        match entry.state:
            case "unknown":
                error = UnknownOutcomeError(
                    f"{entry.message}. The prediction may have been created and billed, so it is not created again; "
                    "look for it with .find() on this error, and run its input without this journal if there is none"
                )
                error._sent(body, entry.sent_at or 0.0, self._sender.owner())
                self._settle(item, error)
            case "finished":
                item.prediction = self._setup.new(_api.PredictionModel.from_dict(entry.prediction or {}))
                self._settle_by_prediction(item, item.prediction)
            case "running":
                known = {"id": entry.prediction_id, "status": "unknown"}
                self._follow(item, self._setup.new(_api.PredictionModel.from_dict(known)))
            case _:
                self._queue.append(item)

    def _follow(self, item: Item[P], prediction: P) -> None:
        """Wait for a prediction from now on."""
        now = self._clock.monotonic()
        if not self._running:
            self._next_look = now + self._census.pause([0.0])
        item.prediction, item.began, item.failures = prediction, now, 0
        # Its files may be large.
        item.prepared = None
        item.to_read = prediction._lacks_output or prediction.status == "unknown"
        self._running[item.index] = item

    def _finish_ended(self, items: Iterable[Item[P]]) -> Flow[None]:
        for item in items:
            if item.known.done and not item.to_read:
                yield from self._finish(item, item.known)

    def _start(self) -> Flow[None]:
        """Create what there is room for."""
        now = self._clock.monotonic()
        room = min(self._setup.concurrency - len(self._running), self._pacing.room)
        wave: list[Item[P]] = []
        while len(wave) < room and self._queue and self._queue[0].due <= now:
            item = self._queue.popleft()
            try:
                if item.prepared is None:
                    item.prepared = yield from self._setup.prepare(item.given)
            except ZeroscopeError as error:
                self._settle(item, error)
            else:
                wave.append(item)
        if wave:
            yield from self._create(wave)

    def _create(self, wave: Sequence[Item[P]]) -> Flow[None]:
        """Send creates side by side."""
        sent_at = self._clock.time()
        yield from self._account.sending(wave, sent_at)
        step = Together([item.create.call for item in wave])
        try:
            yield step
        except BaseException:
            # What has come all the same must be known to whoever cleans up.
            with suppress(ConfigurationError):
                yield from self._take_created(wave, step.results, sent_at)
            raise
        self._pacing.heed(step.results)
        for item in (yield from self._take_created(wave, step.results, sent_at)):
            self._tell(item)

    def _take_created(self, wave: Sequence[Item[P]], results: Sequence[Any], sent_at: float) -> Flow[list[Item[P]]]:
        """Take in what creates came to; the result is the items of which there are predictions.

        All predictions are known before the first is noted, as the journal may fail, and all are noted before anybody
        is told of them, as a callback may raise.
        """
        started: list[Item[P]] = []
        failed: list[tuple[Item[P], ZeroscopeError]] = []
        for item, result in zip(wave, results, strict=True):
            # An interrupt has kept it from coming, or was it.
            if result is None or (isinstance(result, BaseException) and interrupts(result)):
                continue
            try:
                create = item.create
                model = self._sender.created(create.call, result, item.failures + 1, create.body, sent_at)
            except (UnknownOutcomeError, APIError, TransportError) as error:
                failed.append((item, error))
            else:
                self._follow(item, self._setup.new(model))
                started.append(item)
        if started:
            self._pacing.started()
        for item in started:
            yield from self._account.created(item, item.known.id)
        again: list[Item[P]] = []
        for item, failure in failed:
            if (yield from self._take_failure(item, failure)):
                again.append(item)
        self._queue.extendleft(reversed(again))
        yield from self._finish_ended(started)
        return started

    def _take_failure(self, item: Item[P], error: ZeroscopeError) -> Flow[bool]:
        """Take in that a create failed; the result is whether it is to be sent again."""
        if isinstance(error, UnknownOutcomeError):
            yield from self._account.unknown(item, str(error))
            self._settle(item, error)
            return False
        yield from self._account.refused(item)
        if self._may_try_again(item, error):
            return True
        self._settle(item, error)
        if isinstance(error, _FOR_ALL) or self._pacing.stalled(self._waiting.limit):
            self._give_up(error)
        return False

    def _tell(self, item: Item[P]) -> None:
        with kept(item.known):
            self._waiting.tell(item.known)

    def _may_try_again(self, item: Item[P], error: ZeroscopeError) -> bool:
        """Whether a request of an item that failed may be sent again; then it is known when."""
        item.failures += 1
        item.malformed += isinstance(error, MalformedResponseError)
        retry, now = self._sender.retry, self._clock.monotonic()
        if retry is None or not passing(error):
            return False
        # A body that stays malformed is no passing trouble.
        if item.malformed >= retry.attempts:
            return False
        if item.prediction is None:
            throttled = isinstance(error, RateLimitError)
            if self._pacing.stalled(self._waiting.limit) or (item.failures >= retry.attempts and not throttled):
                return False
        item.due = now + self._sender.pause_after(error, item.failures)
        return True

    def _give_up(self, error: ZeroscopeError) -> None:
        """End all that has not been created: it would meet with the same."""
        while self._queue:
            self._settle(self._queue.popleft(), error)

    def _look(self) -> Flow[None]:
        """See which predictions have ended, and read those."""
        final = _api.final_statuses()
        items = [item for item in self._running.values() if not item.to_read]
        if items and self._clock.monotonic() >= self._next_look:
            listed, missing = yield from self._census.look([item.known.id for item in items])
            for item in items:
                model = listed.get(item.known.id)
                ended = model is not None and model.status in final
                item.to_read = item.known.id in missing or (ended and not tells_all(model))
                if model is not None and not item.to_read and item.known._take_listed(model):
                    self._tell(item)
            yield from self._finish_ended(items)
            now = self._clock.monotonic()
            self._next_look = now + self._census.pause([now - item.began for item in self._running.values()])
        now = self._clock.monotonic()
        yield from self._read([item for item in self._running.values() if item.to_read and item.due <= now])
        if late := [item for item in self._running.values() if self._clock.monotonic() >= self._until(item)]:
            yield from self._end(late)

    def _end(self, items: Sequence[Item[P]]) -> Flow[None]:
        """Give up predictions whose time is up, after a last look of their own: the list may have been behind."""
        yield from self._read(items)
        for item in [item for item in items if item.index in self._running]:
            error = yield from overdue(self._sender, item.known, self._waiting, item.began)
            if item.known.done:
                yield from self._account.finished(item, item.known)
            self._settle(item, error)

    def _read(self, items: Sequence[Item[P]]) -> Flow[None]:
        """Read predictions, a few side by side."""
        for start in range(0, len(items), ABREAST):
            yield from self._read_abreast(items[start : start + ABREAST])

    def _read_abreast(self, items: Sequence[Item[P]]) -> Flow[None]:
        calls = [_api.get_call(item.known.id) for item in items]
        results: list[Any] = yield Together(calls)
        for item, call, result in zip(items, calls, results, strict=True):
            prediction = item.known
            try:
                with kept(prediction):
                    response = self._sender.settle(call, result, item.failures + 1)
                    model = self._sender.answers.prediction(call, response, prediction.id)
            except ZeroscopeError as error:
                if not self._may_try_again(item, error):
                    self._settle(item, error)
                continue
            item.failures, item.malformed, item.to_read = 0, 0, False
            if prediction._update(model):
                self._tell(item)
            if prediction.done:
                yield from self._finish(item, prediction)

    def _finish(self, item: Item[P], prediction: P) -> Flow[None]:
        yield from self._account.finished(item, prediction)
        self._settle_by_prediction(item, prediction)

    def _settle_by_prediction(self, item: Item[P], prediction: P) -> None:
        try:
            check(prediction)
        except ZeroscopeError as error:
            self._settle(item, error)
        else:
            self._settle(item, None)

    def _settle(self, item: Item[P], error: ZeroscopeError | None) -> None:
        self._running.pop(item.index, None)
        self._ended.append(RunResult(item.index, item.given, item.prediction, error))

    def _until(self, item: Item[P]) -> float:
        return item.began + self._waiting.limit

    def _idle(self) -> float:
        """How long there is nothing to do, in seconds."""
        moments = [self._until(item) for item in self._running.values()]
        moments += [item.due for item in self._running.values() if item.to_read]
        if len(moments) > 0 and not all(item.to_read for item in self._running.values()):
            moments.append(self._next_look)
        if self._queue and len(self._running) < self._setup.concurrency:
            moments.append(max(self._queue[0].due, self._pacing.opens_at))
        return min(moments) - self._clock.monotonic()
