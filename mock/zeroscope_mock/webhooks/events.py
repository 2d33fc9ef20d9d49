"""The events of a prediction, derived from its record as it is by now."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from math import inf
from operator import itemgetter
from typing import Any

from ..lifecycle.record import Record
from ..lifecycle.timeline import state_at, timeline_of
from ..times import TOLERANCE

THROTTLE = 0.5
"""The least time from one `output` or `logs` to the next, in seconds (the service's documentation)."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The position after some events of a prediction.

    Args:
        count: How many events there were.
        started: Whether `start` was among them.
        progress: When the last `output` or `logs` was, in seconds since the start; None if there was none.
        ended: Whether `completed` was among them.
    """

    count: int = 0
    started: bool = False
    progress: float | None = None
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a prediction.

    Args:
        kind: `start`, `output`, `logs` or `completed`.
        time: When it happens, in seconds since 1970.
        cursor: The position after it.
    """

    kind: str
    time: float
    cursor: Cursor


def next_event(record: Record, cursor: Cursor) -> Event | None:
    """The next event for a prediction's webhook, as far as it is known by now.

    The filter goes before the throttle: events that are filtered out do not delay others.

    Args:
        record: The prediction.
        cursor: The position after the previous event.
    """
    if record.hook is None or cursor.ended:
        return None
    wanted, timeline, count = record.hook.events, timeline_of(record), cursor.count + 1
    if timeline.started:
        if "start" in wanted and not cursor.started:
            return Event("start", timeline.start, replace(cursor, count=count, started=True))
        elapsed, kind = _progress(record, wanted, cursor.progress)
        # Progress that comes with the end is part of `completed`.
        if timeline.start + elapsed < timeline.end - TOLERANCE:
            return Event(kind, timeline.start + elapsed, replace(cursor, count=count, progress=elapsed))
    if "completed" in wanted and timeline.end < inf:
        return Event("completed", timeline.end, replace(cursor, count=count, ended=True))
    return None


def _progress(record: Record, wanted: Collection[str], last: float | None) -> tuple[float, str]:
    """The time of the next `output` or `logs`, in seconds since the start, and its name; infinite if there is none."""
    earliest = 0.0 if last is None else last + THROTTLE - TOLERANCE
    if record.script.reads:
        return _progress_by_reads(record, wanted, earliest)
    return _progress_by_time(record, wanted, earliest)


def _progress_by_time(record: Record, wanted: Collection[str], earliest: float) -> tuple[float, str]:
    moments: list[tuple[float, str]] = []
    # The script itself counts moments within the tolerance as reached.
    script, passed = record.script, record.script_seconds(earliest - TOLERANCE)
    if "output" in wanted:
        moments.append((script.made_at(script.made(passed) if earliest else 0) / record.speed, "output"))
    if "logs" in wanted:
        moments.append((script.printed_at(script.printed(passed) if earliest else 0) / record.speed, "logs"))
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
    """The numbers of outputs and lines that a prediction shows after the first `reads` of its reads."""
    if not reads:
        return 0, 0
    state = state_at(replace(record, reads=record.reads[:reads]), record.reads[reads - 1])
    return state.made, record.script.printed(state.elapsed)


def parse_events_filter(sent: str | Iterable[Any], known: list[str]) -> frozenset[str]:
    """The events that a webhook's filter lets through.

    Args:
        sent: The filter, as a list of events or, as published, a string that contains their names.
        known: All events.
    """
    words = re.findall(r"\w+", sent) if isinstance(sent, str) else sent
    return frozenset(words) & frozenset(known)
