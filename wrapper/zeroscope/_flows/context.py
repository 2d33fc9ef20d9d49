"""The prediction that an error leaves behind, as its attribute and its note."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from .._steps import IterationAbandoned
from .._text import excerpt
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
            shown = excerpt(prediction.id)
            note = f"Prediction {shown} goes on; wait for it again with {call('get', prediction)}.wait()."
            # An inner block may have added it.
            if note not in getattr(error, "__notes__", ()):
                error.add_note(note)
        raise


def note_possible_prediction(error: BaseException) -> None:
    """Add a note to an error that ends a create, unless it tells by itself whether the create was executed."""
    if not isinstance(error, ZeroscopeError | GeneratorExit | IterationAbandoned):
        error.add_note("A prediction may have been created meanwhile; client.predictions.list() shows it.")


def call(method: str, prediction: PredictionState) -> str:
    """Return the code that calls a method of `client.predictions` for a prediction."""
    return f"client.predictions.{method}({json.dumps(prediction.id)})"
