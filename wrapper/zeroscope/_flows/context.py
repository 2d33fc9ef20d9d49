"""The context that attaches a prediction to the errors raised in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import PredictionError, ZeroscopeError
from ..state import PredictionState


@contextmanager
def attached(prediction: PredictionState | None) -> Iterator[None]:
    """Attach a prediction to every error raised in the block, so that no paid job is lost."""
    try:
        yield
    except PredictionError:
        raise
    except Exception as error:
        if isinstance(error, ZeroscopeError):
            error._prediction = error._prediction or prediction
        if prediction is not None and not prediction.done:
            error.add_note(f"Prediction {prediction.id} goes on; get it with predictions.get() and wait for it again.")
        raise
