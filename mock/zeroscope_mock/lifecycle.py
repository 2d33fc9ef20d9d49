"""Where a prediction stands at a moment, worked out from what is known of it; nothing happens in between."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .logs import log
from .script import Script

RETENTION = 3600.0
"""How long input, output and logs are kept after the end, in seconds (the service's documentation)."""

_LAST_TIMESTAMP = datetime(9999, 12, 31, tzinfo=UTC).timestamp()


@dataclass(slots=True, eq=False)
class Record:
    """All that is kept of a prediction; only `canceled` ever changes.

    Args:
        id: its id.
        tenant: whose it is.
        number: how many the tenant created before it.
        created: when it was created, in seconds since 1970.
        version: the version asked for.
        input: the input as it was sent.
        script: what it will do.
        webhook: the webhook asked for.
        lifetime: seconds after its creation at which it is ended.
        canceled: when it was canceled, in seconds since 1970.
    """

    id: str
    tenant: str
    number: int
    created: float
    version: str
    input: dict[str, Any]
    script: Script
    webhook: str | None = None
    lifetime: float | None = None
    canceled: float | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a prediction stands; times in seconds since 1970, None for what has not happened yet."""

    status: str
    started: float | None
    ended: float | None
    removed: bool

    @property
    def succeeded(self) -> bool:
        """Whether its videos can be had."""
        return self.status == "succeeded" and not self.removed


def standing(record: Record, now: float) -> Standing:
    """Where a prediction stands at a moment, in seconds since 1970."""
    script = record.script
    start = record.created + script.startup_seconds
    end, status = (start if script.outcome == "aborted" else start + script.run_seconds), script.outcome
    if record.lifetime is not None and record.created + record.lifetime < end:
        end = record.created + record.lifetime
        status = "canceled" if end >= start else "aborted"
    if record.canceled is not None and record.canceled < end:
        end, status = record.canceled, "canceled"
    started = start if start <= min(now, end) and status != "aborted" else None
    if now < end:
        return Standing("starting" if started is None else "processing", started, None, removed=False)
    return Standing(status, started, end, removed=script.removed or now >= end + RETENTION)


def describe(record: Record, now: float, *, base: str, origin: str, model: str | None) -> dict[str, Any]:
    """A prediction as the service sends it at a moment (recorded traffic).

    Args:
        record: the prediction.
        now: the moment, in seconds since 1970.
        base: what the prediction's own addresses begin with, such as `https://api.replicate.com/v1`.
        origin: what the addresses of its videos begin with.
        model: the model's owner and name.
    """
    now_it = standing(record, now)
    body: dict[str, Any] = {
        "id": record.id,
        "model": model,
        "version": record.version,
        "input": {} if now_it.removed else record.input,
        "logs": "" if now_it.removed else _logs(record.script, now_it, now),
        "output": _output(record, now_it, origin),
        "data_removed": now_it.removed,
        "error": record.script.error if now_it.status == "failed" else None,
        "source": "api",
        "status": now_it.status,
        "created_at": timestamp(record.created),
    }
    if now_it.started is not None:
        body["started_at"] = timestamp(now_it.started)
    if now_it.ended is not None:
        body["completed_at"] = timestamp(now_it.ended)
        body["metrics"] = {"total_time": round(now_it.ended - record.created, 6)}
        if now_it.started is not None:
            body["metrics"]["predict_time"] = round(now_it.ended - now_it.started, 6)
    if record.lifetime is not None:
        body["deadline"] = timestamp(record.created + record.lifetime)
    if record.webhook is not None:
        body["webhook"] = record.webhook
    address = f"{base}/predictions/{record.id}"
    body["urls"] = {"cancel": f"{address}/cancel", "get": address}
    return body


def timestamp(seconds: float) -> str:
    """A moment as the service writes it, from seconds since 1970; moments after the year 9999 are its end."""
    moment = datetime.fromtimestamp(min(seconds, _LAST_TIMESTAMP), UTC)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _logs(script: Script, now_it: Standing, now: float) -> str:
    if now_it.started is None:
        return ""
    seconds = (now if now_it.ended is None else now_it.ended) - now_it.started
    # Times since 1970 are good for a quarter of a microsecond; the last step must not fall to that.
    done = min(script.steps, int(seconds * script.rate + 1e-4))
    return log(script.seed, script.steps, script.rate, done)


def _output(record: Record, now_it: Standing, origin: str) -> list[str] | None:
    if not now_it.succeeded:
        return None
    return [f"{origin}/outputs/{record.id}/output-{index}.mp4" for index in range(record.script.outputs)]
