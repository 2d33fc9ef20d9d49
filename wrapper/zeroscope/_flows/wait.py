"""The flows that wait for one prediction, up to its end or a timeout."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import inf
from typing import Any, Self, TypeVar

from .._numbers import conversion_hint, is_number, to_seconds
from .._service import validation
from .._service.api import PredictionModel, or_none
from .._service.invalid_fields import display
from .._service.spec import spec
from .._steps import Flow, Sleep, WaitForAny
from ..errors import WaitTimeoutError, ZeroscopeError, invalid_argument
from ..logs import Progress, parse_progress
from ..notebook import ProgressDisplay
from ..options import OnUpdate, WaitArguments
from ..polling import DEFAULT_POLLING, Polling, PollSchedule
from ..retry import is_transient
from ..state import PredictionState
from . import cleanup, read
from .connection_pool import with_connections
from .context import attached, note_possible_prediction
from .event_stream import NOTHING, EventStream
from .request import CreateRequest, Sender

P = TypeVar("P", bound=PredictionState)
Y = TypeVar("Y")
R = TypeVar("R")

# A queue and the last polls add to the time that the service lets a run last, in seconds.
_MARGIN = 300.0


@dataclass(frozen=True, slots=True)
class WaitOptions:
    """The options of a wait, validated before money is spent on a prediction to wait for."""

    polling: Polling = DEFAULT_POLLING
    timeout: float | timedelta | None = None
    on_update: OnUpdate | None = None
    cancel_on_timeout: bool = False

    @classmethod
    def from_arguments(cls, polling: Polling, arguments: Mapping[str, Any]) -> Self:
        """Return the options in the arguments of a wait; an InvalidInputError names those that do not exist."""
        validation.raise_if_invalid(validation.unknown_options(arguments, WaitArguments.__annotations__))
        return cls(polling, **arguments)

    def __post_init__(self) -> None:
        timeout, on_update = to_seconds(self.timeout), self.on_update
        # An integer may be too large for a clock, which reckons in floats.
        if timeout is not None and timeout != inf and not is_number(timeout, maximum=1e300):
            problem = f"{display(self.timeout)} is not a number of seconds{conversion_hint(timeout)}"
            raise invalid_argument("timeout", problem)
        if on_update is not None and not callable(on_update):
            raise invalid_argument("on_update", f"{on_update!r} cannot be called")

    @property
    def limit(self) -> float:
        """The longest wait, in seconds."""
        if self.timeout is not None:
            return to_seconds(self.timeout)
        return float(spec()["info"]["x-replicate"]["run-limit-seconds"]) + _MARGIN

    def notify(self, prediction: PredictionState) -> None:
        if self.on_update is not None:
            self.on_update(prediction)

    def refresh(self, *predictions: PredictionState) -> None:
        """Let a display show the time; another callback is only called after changes."""
        if isinstance(self.on_update, ProgressDisplay):
            self.on_update.refresh(*predictions)

    def with_display(self, flow: Generator[Y, Any, R]) -> Generator[Y, Any, R]:
        """Return a flow or a stream at whose end, whatever ends it, a display shows the last state."""
        try:
            return (yield from flow)
        finally:
            if isinstance(self.on_update, ProgressDisplay):
                self.on_update.finish()


class Follower:
    """Follows one prediction until it has ended or the time is up: by its event stream, if it has one, and by polls.

    Args:
        start: When the time began to run, on the monotonic clock; by default now.
    """

    def __init__(
        self, sender: Sender, prediction: PredictionState, options: WaitOptions, start: float | None = None
    ) -> None:
        self._sender = sender
        self._clock = sender.clock
        self._prediction = prediction
        self._options = options
        now = sender.clock.monotonic()
        self._start = now if start is None else start
        self.until = self._start + options.limit
        self._stream = EventStream(sender, prediction, self.until)
        self._stream.is_left = not options.polling.stream
        self._schedule = PollSchedule(options.polling, now)
        self._polled, self._pause = now, self._next_pause(now, prediction.progress)
        self._is_read_due = False
        self._last_error: ZeroscopeError | None = None

    @property
    def going_on(self) -> bool:
        """Whether the prediction has not ended and there is time left."""
        return not self._prediction.done and self._clock.monotonic() < self.until

    @property
    def is_late(self) -> bool:
        """Whether the time is up, and the prediction has not ended."""
        return not self._prediction.done and self._clock.monotonic() >= self.until

    def begin(self) -> Flow[None]:
        """Read a prediction that has ended, but came from a list that omitted its output."""
        if self._prediction.done and self._prediction._lacks_output:
            yield from self._read()

    def advance(self) -> Flow[bool]:
        """Let time pass until something is known of the prediction; the result is whether it has changed."""
        stream = self._stream
        while not self._is_read_due:
            now = self._clock.monotonic()
            yield from stream.open(now + self._left(now))
            now = self._clock.monotonic()
            left = self._left(now)
            poll_at = now + left
            if stream.download is None:
                # Each turn takes time, or a poll follows: a moment that has passed is none to wait for.
                is_reopened = now < stream.reopen_at < poll_at
                self._is_read_due = not is_reopened
                yield Sleep(stream.reopen_at - now if is_reopened else left)
                continue
            ready = yield WaitForAny([stream.download], poll_at)
            received = (yield from stream.receive()) if ready else NOTHING
            if received.is_over:
                # If the prediction goes on, nothing is known of what is left.
                self._schedule.restart(self._clock.monotonic())
            self._is_read_due = received.is_over or self._clock.monotonic() >= poll_at
            # Before the read, which may show an end without a log.
            if received.is_changed:
                return True
        self._is_read_due = False
        return (yield from self._read())

    def abandon(self) -> None:
        """Forget the stream, because no step can be carried out any more."""
        self._stream.download = None

    def close(self) -> Flow[None]:
        """Close the stream."""
        yield from self._stream.close()

    def finish(self) -> Flow[None]:
        """Raise a WaitTimeoutError if the prediction has not ended, or its omitted output could not be read."""
        if not self._prediction.done or self._prediction._lacks_output:
            raise (
                yield from time_out(self._sender, self._prediction, self._options, self._start)
            ) from self._last_error

    def _left(self, now: float) -> float:
        """Return the time until the next poll or the end of the wait, in seconds."""
        stream, longest = self._stream, self._options.polling.maximum
        pause, slow = self._pause, self._schedule.slow_pause(stream.is_late)
        if not stream.is_late:
            pause = max(pause, min(stream.silent_from(self._pause, longest) - self._polled, longest))
        pause = max(pause, min(stream.silent_from(self._pause, longest, of_progress=True) - self._polled, slow))
        return max(0.0, min(pause - (now - self._polled), self.until - now))

    def _next_pause(self, now: float, progress: Progress | None) -> float:
        return self._schedule.pause(now, progress, jitter=self._sender.random())

    def _read(self) -> Flow[bool]:
        """Read the prediction; the result is whether it changed. A transient error counts only before the timeout."""
        reading = read.get(self._sender, self._prediction.id, self.until)
        try:
            model = yield from with_connections(reading, lambda: [self._stream])
        except ZeroscopeError as error:
            if not is_transient(error) or self._clock.monotonic() < self.until:
                raise
            self._last_error = error
            return False
        logs = or_none(model.logs)
        progress = parse_progress(logs) if isinstance(logs, str) else None
        yield from self._stream.compare(model)
        now = self._clock.monotonic()
        self._polled, self._pause = now, self._next_pause(now, progress)
        return self._prediction._update(model)


def time_out(sender: Sender, prediction: PredictionState, options: WaitOptions, start: float) -> Flow[WaitTimeoutError]:
    """Return the error for a prediction that did not end in time, after canceling it if that is an option."""
    problem = f"was still {prediction.status} after {sender.clock.monotonic() - start:.0f} s"
    if not options.cancel_on_timeout:
        return WaitTimeoutError(prediction, f"{problem}; it goes on, so wait for it again or cancel it")
    error = WaitTimeoutError(prediction, problem)
    error.add_note((yield from cleanup.cancel(sender, prediction)))
    return error


def wait(
    sender: Sender,
    prediction: PredictionState,
    options: WaitOptions,
    *,
    new: bool = False,
    start: float | None = None,
) -> Flow[None]:
    """Follow a prediction until it has ended; the callback of a new one is called with its first state, too."""
    with attached(prediction):
        follower = Follower(sender, prediction, options, start)
        try:
            if new:
                options.notify(prediction)
            yield from follower.begin()
            options.refresh(prediction)
            while follower.going_on:
                if (yield from follower.advance()):
                    options.notify(prediction)
                else:
                    options.refresh(prediction)
        except GeneratorExit:
            follower.abandon()
            raise
        finally:
            yield from follower.close()
        yield from follower.finish()


def run(
    sender: Sender,
    prepare: Callable[[float | None], Flow[CreateRequest]],
    new: Callable[[PredictionModel], P],
    options: WaitOptions,
) -> Flow[P]:
    """Create a prediction, wait for it, and return it if it has videos.

    The caller's timeout holds for the whole, uploads and the create included. Without one, the limit of the wait begins
    with the prediction.
    """
    start = None if options.timeout is None else sender.clock.monotonic()
    until = None if start is None else start + options.limit
    create = yield from prepare(until)
    prediction: P | None = None
    late: list[PredictionModel] = []
    # One block, so that no moment between the create and the wait is outside it.
    try:
        prediction = new((yield from sender.send_once(create, late, until)))
        yield from wait(sender, prediction, options, new=True, start=start)
    except BaseException as error:
        left = new(late[0]) if prediction is None and late else prediction
        if left is not None:
            yield from cleanup.cancel_if_interrupted(sender, left, error)
            with attached(left):
                raise
        note_possible_prediction(error)
        raise
    return prediction.raise_for_status()
