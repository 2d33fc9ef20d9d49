"""The JSON of a prediction, as the service sends it (recorded traffic)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..documents.links import Links
from ..times import timestamp
from .record import Record
from .timeline import LifecycleState, state_at

_STARTING = LifecycleState("starting", None, None, removed=False, elapsed=0.0, made=0)


def prediction_json(
    record: Record,
    now: float,
    links: Links,
    *,
    video: Callable[[int], str] | None = None,
    held: bool = False,
) -> dict[str, Any]:
    """A prediction at a moment, as a JSON object.

    Args:
        record: The prediction.
        now: The moment, in seconds since 1970.
        links: Makes the URLs.
        video: Makes the `data:` URI of a video; without it, the output has URLs.
        held: Whether this answers a request that was held open until its time was up. The service answers it as if the
            prediction had only just been created, and the official clients take any other status for an end.
    """
    state = _STARTING if held else state_at(record, now)
    body: dict[str, Any] = {
        "id": record.id,
        "model": record.model,
        "version": record.version,
        "input": {} if state.removed else record.input,
        "logs": "" if state.removed or state.started is None else _logs(record, state),
        "output": _output(record, state, links, video),
        "data_removed": state.removed,
        "error": record.script.error if state.status == "failed" else None,
        "source": "api",
        "status": state.status,
        "created_at": timestamp(record.created),
    }
    if state.started is not None:
        body["started_at"] = timestamp(state.started)
    if state.ended is not None:
        body["completed_at"] = timestamp(state.ended)
        body["metrics"] = {"total_time": round(state.ended - record.created, 6)}
        if state.started is not None:
            body["metrics"]["predict_time"] = round(state.ended - state.started, 6)
    if record.lifetime is not None:
        body["deadline"] = timestamp(record.created + record.lifetime)
    if record.deployment is not None:
        body["deployment"] = record.deployment
    if record.hook is not None:
        body["webhook"] = record.hook.url
    body["urls"] = {"cancel": links.cancel(record.id), "get": links.prediction(record.id)}
    if record.streams:
        body["urls"]["stream"] = links.stream(record.id)
    return body


def _logs(record: Record, state: LifecycleState) -> str:
    return record.script.logs(record.script.printed(state.elapsed))


def _output(record: Record, state: LifecycleState, links: Links, video: Callable[[int], str] | None) -> Any:
    script = record.script
    if (state.status != "succeeded" and not state.made) or state.removed:
        return None
    if script.output is None:
        return [video(i) if video else links.output(record.id, i) for i in range(state.made)]
    return script.output[: state.made] if isinstance(script.output, list) else script.output
