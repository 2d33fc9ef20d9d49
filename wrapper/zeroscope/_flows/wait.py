"""Waiting for one prediction, as flows: until it has ended, the time is up or somebody has had enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, TypeVar

from .._service.api import PredictionModel
from .._service.spec import spec
from .._steps import Flow, LeftEarly, Sleep
from ..errors import (
    EmptyOutputError,
    InvalidField,
    InvalidInputError,
    OutputExpiredError,
    PredictionCanceledError,
    PredictionError,
    PredictionFailedError,
    WaitTimeoutError,
    ZeroscopeError,
)
from ..options import OnUpdate
from ..polling import DEFAULT_POLLING, Pace, Polling
from ..video import sources
from . import create as _flows
from .request import Sender, passing

if TYPE_CHECKING:
    from ..state import PredictionState

P = TypeVar("P", bound="PredictionState")

# A queue and the last looks come on top of the time that the service lets a run last, in seconds.
MARGIN = 300.0
# How long an interrupted wait tries to cancel the prediction it leaves behind, in seconds.
CANCEL_PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """How a prediction is waited for.

    Args:
        polling: How often it is asked for.
        timeout: How long, in seconds; by default a little longer than the service lets a run last.
        on_update: Called with the prediction after every change.
        cancel_on_timeout: Whether it is canceled when the time is up.

    Raises:
        InvalidInputError: For what cannot be waited with; before money is spent on something to wait for.
    """

    polling: Polling = DEFAULT_POLLING
    timeout: float | None = None
    on_update: OnUpdate | None = None
    cancel_on_timeout: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be waited with."""
        timeout, on_update = self.timeout, self.on_update
        # An integer can be larger than all that seconds are reckoned in.
        if timeout is not None and not (isinstance(timeout, int | float) and (0 <= timeout < 1e300 or timeout == inf)):
            fault = f"{timeout!r} is not a number of seconds"
            raise InvalidInputError([InvalidField("invalid_type", "timeout", fault)])
        if on_update is not None and not callable(on_update):
            raise InvalidInputError([InvalidField("invalid_type", "on_update", f"{on_update!r} cannot be called")])

    @property
    def limit(self) -> float:
        """How long to wait, in seconds."""
        if self.timeout is not None:
            return self.timeout
        return float(spec()["info"]["x-replicate"]["run-limit-seconds"]) + MARGIN

    def tell(self, prediction: PredictionState) -> None:
        """Call the callback."""
        if self.on_update is not None:
            self.on_update(prediction)


WAITING = ("timeout", "on_update", "cancel_on_timeout")
"""Those of its arguments that callers give by name."""


def wait(sender: Sender, prediction: PredictionState, waiting: Waiting, *, new: bool = False) -> Flow[None]:
    """Ask how a prediction stands, again and again, until it has ended or the time is up.

    The callback hears of every change, and of a new prediction also how it began.
    """
    start = sender.clock.monotonic()
    until = start + waiting.limit
    pace = Pace(waiting.polling, start)
    try:
        with kept(prediction):
            if new:
                waiting.tell(prediction)
            # A list may leave the output out, which does not mean that there is none.
            if prediction.done and prediction._lacks_output:
                prediction._update((yield from _flows.get(sender, prediction.id, until)))
            while not prediction.done and (now := sender.clock.monotonic()) < until:
                yield Sleep(min(pace.pause(now, prediction.progress, spread=sender.random()), until - now))
                if prediction._update((yield from _flows.get(sender, prediction.id, until))):
                    waiting.tell(prediction)
    except ZeroscopeError as error:
        if not passing(error) or sender.clock.monotonic() < until:
            raise
        raise (yield from overdue(sender, prediction, waiting, start)) from error
    if not prediction.done:
        raise (yield from overdue(sender, prediction, waiting, start))


