"""Calls that are run at once."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from helpers.faulty_servers import DOCUMENT
from zeroscope_conformance.lifecycle import LifecycleTracker
from zeroscope_conformance.parallel import run_at_once
from zeroscope_conformance.results import Results
from zeroscope_conformance.target import ScenarioAbandonedError

# Longer than any thread of a busy machine needs to start, in seconds.
LIMIT = 60.0


@pytest.fixture
def tracker() -> LifecycleTracker:
    """A tracker that has observed nothing."""
    return LifecycleTracker(DOCUMENT, Results([], "a-token"))


def test_calls__run_at_once_in_threads_of_their_own(tracker: LifecycleTracker) -> None:
    """Each call waits for the others, and the results are in the order of the calls."""
    meeting = threading.Barrier(4)

    def call(number: int) -> tuple[int, int]:
        meeting.wait(LIMIT)
        return number, threading.get_ident()

    made = [one or (-1, 0) for one in run_at_once(tracker, [partial(call, number) for number in range(4)])]
    numbers, threads = [number for number, _ in made], [thread for _, thread in made]
    assert numbers == [0, 1, 2, 3]
    assert len({*threads, threading.get_ident()}) == 5


def test_call__without_a_response(tracker: LifecycleTracker) -> None:
    """The other calls count, as the violation is counted already."""

    def fail() -> str:
        raise ScenarioAbandonedError

    assert run_at_once(tracker, [fail, lambda: "a response"]) == [None, "a response"]


def test_call__with_a_mistake(tracker: LifecycleTracker) -> None:
    """An error of the suite is raised, and the tracker observes later responses as before."""

    def fail() -> None:
        raise RuntimeError("a mistake")

    with pytest.raises(RuntimeError, match="a mistake"):
        run_at_once(tracker, [fail, lambda: None])
    tracker.observe({"id": "a", "status": "starting"}, "create")
    assert list(tracker.created) == ["a"]
