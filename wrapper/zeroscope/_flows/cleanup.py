"""What becomes of the predictions that a batch leaves behind when it is ended from outside."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from .._service import api as _api
from .._steps import Flow, Together
from ..state import PredictionState
from .batch.throttle import ABREAST
from .request import Sender
from .wait import CANCEL_PATIENCE


def cancel_all(sender: Sender, predictions: Sequence[PredictionState]) -> Flow[None]:
    """Cancel what nobody waits for any more, for a few seconds.

    Args:
        sender: Sends the cancels, each once.
        predictions: The predictions; those that were canceled know it afterwards.
    """
    until = sender.clock.monotonic() + CANCEL_PATIENCE
    left = list(predictions)
    while left and (patience := until - sender.clock.monotonic()) > 0:
        some, left = left[:ABREAST], left[ABREAST:]
        step = Together([_api.cancel_call(prediction.id)._replace(limit=patience) for prediction in some])
        with suppress(Exception):
            yield step
        for prediction, call, result in zip(some, step.calls, step.results, strict=True):
            with suppress(Exception):
                response = sender.settle(call, result, 1)
                prediction._update(sender.answers.prediction(call, response, prediction.id))


def tell_what_is_left(error: BaseException, predictions: Sequence[PredictionState], advice: str) -> None:
    """Note in the error that ends a batch what was canceled, and what goes on.

    Args:
        error: The error, or the interrupt.
        predictions: Those that had not ended before.
        advice: How to go on, if there is a way.
    """
    canceled = sum(prediction.status == "canceled" for prediction in predictions)
    if canceled:
        error.add_note(f"{canceled} predictions were canceled.")
    if going := [prediction.id for prediction in predictions if not prediction.done]:
        how = f"; {advice} to go on" if advice else ""
        error.add_note(f"These predictions go on and may be billed: {', '.join(going)}{how}.")
