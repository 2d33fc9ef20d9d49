"""What the client does, as flows: no I/O, no clock of their own, the same for sync and async."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict, TypeVar
from urllib.parse import parse_qs, urlsplit

from . import _api, _input
from ._api import PredictionModel
from ._sending import Sender, with_limit
from ._steps import Emit, Flow, Sleep, Stream
from .errors import (
    EmptyOutputError,
    InvalidField,
    InvalidInputError,
    OutputExpiredError,
    PredictionCanceledError,
    PredictionError,
    PredictionFailedError,
    TransportError,
    WaitTimeoutError,
    ZeroscopeError,
)
from .page import Page
from .polling import Polling
from .video import sources

if TYPE_CHECKING:
    from .prediction import PredictionState

OnUpdate: TypeAlias = Callable[[Any], object]
P = TypeVar("P", bound="PredictionState")

# The service ends a run after 30 minutes (its documentation); a queue and the last poll come on top.
LONGEST_WAIT = 35 * 60.0
# What a single request is given at least, in seconds.
LEAST_PATIENCE = 1.0
# How long an interrupted `run` tries to cancel the prediction it leaves behind, in seconds.
CANCEL_PATIENCE = 5.0


class CreateOptions(TypedDict, total=False):
    """What a create takes besides the input; None stands for what is not given."""

    version: str | None
    """The ID of another version of the model."""
    webhook: str | None
    """An HTTPS URL that the service calls when something happens."""
    webhook_events_filter: Sequence[str] | None
    """Which events it is called for: start, output, logs, completed."""
    stream: bool | None
    """Ask for a stream of the output, which this model does not have."""
    deadline: float | timedelta | None
    """How long the prediction may last from now, in seconds; the service then ends it."""


def create(sender: Sender, version: str, input: Mapping[str, Any], options: CreateOptions) -> Flow[PredictionModel]:
    """Check an input and create a prediction with it."""
    if not isinstance(input, Mapping):
        raise InvalidInputError([InvalidField("invalid_type", "input", f"{input!r:.80} is not a mapping of fields")])
    given = {name: value for name, value in options.items() if value is not None}
    body: dict[str, Any] = {"version": version, "input": dict(input), **given}
    cancel_after = _cancel_after(body.pop("deadline", None))
    # Any sequence will do, but the published form is a text and stays one.
    if isinstance(filter := body.get("webhook_events_filter"), Sequence) and not isinstance(filter, str):
        body["webhook_events_filter"] = list(filter)
    _input.check(body)
    return (yield from sender.create(_api.create_call(body, cancel_after)))


def get(sender: Sender, prediction_id: str, until: float | None = None) -> Flow[PredictionModel]:
    """Read a prediction."""
    call = _api.get_call(prediction_id)
    if until is not None:
        # A service that hangs must not outlast the wait; the last look is given a moment all the same.
        call = with_limit(call, max(until - sender.clock.monotonic(), LEAST_PATIENCE))
    return sender.answers.prediction(call, (yield from sender.read(call, until)), prediction_id)


def cancel(sender: Sender, prediction_id: str, patience: float | None = None) -> Flow[PredictionModel]:
    """End a prediction; repeating it does no harm. With patience, give up after so many seconds."""
    call = _api.cancel_call(prediction_id)
    until = None
    if patience is not None:
        call, until = with_limit(call, patience), sender.clock.monotonic() + patience
    return sender.answers.prediction(call, (yield from sender.read(call, until)), prediction_id)


def pages(sender: Sender, new: Callable[[PredictionModel], P]) -> Stream[Page[P]]:
    """Read the account's predictions page by page, to the last."""
    cursor: str | None = None
    seen: set[str | None] = set()
    # A page that names an earlier one as its next would go round for ever.
    while cursor not in seen:
        seen.add(cursor)
        call = _api.list_call(cursor)
        page = sender.answers.page(call, (yield from sender.read(call)))
        following, previous = _api.plain(page.next_), _api.plain(page.previous)
        yield Emit(Page([new(model) for model in page.results], following, previous))
        cursor = _cursor(following)
        if cursor is None:
            return


