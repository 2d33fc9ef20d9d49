"""The states that blocking creates are answered with, as recorded."""

from __future__ import annotations

from .record import Record
from .timeline import LifecycleState, state_at


def blocking_state(record: Record, now: float) -> LifecycleState:
    """The state that a create which has waited for a prediction shows.

    The service was seen to answer `processing` with all outputs, but without times, metrics and logs, when a prediction
    had succeeded meanwhile. When its time is up, it answers as if the prediction had only just been created; the
    official clients take any other status for an end.

    Args:
        record: The prediction.
        now: The moment of the answer, in seconds since 1970.
    """
    script, state = record.script, state_at(record, now)
    if state.ended is None:
        return _unfinished(script.expired_wait, state.made if script.expired_wait == "processing" else 0)
    # Only a success has outputs at the end.
    if script.blocking == "processing" and state.made:
        return _unfinished("processing", state.made)
    return state


def _unfinished(status: str, made: int) -> LifecycleState:
    """A state without times and logs."""
    return LifecycleState(status, None, None, removed=False, elapsed=0.0, made=made)
