"""The flows that cancel predictions after an interrupt and report the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from .._steps import Flow, Gather, IterationAbandoned
from .._text import excerpt, log
from ..errors import ZeroscopeError
from ..state import PredictionState
from . import read
from .context import call
from .request import MAX_IN_FLIGHT, Sender

# How long to try to cancel predictions after an interrupt, in seconds.
_CANCEL_TIMEOUT = 5.0
GOES_ON = "These predictions go on and may be billed: "


def is_interrupt(error: BaseException) -> bool:
    """Whether this is Ctrl-C or the end of the program or the task, and not an abandoned iteration."""
    return not isinstance(error, Exception | GeneratorExit | IterationAbandoned)


def cancel_if_interrupted(sender: Sender, prediction: PredictionState, error: BaseException) -> Flow[None]:
    """Cancel a prediction after an interrupt: it would go on, and be billed, with no caller left."""
    if is_interrupt(error) and not prediction.done:
        with _noting([prediction]):
            log.warning("interrupted: canceling prediction %s", prediction.id)
            error.add_note((yield from cancel(sender, prediction)))


def cancel(sender: Sender, prediction: PredictionState) -> Flow[str]:
    """Try to cancel a prediction for a few seconds, and return a sentence with the result."""
    shown = f"Prediction {excerpt(prediction.id)}"
    try:
        prediction._update((yield from read.cancel(sender, prediction.id, _CANCEL_TIMEOUT)))
    except ZeroscopeError as failure:
        return (
            f"{shown} could not be canceled and may be billed; cancel it with {call('cancel', prediction)}: {failure}"
        )
    if prediction.status == "canceled":
        return f"{shown} was canceled."
    return f"{shown} could no longer be canceled, it is {excerpt(prediction.status)}."


def cancel_all(sender: Sender, predictions: Sequence[PredictionState]) -> Flow[None]:
    """Try once to cancel each of many predictions, for a few seconds; those canceled are updated."""
    until = sender.clock.monotonic() + _CANCEL_TIMEOUT
    left = list(predictions)
    with _noting(predictions):
        if left:
            log.warning("interrupted: canceling %d predictions", len(left))
        while left and (timeout := until - sender.clock.monotonic()) > 0:
            some, left = left[:MAX_IN_FLIGHT], left[MAX_IN_FLIGHT:]
            yield from _cancel_some(sender, some, timeout)


def _cancel_some(sender: Sender, predictions: Sequence[PredictionState], timeout: float) -> Flow[None]:
    requests = [read.cancel_request(sender, prediction.id) for prediction in predictions]
    step = Gather([request.call._replace(limit=timeout) for request in requests])
    try:
        with suppress(Exception):
            yield step
    finally:
        for prediction, request, result in zip(predictions, requests, step.results, strict=True):
            with suppress(Exception):
                prediction._update(sender.outcome(request, result))


def note_unfinished(error: BaseException, predictions: Sequence[PredictionState], advice: str) -> None:
    """Add notes to the error that ends a batch: how many of its running predictions were canceled, and which go on."""
    canceled = sum(prediction.status == "canceled" for prediction in predictions)
    if canceled:
        error.add_note(f"{canceled} predictions were canceled.")
    if running := [excerpt(prediction.id) for prediction in predictions if not prediction.done]:
        how = f"; {advice} to go on" if advice else "; cancel each with client.predictions.cancel(id)"
        error.add_note(f"{GOES_ON}{', '.join(running)}{how}.")


@contextmanager
def _noting(predictions: Sequence[PredictionState]) -> Iterator[None]:
    """Name the predictions that may still run in an error that ends the cleanup, such as a second Ctrl-C."""
    try:
        yield
    except BaseException as error:
        running = [prediction for prediction in predictions if not prediction.done]
        if len(predictions) > 1:
            note_unfinished(error, predictions, "")
        elif running:
            error.add_note(
                f"Prediction {excerpt(running[0].id)} may still run and be billed; cancel it with "
                f"{call('cancel', running[0])}."
            )
        if running and not isinstance(error, KeyboardInterrupt):
            # An event loop drops the second cancellation of a task with its notes.
            log.warning("interrupted again: %s", error.__notes__[-1])
        raise
