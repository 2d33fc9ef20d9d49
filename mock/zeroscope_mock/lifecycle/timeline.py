"""Where a prediction stands at a moment, worked out from what is known of it; nothing happens in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from typing import Any, Protocol

from .script import GRAIN, Script

RETENTION = 3600.0
"""How long input, output and logs are kept after the end, in seconds (the service's documentation)."""

_LAST_TIMESTAMP = datetime(9999, 12, 31, tzinfo=UTC).timestamp()


@dataclass(frozen=True, slots=True)
class Hook:
    """Where the events of a prediction are sent.

    Args:
        url: the webhook, as it was asked for.
        events: which events are sent there.
        origin: scheme and host under which the prediction was created, for the addresses in what is sent.
        prefix: what stood between them and the path.
    """

    url: str
    events: frozenset[str]
    origin: str
    prefix: str


@dataclass(slots=True, eq=False)
class Record:
    """All that is kept of a prediction; only `canceled` and `reads` ever change.

    Args:
        id: its id.
        tenant: whose it is.
        number: how many the tenant created before it.
        created: when it was created, in seconds since 1970.
        version: the version asked for.
        input: the input as it was sent.
        script: what it will do.
        hook: where its events are sent.
        stream: whether a stream of its events was asked for.
        lifetime: seconds after its creation at which it is ended.
        canceled: when it was canceled, in seconds since 1970.
        reads: when it was read, as far as that is what moves it on, in seconds since 1970.
    """

    id: str
    tenant: str
    number: int
    created: float
    version: str
    input: dict[str, Any]
    script: Script
    hook: Hook | None = None
    stream: bool = False
    lifetime: float | None = None
    canceled: float | None = None
    reads: tuple[float, ...] = ()

    @property
    def streams(self) -> bool:
        """Whether it has a stream of events."""
        return self.stream if self.script.streams is None else self.script.streams


# Not frozen: one is made for every request, and frozen ones take three times as long to make.
@dataclass(slots=True)
class Course:
    """What becomes of a prediction as far as it is known by now; times in seconds since 1970, endless if unknown.

    Args:
        start: when the model begins to run, if nothing ends the prediction before.
        end: when it ends.
        status: how it ends.
    """

    start: float
    end: float
    status: str

    @property
    def started(self) -> bool:
        """Whether the model ever runs."""
        return self.start <= self.end and self.start < inf and self.status != "aborted"


# Not frozen: one is made for every request, and frozen ones take three times as long to make.
@dataclass(slots=True)
class Standing:
    """Where a prediction stands.

    Args:
        status: its status.
        started: when the model began to run, in seconds since 1970; None if it has not.
        ended: when the prediction ended, in seconds since 1970; None if it has not.
        removed: whether its input, output and logs are gone.
        elapsed: how long the model has run, in the seconds of its script.
        made: how many outputs it shows.
    """

    status: str
    started: float | None
    ended: float | None
    removed: bool
    elapsed: float
    made: int


_WAITING = Standing("starting", None, None, removed=False, elapsed=0.0, made=0)


class Addresses(Protocol):
    """The absolute URLs in what is answered about a prediction."""

    def prediction(self, prediction_id: str) -> str:
        """Where it can be read."""
        ...

    def cancel(self, prediction_id: str) -> str:
        """Where it can be canceled."""
        ...

    def stream(self, prediction_id: str) -> str:
        """Where its events can be followed."""
        ...

    def output(self, prediction_id: str, index: int) -> str:
        """Where one of its videos is."""
        ...


def course(record: Record) -> Course:
    """What becomes of a prediction, as far as it is known by now."""
    script = record.script
    if script.reads:
        start = record.reads[0] if record.reads else inf
        end = record.reads[script.reads - 1] if len(record.reads) >= script.reads else inf
        end, status = (start if script.outcome == "aborted" else end), script.outcome
    else:
        start = record.created + script.startup_seconds
        end, status = (start if script.outcome == "aborted" else start + script.run_seconds), script.outcome
    if record.lifetime is not None and record.created + record.lifetime < end:
        end = record.created + record.lifetime
        status = "canceled" if end >= start else "aborted"
    if record.canceled is not None and record.canceled < end:
        end, status = record.canceled, "canceled"
    return Course(start, end, status)


def standing(record: Record, now: float) -> Standing:
    """Where a prediction stands at a moment, in seconds since 1970."""
    script, known = record.script, course(record)
    started = known.start if known.started and known.start <= now else None
    ended = known.end if known.end <= now else None
    if started is None:
        elapsed = 0.0
    elif script.reads:
        # The first read shows the start, unless it shows the end already.
        elapsed = script.run_seconds * ((len(record.reads) - 1) / (script.reads - 1) if script.reads > 1 else 1)
    else:
        elapsed = (now if ended is None else ended) - started
    if ended is None:
        status, made = ("starting", 0) if started is None else ("processing", script.made(elapsed))
        return Standing(status, started, None, removed=False, elapsed=elapsed, made=made)
    removed = script.removed or now >= ended + RETENTION
    made = script.results if known.status == "succeeded" and not removed else 0
    return Standing(known.status, started, ended, removed=removed, elapsed=elapsed, made=made)


def moves_on(record: Record, now: float) -> float:
    """Up to when a prediction is described as at a moment, if nobody reads or cancels it, in seconds since 1970.

    It may be a little before its next change, never after.
    """
    script, known, now_it = record.script, course(record), standing(record, now)
    if now_it.ended is not None:
        return inf if now_it.removed else now_it.ended + RETENTION
    if now_it.started is None:
        return min(known.start, known.end)
    if script.reads:
        return known.end
    upcoming = min(script.printed_at(script.printed(now_it.elapsed)), script.made_at(now_it.made))
    return min(now_it.started + upcoming - 2 * GRAIN, known.end)


def describe(
    record: Record,
    now: float,
    addresses: Addresses,
    *,
    model: str | None,
    video: Callable[[int], str] | None = None,
    held: bool = False,
) -> dict[str, Any]:
    """A prediction as the service sends it at a moment (recorded traffic).

    Args:
        record: the prediction.
        now: the moment, in seconds since 1970.
        addresses: makes the URLs.
        model: the model's owner and name.
        video: makes the `data:` URI of a video; its URL is answered if left out.
        held: whether this answers a request that was held open until its time was up; the service answers it as if
            nothing had happened yet, and the official clients take any other status for an end.
    """
    now_it = _WAITING if held else standing(record, now)
    body: dict[str, Any] = {
        "id": record.id,
        "model": model,
        "version": record.version,
        "input": {} if now_it.removed else record.input,
        "logs": "" if now_it.removed or now_it.started is None else _logs(record.script, now_it),
        "output": _output(record, now_it, addresses, video),
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
    if record.hook is not None:
        body["webhook"] = record.hook.url
    body["urls"] = {"cancel": addresses.cancel(record.id), "get": addresses.prediction(record.id)}
    if record.streams:
        body["urls"]["stream"] = addresses.stream(record.id)
    return body


def timestamp(seconds: float) -> str:
    """A moment as the service writes it, from seconds since 1970; moments after the year 9999 are its end."""
    moment = datetime.fromtimestamp(min(seconds, _LAST_TIMESTAMP), UTC)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _logs(script: Script, now_it: Standing) -> str:
    return script.logs(script.printed(now_it.elapsed))


def _output(record: Record, now_it: Standing, addresses: Addresses, video: Callable[[int], str] | None) -> Any:
    script = record.script
    if (now_it.status != "succeeded" and not now_it.made) or now_it.removed:
        return None
    if script.output is None:
        return [video(i) if video else addresses.output(record.id, i) for i in range(now_it.made)]
    return script.output[: now_it.made] if isinstance(script.output, list) else script.output
