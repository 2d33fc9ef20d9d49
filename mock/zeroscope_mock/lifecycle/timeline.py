"""The timeline of a prediction: its state at any moment.

Nothing is scheduled and nothing changes as time passes. The state is a function of the record and the moment, so a
million predictions cost no timers.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf

from ..times import TOLERANCE
from .record import Record


# Not frozen: one is made for every request, and frozen dataclasses take three times as long to make.
@dataclass(slots=True)
class Timeline:
    """The start and end of a prediction as far as they are known by now, in seconds since 1970; infinite if unknown.

    Args:
        start: When the model begins to run, if nothing ends the prediction before.
        end: When the prediction ends.
        status: Its final status.
    """

    start: float
    end: float
    status: str

    @property
    def started(self) -> bool:
        """Whether the model ever runs."""
        return self.start <= self.end and self.start < inf and self.status != "aborted"


# Not frozen either; see above.
@dataclass(slots=True)
class LifecycleState:
    """The state of a prediction at one moment.

    Args:
        started: When the model began to run, in seconds since 1970; None if it has not.
        ended: When the prediction ended, in seconds since 1970; None if it has not.
        removed: Whether its input, output and logs have been removed.
        elapsed: How long the model has run, in the seconds of its script.
        made: How many outputs it shows.
    """

    status: str
    started: float | None
    ended: float | None
    removed: bool
    elapsed: float
    made: int


def timeline_of(record: Record) -> Timeline:
    """The timeline of a prediction as far as it is known by now."""
    script = record.script
    if script.reads:
        start = record.reads[0] if record.reads else inf
        end = record.reads[script.reads - 1] if len(record.reads) >= script.reads else inf
        end, status = (start if script.outcome == "aborted" else end), script.outcome
    else:
        start = _later(record, record.created, script.startup_seconds)
        end = start if script.outcome == "aborted" else _later(record, start, script.run_seconds)
        status = script.outcome
    if record.lifetime is not None and record.created + record.lifetime < end:
        end = record.created + record.lifetime
        status = "canceled" if end >= start else "aborted"
    if record.canceled is not None and record.canceled < end:
        end, status = record.canceled, "canceled"
    return Timeline(start, end, status)


def _later(record: Record, moment: float, seconds: float) -> float:
    """The moment that many seconds of the script after another one."""
    later = moment + seconds / record.speed
    if seconds and record.in_milliseconds:
        # Never earlier, or the last line of the log would be missing.
        return ceil((later - TOLERANCE) * 1000) / 1000
    return later


def state_at(record: Record, now: float) -> LifecycleState:
    """The state of a prediction at a moment, in seconds since 1970."""
    return _state(record, timeline_of(record), now)


def state_until(record: Record, now: float) -> tuple[LifecycleState, float]:
    """The state of a prediction at a moment, and the moment up to which it stays in it unless a request changes it.

    The second moment may be a little before the next change, never after it.
    """
    script, timeline = record.script, timeline_of(record)
    state = _state(record, timeline, now)
    if state.ended is not None:
        until = inf if state.removed else state.ended + record.retention
    elif state.started is None:
        until = min(timeline.start, timeline.end)
    elif script.reads:
        until = timeline.end
    else:
        upcoming = min(script.printed_at(script.printed(state.elapsed)), script.made_at(state.made))
        until = min(state.started + upcoming / record.speed - 2 * TOLERANCE, timeline.end)
    return state, until


def _state(record: Record, timeline: Timeline, now: float) -> LifecycleState:
    script = record.script
    started = timeline.start if timeline.started and timeline.start <= now else None
    ended = timeline.end if timeline.end <= now else None
    if started is None:
        elapsed = 0.0
    elif script.reads:
        # The first read shows the start, unless it shows the end already.
        elapsed = script.run_seconds * ((len(record.reads) - 1) / (script.reads - 1) if script.reads > 1 else 1)
    else:
        elapsed = record.script_seconds((now if ended is None else ended) - started)
    if ended is None:
        status, made = ("starting", 0) if started is None else ("processing", script.made(elapsed))
        return LifecycleState(status, started, None, removed=False, elapsed=elapsed, made=made)
    removed = script.removed or now >= ended + record.retention
    made = script.results if timeline.status == "succeeded" and not removed else 0
    return LifecycleState(timeline.status, started, ended, removed=removed, elapsed=elapsed, made=made)


def next_change(record: Record, now: float) -> tuple[float, str] | None:
    """The next moment after now at which a run starts, prints, makes an output or ends, and which of these it does.

    None for a run that has ended, and for one that only a request moves on. Unlike that of `state_until`, the moment
    is never before the change.

    Returns:
        The moment, in seconds since 1970, and `start`, `log`, `output` or `end`.
    """
    script, timeline = record.script, timeline_of(record)
    if timeline.end <= now or (timeline.start == timeline.end == inf):
        return None
    if not timeline.started or now < timeline.start:
        return (timeline.start, "start") if timeline.started else _finite(timeline.end, "end")
    if script.reads:
        return _finite(timeline.end, "end")
    elapsed = record.script_seconds(now - timeline.start)
    printed, made = script.printed_at(script.printed(elapsed)), script.made_at(script.made(elapsed))
    upcoming = min(printed, made)
    # Rounding can hide what is due for a moment.
    moment = max(timeline.start + upcoming / record.speed, now + TOLERANCE)
    # What comes with the end is part of it, and what is due after the end never comes, however late that is rounded.
    if upcoming <= script.run_seconds and moment < timeline.end - TOLERANCE:
        return moment, "output" if made < printed else "log"
    return _finite(timeline.end, "end")


def _finite(moment: float, kind: str) -> tuple[float, str] | None:
    return (moment, kind) if moment < inf else None
