"""The JSON of a prediction, as the service sends it (recorded traffic)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..documents.links import Links
from ..times import timestamp
from .marks import fill_marks
from .record import Record
from .timeline import LifecycleState, state_at

_LEAST_DIGITS, _NUMBERS_OF_DIGITS = 3, 7


def prediction_json(
    record: Record,
    now: float,
    links: Links,
    *,
    file: Callable[[int, str], str] | None = None,
    state: LifecycleState | None = None,
) -> dict[str, Any]:
    """A prediction at a moment, as a JSON object.

    Args:
        record: The prediction.
        now: The moment, in seconds since 1970.
        links: Makes the URLs.
        file: Makes the `data:` URI of a file from its number and suffix; without it, the output has URLs.
        state: The state to show, if it is not the one at that moment.
    """
    state = state or state_at(record, now)
    body: dict[str, Any] = {
        "id": record.id,
        "model": record.model,
        "version": record.version,
        "input": {} if state.removed else record.input,
        "logs": "" if state.removed or state.started is None else _logs(record, state),
        "output": output_json(record, state, links, file),
        "data_removed": state.removed,
        "error": record.script.error if state.status == "failed" else None,
        "source": record.script.source,
        "status": state.status,
        "created_at": timestamp(record.created, _digits(record, 1)),
    }
    if state.started is not None:
        body["started_at"] = timestamp(state.started, _digits(record, 2))
    if state.ended is not None:
        body["completed_at"] = timestamp(state.ended, _digits(record, 3))
        body["metrics"] = {"total_time": round(state.ended - record.created, 6)}
        if state.started is not None:
            body["metrics"]["predict_time"] = round(state.ended - state.started, 6)
    if record.lifetime is not None:
        body["deadline"] = timestamp(record.created + record.lifetime, _digits(record, 3))
    if record.deployment is not None:
        body["deployment"] = record.deployment
    if record.hook is not None:
        body["webhook"] = record.hook.url
        if record.hook.filter is not None:
            body["webhook_events_filter"] = record.hook.filter
    body["urls"] = {"cancel": links.cancel(record.id), "get": links.prediction(record.id)}
    if record.streams:
        body["urls"]["stream"] = links.stream(record.id)
    if page := links.page_of(record.id):
        body["urls"]["web"] = page
    return body


def _digits(record: Record, place: int) -> int:
    """The number of digits of a second that one of a record's timestamps has, by chance three to nine."""
    if record.in_milliseconds:
        return _LEAST_DIGITS
    return _LEAST_DIGITS + ord(record.id[-place]) % _NUMBERS_OF_DIGITS


def _logs(record: Record, state: LifecycleState) -> str:
    return record.script.logs(record.script.printed(state.elapsed))


def output_json(
    record: Record, state: LifecycleState, links: Links, file: Callable[[int, str], str] | None = None
) -> Any:
    """The output of a prediction in a state, as a JSON value.

    Args:
        file: As for `prediction_json`.
    """
    if (state.status != "succeeded" and not state.made) or state.removed:
        return None
    output = record.script.output
    made = output[: state.made] if isinstance(output, list) else output
    return fill_marks(made, file or (lambda number, suffix: links.output(record.id, number, suffix)))