def overdue(sender: Sender, prediction: PredictionState, waiting: Waiting, start: float) -> Flow[WaitTimeoutError]:
    """The error for a prediction that did not end in time; it is canceled first, if that was asked for.

    Args:
        sender: Sends the cancel.
        prediction: The prediction.
        waiting: How it was waited for.
        start: When the wait began, on the monotonic clock.
    """
    problem = f"was still {prediction.status} after {sender.clock.monotonic() - start:.0f} s"
    if not waiting.cancel_on_timeout:
        return WaitTimeoutError(prediction, f"{problem}; it goes on, so wait for it again or cancel it")
    error = WaitTimeoutError(prediction, problem)
    error.add_note((yield from leave(sender, prediction)))
    return error


def run(
    sender: Sender,
    preparing: Flow[_flows.Prepared],
    new: Callable[[PredictionModel], P],
    waiting: Waiting,
) -> Flow[P]:
    """Create a prediction, wait for it, and return it if it has videos.

    Args:
        sender: Sends the calls.
        preparing: Makes the create.
        new: Makes the prediction.
        waiting: How it is waited for.
    """
    call, body = yield from preparing
    late: list[PredictionModel] = []
    try:
        prediction = new((yield from sender.create(call, body, late)))
    except BaseException as error:
        if late:
            error.add_note((yield from leave(sender, new(late[0]))))
        elif interrupts(error):
            error.add_note("A prediction may have been created meanwhile; predictions.list() shows it.")
        raise
    try:
        yield from wait(sender, prediction, waiting, new=True)
    except BaseException as error:
        yield from leave_if_interrupted(sender, prediction, error)
        raise
    check(prediction)
    return prediction


def leave_if_interrupted(sender: Sender, prediction: PredictionState, error: BaseException) -> Flow[None]:
    """Cancel a prediction that nobody will wait for any more; it would go on and be billed."""
    if interrupts(error) and not prediction.done:
        error.add_note((yield from leave(sender, prediction)))


def leave(sender: Sender, prediction: PredictionState) -> Flow[str]:
    """Try to cancel a prediction, for a few seconds, and tell what came of it."""
    try:
        prediction._update((yield from _flows.cancel(sender, prediction.id, CANCEL_PATIENCE)))
    except ZeroscopeError as failure:
        return f"Prediction {prediction.id} could not be canceled and may be billed: {failure}"
    if prediction.status == "canceled":
        return f"Prediction {prediction.id} was canceled."
    return f"Prediction {prediction.id} could no longer be canceled, it is {prediction.status}."


def interrupts(error: BaseException) -> bool:
    """Whether this is Ctrl-C, the end of the program or of the task, and not just that nobody asks for more."""
    return not isinstance(error, Exception | GeneratorExit | LeftEarly)


@contextmanager
def kept(prediction: PredictionState) -> Iterator[None]:
    """Let every error tell which prediction it leaves behind, so that no paid job is lost."""
    try:
        yield
    except PredictionError:
        raise
    except Exception as error:
        if isinstance(error, ZeroscopeError):
            error._prediction = prediction
        if not prediction.done:
            error.add_note(f"Prediction {prediction.id} goes on; get it with predictions.get() and wait for it again.")
        raise


def check(prediction: PredictionState) -> None:
    """Raise what stands between a prediction and its videos."""
    if not prediction.done:
        raise PredictionError(prediction, f"is still {prediction.status}")
    if prediction.status == "failed":
        raise PredictionFailedError(prediction, f"failed: {prediction.error or 'the service gave no reason'}")
    if prediction.status in {"canceled", "aborted"}:
        before = " before it started" if prediction.status == "aborted" else ""
        raise PredictionCanceledError(prediction, f"was {prediction.status}{before}")
    if prediction._lacks_output:
        raise PredictionError(prediction, "came without its output, as lists may leave it out; reload it")
    if prediction.data_removed or prediction.output is None:
        minutes = spec()["info"]["x-replicate"]["retention-seconds"] / 60
        problem = (
            f"succeeded, but its videos are gone; the service keeps them for {minutes:.0f} minutes, create it anew"
        )
        raise OutputExpiredError(prediction, problem)
    if not sources(prediction.output):
        raise EmptyOutputError(prediction, f"succeeded without a video; its output is {prediction.output!r}")
