"""Many inputs at once, as one flow: creates as they fit, one look for all, and each told of as it ends.

Whatever can go wrong with one item becomes its own result. Requests go out side by side, but everything is decided
here, one thing after another, so that sync and async need nothing of their own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from . import _api
from ._account import Account
from ._census import Census
from ._flows import Prepared
from ._pacing import ABREAST, Pacing
from ._sending import Sender, passing
from ._steps import Emit, Flow, Sleep, Stream, Together, Work
from ._waiting import CANCEL_PATIENCE, Waiting, check, interrupts, kept, overdue
from .batch import RunResult
from .errors import (
    APIError,
    AuthenticationError,
    MalformedResponseError,
    PaymentRequiredError,
    RateLimitError,
    TransportError,
    UnknownOutcomeError,
    ZeroscopeError,
)
from .state import PredictionState

if TYPE_CHECKING:
    from ._journal import Entry, Journal

P = TypeVar("P", bound=PredictionState)

# After one of these, every other create would be refused as well.
_FOR_ALL = (AuthenticationError, PaymentRequiredError)


@dataclass(frozen=True, slots=True)
class Setup(Generic[P]):
    """What a batch is made with.

    Args:
        sender: Sends the requests.
        prepare: Checks an input and makes its create.
        describe: Tells what an input is, as JSON values, for the journal; it may read files.
        new: Makes a prediction.
        waiting: How each prediction is waited for.
        concurrency: How many predictions may be under way at a time.
        open_journal: Opens the account on disk, if one is kept.
    """

    sender: Sender
    prepare: Callable[[Any], Flow[Prepared]]
    describe: Callable[[Any], Mapping[str, Any]]
    new: Callable[[_api.PredictionModel], P]
    waiting: Waiting
    concurrency: int
    open_journal: Callable[[], Journal] | None


@dataclass(slots=True, eq=False)
class _Item(Generic[P]):
    """One of the inputs, and how far it has come."""

    index: int
    given: Any
    row: int | None = None
    prepared: Prepared | None = None
    prediction: P | None = None
    # How often it was tried in vain, and when it may be tried again, on the monotonic clock.
    failures: int = 0
    malformed: int = 0
    due: float = float("-inf")
    # When the wait for the prediction began, on the monotonic clock.
    began: float = 0.0
    # Whether it has to be read by itself: it has ended, as the list says, or the list says nothing of it.
    to_read: bool = False

    @property
    def create(self) -> Prepared:
        """The create, of an item that has been prepared."""
        assert self.prepared is not None
        return self.prepared

    @property
    def known(self) -> P:
        """The prediction, of an item that has one."""
        assert self.prediction is not None
        return self.prediction


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
        self._queue: deque[_Item[P]] = deque()
        self._running: dict[int, _Item[P]] = {}
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
            if interrupts(error) and not self._account.is_kept:
                yield from self._cancel_all()
            self._tell_what_is_left(error)
            raise
        finally:
            self._account.close()

    def _begin(self, inputs: Iterable[Any]) -> Flow[None]:
        for index, given in enumerate(inputs):
            item: _Item[P] = _Item(index, given)
            if isinstance(given, PredictionState):
                yield from self._follow(item, given)  # type: ignore[arg-type]  # of the client's own kind
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
            yield from self._resume(item, body, entry)

    def _describe(self, items: Iterable[_Item[P]]) -> list[Mapping[str, Any] | ZeroscopeError]:
        described: list[Mapping[str, Any] | ZeroscopeError] = []
        for item in items:
            try:
                described.append(self._setup.describe(item.given))
            except ZeroscopeError as error:
                described.append(error)
        return described

    def _resume(self, item: _Item[P], body: Mapping[str, Any], entry: Entry) -> Flow[None]:
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
                yield from self._follow(item, self._setup.new(_api.PredictionModel.from_dict(known)))
            case _:
                self._queue.append(item)

    def _follow(self, item: _Item[P], prediction: P) -> Flow[None]:
        """Wait for a prediction from now on."""
        now = self._clock.monotonic()
        if not self._running:
            self._next_look = now + self._census.pause([0.0])
        item.prediction, item.began, item.failures = prediction, now, 0
        # Its files may be large.
        item.prepared = None
        item.to_read = prediction._lacks_output or prediction.status == "unknown"
        self._running[item.index] = item
        if prediction.done and not item.to_read:
            yield from self._finish(item, prediction)

    def _start(self) -> Flow[None]:
        """Create what there is room for."""
        now = self._clock.monotonic()
        room = min(self._setup.concurrency - len(self._running), self._pacing.room)
        wave: list[_Item[P]] = []
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

    def _create(self, wave: Sequence[_Item[P]]) -> Flow[None]:
        """Send creates side by side."""
        sent_at = self._clock.time()
        yield from self._account.sending(wave, sent_at)
        step = Together([item.create.call for item in wave])
        try:
            yield step
        except BaseException:
            # What has come all the same must be known to whoever cleans up.
            for item, result in zip(wave, step.results, strict=True):
                if isinstance(result, _api.Response):
                    with suppress(Exception):
                        yield from self._started(item, self._created(item, result, sent_at))
            raise
        self._pacing.heed(step.results)
        started: list[_Item[P]] = []
        again: list[_Item[P]] = []
        for item, result in zip(wave, step.results, strict=True):
            try:
                yield from self._started(item, self._created(item, result, sent_at))
                started.append(item)
            except UnknownOutcomeError as error:
                yield from self._account.unknown(item, str(error))
                self._settle(item, error)
            except (APIError, TransportError) as error:
                yield from self._account.refused(item)
                if self._may_try_again(item, error):
                    again.append(item)
                else:
                    self._settle(item, error)
                    if isinstance(error, _FOR_ALL) or self._pacing.stalled(self._waiting.limit):
                        self._give_up(error)
        self._queue.extendleft(reversed(again))
        # Only now, when all that was created is known: a callback may raise.
        for item in started:
            self._tell(item)

    def _created(self, item: _Item[P], result: Any, sent_at: float) -> _api.PredictionModel:
        create = item.create
        return self._sender.created(create.call, result, item.failures + 1, create.body, sent_at)

    def _started(self, item: _Item[P], model: _api.PredictionModel) -> Flow[None]:
        yield from self._account.created(item, model.id)
        self._pacing.started()
        yield from self._follow(item, self._setup.new(model))

    def _tell(self, item: _Item[P]) -> None:
        with kept(item.known):
            self._waiting.tell(item.known)

    def _may_try_again(self, item: _Item[P], error: ZeroscopeError) -> bool:
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
                # What a list says of an end may lack the output; a read tells of it as a whole.
                item.to_read = item.known.id in missing or (model is not None and model.status in final)
                if model is not None and not item.to_read and item.known._take_listed(model):
                    self._tell(item)
            now = self._clock.monotonic()
            self._next_look = now + self._census.pause([now - item.began for item in self._running.values()])
        now = self._clock.monotonic()
        yield from self._read([item for item in self._running.values() if item.to_read and item.due <= now])
        if late := [item for item in self._running.values() if self._clock.monotonic() >= self._until(item)]:
            yield from self._end(late)

    def _end(self, items: Sequence[_Item[P]]) -> Flow[None]:
        """Give up predictions whose time is up, after a last look of their own: the list may have been behind."""
        yield from self._read(items)
        for item in [item for item in items if item.index in self._running]:
            error = yield from overdue(self._sender, item.known, self._waiting, item.began)
            if item.known.done:
                yield from self._account.finished(item, item.known)
            self._settle(item, error)

    def _read(self, items: Sequence[_Item[P]]) -> Flow[None]:
        """Read predictions, a few side by side."""
        for start in range(0, len(items), ABREAST):
            yield from self._read_abreast(items[start : start + ABREAST])

    def _read_abreast(self, items: Sequence[_Item[P]]) -> Flow[None]:
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

    def _finish(self, item: _Item[P], prediction: P) -> Flow[None]:
        yield from self._account.finished(item, prediction)
        self._settle_by_prediction(item, prediction)

    def _settle_by_prediction(self, item: _Item[P], prediction: P) -> None:
        try:
            check(prediction)
        except ZeroscopeError as error:
            self._settle(item, error)
        else:
            self._settle(item, None)

    def _settle(self, item: _Item[P], error: ZeroscopeError | None) -> None:
        self._running.pop(item.index, None)
        self._ended.append(RunResult(item.index, item.given, item.prediction, error))

    def _until(self, item: _Item[P]) -> float:
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

    def _cancel_all(self) -> Flow[None]:
        """Cancel what nobody waits for any more, for a few seconds."""
        until = self._clock.monotonic() + CANCEL_PATIENCE
        left = list(self._running.values())
        while left and (patience := until - self._clock.monotonic()) > 0:
            items, left = left[:ABREAST], left[ABREAST:]
            step = Together([replace(_api.cancel_call(item.known.id), limit=patience) for item in items])
            with suppress(Exception):
                yield step
            for item, call, result in zip(items, step.calls, step.results, strict=True):
                with suppress(Exception):
                    response = self._sender.settle(call, result, 1)
                    item.known._update(self._sender.answers.prediction(call, response, item.known.id))

    def _tell_what_is_left(self, error: BaseException) -> None:
        """Note in an error that ends the batch which predictions it leaves behind."""
        canceled = [item for item in self._running.values() if item.known.status == "canceled"]
        if canceled:
            error.add_note(f"{len(canceled)} predictions were canceled.")
        if going := [item.known.id for item in self._running.values() if not item.known.done]:
            how = "; run the same inputs with the same journal to go on" if self._account.is_kept else ""
            error.add_note(f"These predictions go on and may be billed: {', '.join(going)}{how}.")
