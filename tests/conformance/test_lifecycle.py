"""Lifecycles: what responses may show, one after another and at once."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from helpers.faulty_servers import DOCUMENT
from zeroscope_conformance.lifecycle import LifecycleTracker, Source
from zeroscope_conformance.results import Results
from zeroscope_conformance.rules import rules_for

START, LATER = "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:05.000Z"
RUNNING: dict[str, Any] = {
    "id": "a",
    "status": "processing",
    "created_at": START,
    "started_at": START,
    "logs": "one\n",
}
ENDED = {
    **RUNNING,
    "status": "succeeded",
    "output": ["x"],
    "completed_at": LATER,
    "logs": "one\ntwo\n",
    "source": "api",
}
CANCELED = {**RUNNING, "status": "canceled", "completed_at": LATER}


def observe(
    *observations: tuple[Source, dict[str, Any]], overlapping: bool = False
) -> tuple[LifecycleTracker, set[str]]:
    """Return a tracker that has observed predictions, and the rules that they broke."""
    results = Results(rules_for(DOCUMENT, "live"), "a-token")
    tracker = LifecycleTracker(DOCUMENT, results)
    if overlapping:
        with tracker.overlapping():
            for source, body in observations:
                tracker.observe(body, source)
            assert [result for result in results.all() if result.checked] == []
    else:
        for source, body in observations:
            tracker.observe(body, source)
    return tracker, {result.rule.name for result in results.all() if result.verdict == "failed"}


@pytest.mark.parametrize(
    ("first", "second", "broken"),
    [
        (("create", RUNNING), ("create", {**RUNNING, "id": "b"}), set()),
        (("create", RUNNING), ("create", RUNNING), {"creates-separate"}),
        (("create", {**RUNNING, "created_at": LATER}), ("create", {**RUNNING, "id": "b"}), {"created-in-order"}),
        (
            ("create", {**RUNNING, "created_at": "2026-01-01T00:00:00.9Z"}),
            ("create", {**RUNNING, "id": "b"}),
            set(),
        ),
        (("get", {**RUNNING, "output": ["x"]}), ("get", {**RUNNING, "output": ["x", "y"]}), set()),
        (("get", {**RUNNING, "output": ["x", "y"]}), ("get", {**RUNNING, "output": ["x"]}), {"outputs-grow"}),
        (("get", {**RUNNING, "output": ["x"]}), ("get", RUNNING), {"outputs-grow"}),
        (("get", {**RUNNING, "output": "Once"}), ("get", {**RUNNING, "output": "Once upon"}), set()),
        (("get", {**RUNNING, "output": ["data:,x"]}), ("get", {**RUNNING, "output": ["https://a.test/x"]}), set()),
        (("get", {**RUNNING, "output": ["x"]}), ("get", {**CANCELED, "output": None}), set()),
        (("get", RUNNING), ("get", {**RUNNING, "started_at": LATER}), {"start-stays"}),
        (("get", {**RUNNING, "started_at": None}), ("get", RUNNING), set()),
        (("get", ENDED), ("list", {"id": "a", "status": "succeeded"}), set()),
        (("get", ENDED), ("list", {**ENDED, "output": None, "logs": ""}), set()),
        (("get", ENDED), ("list", {**ENDED, "output": ["y"]}), {"list-agrees"}),
        (("get", ENDED), ("list", {**ENDED, "output": ["y"], "data_removed": True}), set()),
        (("get", RUNNING), ("list", {**RUNNING, "source": "web"}), set()),
    ],
)
def test_two_responses__in_a_row(
    first: tuple[Source, dict[str, Any]], second: tuple[Source, dict[str, Any]], broken: set[str]
) -> None:
    """The second response may add to the first, and must not contradict it."""
    assert observe(first, second)[1] == broken


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_responses__that_overlap_pass_in_any_order(order: tuple[int, ...]) -> None:
    """A read that was sent before the end may be received after it."""
    responses: list[tuple[Source, dict[str, Any]]] = [
        ("create", {**RUNNING, "logs": ""}),
        ("get", RUNNING),
        ("get", ENDED),
    ]
    tracker, broken = observe(*(responses[number] for number in order), overlapping=True)

    assert broken == set()
    tracker.observe(RUNNING, "get")
    assert tracker.violations > 0 and tracker.ended == [ENDED]


def test_responses__that_overlap_must_not_contradict_each_other() -> None:
    """No order of two different ends is possible."""
    assert "final-is-final" in observe(("get", CANCELED), ("get", ENDED), overlapping=True)[1]


def test_creates__that_overlap_have_no_order() -> None:
    """They share a number, which is lower than that of later creates."""
    bodies = [{**RUNNING, "id": id, "created_at": time} for id, time in (("a", LATER), ("b", START), ("c", LATER))]
    tracker, broken = observe(("create", bodies[0]), ("create", bodies[1]), overlapping=True)
    tracker.observe(bodies[2], "create")

    assert broken == set()
    numbers = tracker.created
    assert numbers["a"] == numbers["b"] < numbers["c"]
