"""The moments of events, and the events that a webhook receives."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from zeroscope_mock.lifecycle.record import Hook, Record
from zeroscope_mock.lifecycle.script import Script
from zeroscope_mock.webhooks.events import THROTTLE, Cursor, next_event

ALL = ("start", "output", "logs", "completed")
CREATED = 1_767_225_600.25
USUAL = Script(seed=1, startup_seconds=1.0, run_seconds=2.0, steps=20, rate=10.0, output=["mock:file.mp4"])
SILENT = replace(USUAL, lines=())


def make(script: Script, events: tuple[str, ...] = ALL, **fields: Any) -> Record:
    hook = Hook("https://example.test/hook", frozenset(events), "https://api.example.test", "/v1")
    return Record("p", "tenant", 0, CREATED, "v", {}, script, hook, **fields)


def times(record: Record) -> list[tuple[str, float]]:
    """All events with the seconds since the creation, as they are known by now."""
    found: list[tuple[str, float]] = []
    cursor = Cursor()
    while event := next_event(record, cursor):
        found.append((event.kind, round(event.time - record.created, 3)))
        cursor = event.cursor
        assert cursor.count == len(found) < 1000
    return found


def says(*texts: tuple[float, str]) -> Script:
    return replace(USUAL, lines=texts)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        pytest.param(
            make(USUAL),
            [("start", 1.0), ("logs", 1.0), ("logs", 1.5), ("logs", 2.0), ("logs", 2.5), ("completed", 3.0)],
            id="a line every 0.1 s is told every 0.5 s",
        ),
        pytest.param(make(SILENT), [("start", 1.0), ("completed", 3.0)], id="nothing printed, nothing told"),
        pytest.param(
            make(says((0.4, "a"), (0.7, "b"), (0.9, "c"), (1.3, "d"))),
            [("start", 1.0), ("logs", 1.4), ("logs", 1.9), ("completed", 3.0)],
            id="what comes too early is dropped and not put off",
        ),
        pytest.param(
            make(says((0.0, "a"), (0.499, "b"), (0.999, "c"))),
            [("start", 1.0), ("logs", 1.0), ("logs", 1.999), ("completed", 3.0)],
            id="dropped events do not hold up others",
        ),
        pytest.param(
            make(says((0.2, "a"), (0.7, "b"))),
            [("start", 1.0), ("logs", 1.2), ("logs", 1.7), ("completed", 3.0)],
            id="half a second is enough, whatever binary fractions say",
        ),
        pytest.param(
            make(says((1.9999999, "a"), (2.0, "b"), (7.0, "c"))),
            [("start", 1.0), ("completed", 3.0)],
            id="the end tells what came with it, and nothing comes later",
        ),
        pytest.param(
            make(replace(SILENT, run_seconds=8.0, output=["mock:file.mp4"] * 3, gradual=True)),
            [("start", 1.0), ("output", 3.0), ("output", 5.0), ("output", 7.0), ("completed", 9.0)],
            id="outputs one after another",
        ),
        pytest.param(
            make(replace(SILENT, output=["mock:file.mp4"] * 3, run_seconds=8.0)),
            [("start", 1.0), ("completed", 9.0)],
            id="outputs at the end",
        ),
        pytest.param(
            make(
                replace(
                    says((1.7, "a"), (2.0, "b"), (2.5, "c")), run_seconds=4.0, output=["mock:file.mp4"], gradual=True
                )
            ),
            [("start", 1.0), ("logs", 2.7), ("logs", 3.5), ("completed", 5.0)],
            id="output and logs share the throttle",
        ),
        pytest.param(
            make(replace(says((2.0, "a"), (2.3, "b")), run_seconds=4.0, output=["mock:file.mp4"], gradual=True)),
            [("start", 1.0), ("output", 3.0), ("completed", 5.0)],
            id="of both at a time, the output is told",
        ),
        pytest.param(
            make(
                replace(says((1.7, "a"), (2.0, "b")), run_seconds=4.0, output=["mock:file.mp4"], gradual=True),
                ("output", "completed"),
            ),
            [("output", 3.0), ("completed", 5.0)],
            id="what is filtered out does not throttle",
        ),
        pytest.param(make(USUAL, ("start",)), [("start", 1.0)], id="start alone"),
        pytest.param(
            make(USUAL, ("logs",)),
            [("logs", 1.0), ("logs", 1.5), ("logs", 2.0), ("logs", 2.5)],
            id="even the end can be filtered out",
        ),
        pytest.param(make(USUAL, ()), [], id="nothing wanted"),
        pytest.param(make(replace(USUAL, outcome="aborted")), [("completed", 1.0)], id="aborted before the start"),
        pytest.param(
            make(replace(SILENT, outcome="failed", error="no", output=["mock:file.mp4"] * 2, gradual=True)),
            [("start", 1.0), ("completed", 3.0)],
            id="failed",
        ),
        pytest.param(make(USUAL, canceled=CREATED + 0.4), [("completed", 0.4)], id="canceled before the start"),
        pytest.param(
            make(USUAL, canceled=CREATED + 1.7),
            [("start", 1.0), ("logs", 1.0), ("logs", 1.5), ("completed", 1.7)],
            id="canceled in the middle",
        ),
        pytest.param(make(USUAL, lifetime=0.5), [("completed", 0.5)], id="lifetime over before the start"),
        pytest.param(
            make(USUAL, lifetime=1.2),
            [("start", 1.0), ("logs", 1.0), ("completed", 1.2)],
            id="lifetime over in the middle",
        ),
        pytest.param(
            make(replace(USUAL, startup_seconds=0.0, run_seconds=0.0, rate=1e9)),
            [("start", 0.0), ("completed", 0.0)],
            id="all at once",
        ),
        pytest.param(
            make(replace(USUAL, run_seconds=0.0, output=["mock:file.mp4"] * 3, gradual=True, lines=())),
            [("start", 1.0), ("completed", 1.0)],
            id="outputs in no time",
        ),
    ],
)
def test_events__have_their_times(record: Record, expected: list[tuple[str, float]]) -> None:
    """Each script has its events, in order of time."""
    assert times(record) == expected


READS = replace(USUAL, reads=4, run_seconds=3.0, steps=3, rate=1.0, output=["mock:file.mp4"])


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({}, [], id="unread"),
        pytest.param({"reads": (5.0,)}, [("start", 5.0), ("logs", 5.0)], id="read once"),
        pytest.param({"reads": (5.0, 6.0)}, [("start", 5.0), ("logs", 5.0), ("logs", 6.0)], id="read twice"),
        pytest.param({"reads": (5.0, 5.1)}, [("start", 5.0), ("logs", 5.0)], id="read too soon to be told"),
        pytest.param(
            {"reads": (5.0, 5.1, 9.0, 9.0)},
            [("start", 5.0), ("logs", 5.0), ("completed", 9.0)],
            id="read to the end",
        ),
        pytest.param(
            {"reads": (5.0, 6.0, 7.0), "canceled": CREATED + 7.5},
            [("start", 5.0), ("logs", 5.0), ("logs", 6.0), ("logs", 7.0), ("completed", 7.5)],
            id="canceled",
        ),
        pytest.param({"lifetime": 60.0}, [("completed", 60.0)], id="never read, with a lifetime"),
        pytest.param(
            {"reads": (5.0, 6.0), "script": replace(READS, gradual=True, output=["mock:file.mp4"] * 2, lines=())},
            [("start", 5.0), ("output", 6.0)],
            id="outputs",
        ),
    ],
)
def test_events__follow_the_reads(fields: dict[str, Any], expected: list[tuple[str, float]]) -> None:
    """Of a prediction that advances when it is read, events are known up to the latest read."""
    reads = tuple(CREATED + seconds for seconds in fields.pop("reads", ()))
    record = make(fields.pop("script", READS), reads=reads, **fields)
    assert times(record) == expected


def test_events__continue_after_a_cancel() -> None:
    """A cancel changes the events to come, and none of the earlier ones."""
    record = make(USUAL)
    event = next_event(record, Cursor())
    assert event is not None
    event = next_event(record, event.cursor)
    assert event is not None and event.kind == "logs"

    record.canceled = CREATED + 1.1

    event = next_event(record, event.cursor)
    assert event is not None and (event.kind, event.time) == ("completed", CREATED + 1.1)


def test_events__need_a_webhook() -> None:
    """Without one there are no events."""
    record = make(USUAL)
    record.hook = None
    assert times(record) == []


def test_events__are_never_closer_than_the_throttle() -> None:
    """Whatever the rate of the lines, at most two of them a second are sent, and at least as many as fit."""
    for rate in (0.3, 1.7, 3.0, 7.0, 15.8, 1000.0):
        record = make(replace(USUAL, steps=10_000, rate=rate, run_seconds=30.0), ("logs",))
        found = [time for _, time in times(record)]
        gaps = [after - before for before, after in pairwise(found)]
        assert min(gaps) >= THROTTLE - 0.002
        assert max(gaps) <= THROTTLE + 1 / rate + 0.002
