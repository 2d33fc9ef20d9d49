"""The timeline of a run: all that has happened to it, and what is still to come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any

from ..journal import Journal
from ..journal.summary import summary
from ..lifecycle.record import Record
from ..lifecycle.timeline import state_at, timeline_of
from ..state import State
from ..times import TOLERANCE
from ..webhooks.deliveries import Attempt
from ..webhooks.delivery import UpcomingDelivery
from .values import dataclass_values

# How many lines of the log, outputs, reads and exchanges are shown.
_MAX_ENTRIES = 1000
_MAX_TEXT = 200
_READS = frozenset({"GET", "HEAD"})
# At equal moments, what causes comes before what follows.
_ORDER = ("created", "started", "log", "output", "read", "canceled", "ended", "webhook", "retry", "expires")


@dataclass(slots=True)
class Entry:
    """One moment in the life of a run.

    Args:
        time: In seconds since 1970.
        kind: What happens.
        text: The same in words.
        due: Whether it is still to come.
        exchange: The number of the exchange that it belongs to.
        delivery: The id of the delivery that it belongs to.
    """

    time: float
    kind: str
    text: str
    due: bool = False
    exchange: int | None = None
    delivery: str | None = None


def exchanges_of(journal: Journal, record: Record) -> list[dict[str, Any]]:
    """The summaries of the latest exchanges that concern a run, oldest first."""
    found = [one for one in journal if one.prediction == record.id]
    return [summary(one) for one in found[-_MAX_ENTRIES:]]


def timeline_json(
    state: State, record: Record, now: float, exchanges: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The timeline of a run, in order.

    Args:
        state: The server's.
        record: The run.
        now: The moment up to which things have happened, in seconds since 1970.
        exchanges: What `exchanges_of` returned.
    """
    # The address of a creation does not name the run yet.
    made = {kind: _made_by(exchanges, record.id, named) for kind, named in (("created", False), ("canceled", True))}
    entries = [*_life(record), *_exchanged(one for one in exchanges if one not in made.values())]
    for entry in entries:
        entry.due = entry.time > now + TOLERANCE
        if one := made.get(entry.kind):
            entry.exchange = one["number"]
    attempts = [one for one in state.webhooks.deliveries if one.prediction_id == record.id]
    entries += map(_attempted, attempts)
    entries += map(_upcoming, state.webhooks.upcoming(record.id))
    return [dataclass_values(entry) for entry in _folded(sorted(entries, key=_place))]


def _made_by(exchanges: Iterable[dict[str, Any]], id: str, named: bool) -> dict[str, Any] | None:
    """The first exchange that does more than read, and whose path names the run or not."""
    changing = (one for one in exchanges if one["method"] not in _READS)
    return next((one for one in changing if (id in one["path"]) is named), None)


def _place(entry: Entry) -> tuple[float, int]:
    return entry.time, _ORDER.index(entry.kind)


def _life(record: Record) -> Iterator[Entry]:
    """What the run does by itself and when it is canceled, as far as it is known by now."""
    timeline, end = timeline_of(record), timeline_of(record).end
    yield Entry(record.created, "created", f"{record.kind} of {record.model or record.version}")
    if timeline.started:
        yield Entry(timeline.start, "started", f"after {timeline.start - record.created:.3g} s")
        yield from _progress_by_reads(record) if record.script.reads else _progress_by_time(record, timeline.start, end)
    if end == inf:
        return
    if record.canceled is not None and record.canceled == end:
        yield Entry(end, "canceled", "a request canceled it")
    error = record.script.error if timeline.status == "failed" else None
    yield Entry(end, "ended", _cut(f"{timeline.status}: {error}" if error else timeline.status))
    kept = 0.0 if record.script.removed else record.retention
    if kept < inf:
        yield Entry(end + kept, "expires", "input, output and logs are removed")


def _progress_by_time(record: Record, start: float, end: float) -> Iterator[Entry]:
    script = record.script
    # A line or an output of the very end is shown only if the run gets there by itself.
    for number in range(_MAX_ENTRIES):
        moment = start + script.printed_at(number) / record.speed
        if moment > end + TOLERANCE:
            break
        yield Entry(min(moment, end), "log", _cut(script.line(number).rstrip("\n")))
    for number in range(_MAX_ENTRIES):
        moment = start + script.made_at(number) / record.speed
        if moment > end + TOLERANCE:
            break
        yield Entry(min(moment, end), "output", f"output {number + 1} of {script.results}")


def _progress_by_reads(record: Record) -> Iterator[Entry]:
    """What each read has made the run print and make."""
    printed = made = 0
    for count, moment in enumerate(record.reads[:_MAX_ENTRIES], 1):
        state = state_at(replace(record, reads=record.reads[:count]), moment)
        while printed < record.script.printed(state.elapsed):
            yield Entry(moment, "log", _cut(record.script.line(printed).rstrip("\n")))
            printed += 1
        if state.made > made and state.ended is None:
            made = state.made
            yield Entry(moment, "output", f"output {made} of {record.script.results}")


def _exchanged(exchanges: Iterable[dict[str, Any]]) -> Iterator[Entry]:
    """The requests that read the run, or did something else with it."""
    for one in exchanges:
        text = one["status_after"] or (f"{one['status']}" if one["status"] else "no response")
        yield Entry(one["time"], "read", f"{one['operation']}: {text}", exchange=one["number"])


def _attempted(attempt: Attempt) -> Entry:
    result = attempt.reason or f"answered with {attempt.status}"
    text = f"{attempt.event}, attempt {attempt.number}: {result}"
    kind = "webhook" if attempt.number == 1 else "retry"
    return Entry(attempt.time, kind, _cut(text), delivery=attempt.id)


def _upcoming(delivery: UpcomingDelivery) -> Entry:
    kind = "webhook" if delivery.number == 1 else "retry"
    text = f"{delivery.event}, attempt {delivery.number}"
    return Entry(delivery.due, kind, text, due=True, delivery=delivery.id)


def _folded(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The entries, with one in place of equal reads that follow each other."""
    previous: Entry | None = None
    text, times = "", 0
    for entry in entries:
        if previous is not None and entry.kind == previous.kind == "read" and entry.text == text:
            times += 1
            previous.text, previous.exchange = f"{text} × {times}", entry.exchange
            continue
        if previous is not None:
            yield previous
        previous, text, times = entry, entry.text, 1
    if previous is not None:
        yield previous


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}…"