def wait(
    sender: Sender,
    prediction: PredictionState,
    polling: Polling,
    timeout: float | None,
    on_update: OnUpdate | None,
    *,
    new: bool = False,
) -> Flow[None]:
    """Ask how a prediction stands, again and again, until it has ended or the time is up.

    The callback hears of every change, and of a new prediction also how it began.
    """
    check_waiting(timeout, on_update)
    start = sender.clock.monotonic()
    until = start + (LONGEST_WAIT if timeout is None else timeout)
    try:
        if new and on_update is not None:
            on_update(prediction)
        # A list may leave the output out, which does not mean that there is none.
        if prediction.done and prediction._lacks_output:
            prediction._update((yield from get(sender, prediction.id, until)))
        while not prediction.done:
            now = sender.clock.monotonic()
            if now >= until:
                raise _too_long(prediction, now - start)
            yield Sleep(min(polling.pause(now - start, spread=sender.random()), until - now))
            changed = prediction._update((yield from get(sender, prediction.id, until)))
            if changed and on_update is not None:
                on_update(prediction)
    except PredictionError:
        raise
    except Exception as error:
        now = sender.clock.monotonic()
        if isinstance(error, TransportError) and now >= until:
            raise _too_long(prediction, now - start) from error
        if isinstance(error, ZeroscopeError):
            error._prediction = prediction
        error.add_note(f"Prediction {prediction.id} goes on; get it with predictions.get() and wait for it again.")
        raise


def run(
    sender: Sender,
    creating: Flow[PredictionModel],
    new: Callable[[PredictionModel], P],
    polling: Polling,
    timeout: float | None,
    on_update: OnUpdate | None,
) -> Flow[P]:
    """Create a prediction, wait for it, and return it if it has videos."""
    # Before money is spent on something that could not be waited for.
    check_waiting(timeout, on_update)
    try:
        prediction = new((yield from creating))
    except BaseException as error:
        if _interrupts(error):
            error.add_note("A prediction may have been created meanwhile; predictions.list() shows it.")
        raise
    try:
        yield from wait(sender, prediction, polling, timeout, on_update, new=True)
    except BaseException as error:
        # An interrupt leaves nobody to wait for the result; the job would go on and be billed.
        if _interrupts(error) and not prediction.done:
            error.add_note((yield from _cancel_behind(sender, prediction)))
        raise
    check(prediction)
    return prediction


def check_waiting(timeout: float | None, on_update: OnUpdate | None) -> None:
    """Refuse arguments with which a prediction cannot be waited for."""
    if timeout is not None and not (isinstance(timeout, int | float) and timeout >= 0):
        raise InvalidInputError([InvalidField("invalid_type", "timeout", f"{timeout!r} is not a number of seconds")])
    if on_update is not None and not callable(on_update):
        raise InvalidInputError([InvalidField("invalid_type", "on_update", f"{on_update!r} cannot be called")])


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
        raise OutputExpiredError(
            prediction, "succeeded, but its videos are gone; the service keeps them for an hour, create it anew"
        )
    if not sources(prediction.output):
        raise EmptyOutputError(prediction, f"succeeded without a video; its output is {prediction.output!r}")


def _too_long(prediction: PredictionState, seconds: float) -> WaitTimeoutError:
    problem = f"was still {prediction.status} after {seconds:.0f} s"
    return WaitTimeoutError(prediction, f"{problem}; it goes on, so wait for it again or cancel it")


def _interrupts(error: BaseException) -> bool:
    """Whether this is Ctrl-C, the end of the program or of the task. A flow that is being closed can do no more."""
    return not isinstance(error, Exception | GeneratorExit)


def _cancel_behind(sender: Sender, prediction: PredictionState) -> Flow[str]:
    try:
        prediction._update((yield from cancel(sender, prediction.id, CANCEL_PATIENCE)))
    except ZeroscopeError as failure:
        return f"Prediction {prediction.id} could not be canceled and may be billed: {failure}"
    if prediction.status == "canceled":
        return f"Prediction {prediction.id} was canceled."
    return f"Prediction {prediction.id} could no longer be canceled, it is {prediction.status}."


def _cancel_after(deadline: float | timedelta | None) -> str | None:
    """A span of time as the `Cancel-After` header has it: whole seconds."""
    if deadline is None:
        return None
    seconds = deadline.total_seconds() if isinstance(deadline, timedelta) else deadline
    is_number = isinstance(seconds, int | float) and math.isfinite(seconds)
    header = f"{math.ceil(seconds)}s" if is_number else ""
    _input.check_header("CancelAfter", "deadline", deadline, header)
    return header


def _cursor(url: object) -> str | None:
    """The cursor in the URL of a page. Only this is taken from it: the request goes to the client's own base URL."""
    if not isinstance(url, str):
        return None
    try:
        url.encode()
        return parse_qs(urlsplit(url).query).get("cursor", [None])[0]
    except ValueError:
        return None
