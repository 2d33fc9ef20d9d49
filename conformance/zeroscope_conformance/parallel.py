"""Runs calls at once, each in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from .lifecycle import LifecycleTracker
from .target import ScenarioAbandonedError

T = TypeVar("T")


def run_at_once(tracker: LifecycleTracker, calls: Sequence[Callable[[], T]]) -> list[T | None]:
    """Run calls at once.

    Args:
        tracker: The tracker of the predictions, which accepts the responses in any possible order.
        calls: Calls that send requests.

    Returns:
        What each call returned; None for one without a response that the scenario could continue with.
    """
    # No call starts before all threads run, so that each one has a connection of its own.
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], T]) -> T | None:
        barrier.wait()
        try:
            return call()
        except ScenarioAbandonedError:
            # The violation is counted.
            return None

    with tracker.overlapping(), ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))
