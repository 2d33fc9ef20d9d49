"""When the events of a prediction are, worked out from what is known of it by now."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection
from dataclasses import dataclass, replace
from math import inf
from operator import itemgetter

from ..lifecycle.script import Script
from ..lifecycle.timeline import Record, course, standing

THROTTLE = 0.5
"""How long after an `output` or `logs` the next of them may be sent, in seconds (the service's documentation)."""

# Times since 1970 are good for a quarter of a microsecond; events must not come and go with that.
_GRAIN = 1e-6


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far the events of a prediction are behind.

    Args:
        count: how many there were.
        started: whether the start was among them.
        progress: when the last `output` or `logs` was, in seconds since the start; None if there was none.
        ended: whether the end was among them.
    """

    count: int = 0
    started: bool = False
    progress: float | None = None
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens to a prediction.

    Args:
        kind: `start`, `output`, `logs` or `completed`.
        time: when it happens, in seconds since 1970.
        cursor: how far the events are behind once it has happened.
    """

    kind: str
    time: float
    cursor: Cursor


def next_event(record: Record, cursor: Cursor) -> Event | None:
    """The next event that a prediction's webhook is to be told of, as far as it is known by now.

    The filter goes before the throttle: what is filtered out holds nothing up.

    Args:
        record: the prediction.
        cursor: how far its events are behind.
    """
    if record.hook is None or cursor.ended:
        return None
    wanted, known, count = record.hook.events, course(record), cursor.count + 1
    if known.started:
        if "start" in wanted and not cursor.started:
            return Event("start", known.start, replace(cursor, count=count, started=True))
        elapsed, kind = _progress(record, wanted, cursor.progress)
        # What comes with the end is told with the end.
        if known.start + elapsed < known.end - _GRAIN:
            return Event(kind, known.start + elapsed, replace(cursor, count=count, progress=elapsed))
    if "completed" in wanted and known.end < inf:
        return Event("completed", known.end, replace(cursor, count=count, ended=True))
    return None


def _progress(record: Record, wanted: Collection[str], last: float | None) -> tuple[float, str]:
    """When the next `output` or `logs` is, in seconds since the start, and which of them; never, if there is none."""
    earliest = 0.0 if last is None else last + THROTTLE - _GRAIN
    if record.script.reads:
        return _progress_by_reads(record, wanted, earliest)
    return _progress_by_time(record.script, wanted, earliest)


def _progress_by_time(script: Script, wanted: Collection[str], earliest: float) -> tuple[float, str]:
    moments: list[tuple[float, str]] = []
    # The script, too, takes what is a grain away for now.
    passed = earliest - _GRAIN
    if "output" in wanted:
        moments.append((script.made_at(script.made(passed) if earliest else 0), "output"))
    if "logs" in wanted:
        moments.append((script.printed_at(script.printed(passed) if earliest else 0), "logs"))
    return min(moments, key=itemgetter(0), default=(inf, ""))


def _progress_by_reads(record: Record, wanted: Collection[str], earliest: float) -> tuple[float, str]:
    start = record.reads[0]
    for place in range(bisect_left(record.reads, start + earliest), len(record.reads)):
        outputs_before, lines_before = _shown(record, place)
        outputs, lines = _shown(record, place + 1)
        if "output" in wanted and outputs > outputs_before:
            return record.reads[place] - start, "output"
        if "logs" in wanted and lines > lines_before:
            return record.reads[place] - start, "logs"
    return inf, ""


def _shown(record: Record, reads: int) -> tuple[int, int]:
    """How many outputs and lines a prediction shows after so many of its reads, if it goes on."""
    if not reads:
        return 0, 0
    now_it = standing(replace(record, reads=record.reads[:reads]), record.reads[reads - 1])
    return now_it.made, record.script.printed(now_it.elapsed)
