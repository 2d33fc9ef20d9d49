"""Waits for a prediction: their delay after its end, and their number of requests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from itertools import count
from typing import Any

from ..benchmark import Benchmark, Context
from ..environments import require_replicate
from ..measurement import Goal, Row, Series, interleave
from ..processes import Worker

_THEIRS = "replicate (asks every 0.5 s)"
_NOTE = (
    "On the mock server's virtual clock, so every run is the same; a round is the mean of predictions that end at all "
    "moments between two polls, and each round has other random pauses. "
)
_STREAM = "The requests are the create, the event stream and the polls beside it."
_POLLING = "As if the prediction had no event stream: `Polling(stream=False)`."
SIDES = ("ours", "polling", "replicate")


def waits(seconds: int, name: str, late: Goal, requests: Goal, context: Context) -> Iterator[Row]:
    """Measure predictions of one duration.

    Args:
        seconds: The duration, in seconds.
        name: The duration, in words.
        late: The goal for the delay.
        requests: The goal for the number of requests.
        context: The context of the run.
    """
    require_replicate(sys.version_info[:2])
    rounds, results = context.choose(5, 1), dict[tuple[str, int], dict[str, float]]()

    def measure(side: str, worker: Any, seeds: Iterator[int]) -> float:
        seed = next(seeds)
        results[side, seed] = worker.call("waits", seconds, context.choose(20, 5), seed)
        return 0.0

    with ExitStack() as stack:
        workers = {side: stack.enter_context(Worker(sys.executable, "waiting", side)) for side in SIDES}
        interleave({side: partial(measure, side, worker, count()) for side, worker in workers.items()}, rounds)

    def series(side: str, figure: str, unit: str) -> Series:
        return Series(unit, tuple(results[side, seed][figure] for seed in range(rounds)))

    for side, how, note, goals in (
        ("ours", "", _NOTE + _STREAM, (late, requests)),
        ("polling", " without a stream", _POLLING, (None, Goal("at most", 1 / 3) if seconds > 2 else None)),
    ):
        for figure, what, unit, goal in (
            ("late", f"from the end of a {name} prediction to `wait` returning", "s", goals[0]),
            ("requests", f"requests to wait for a {name} prediction", "requests", goals[1]),
        ):
            own = goal is not None and bool(goal.unit)
            theirs = None if own else series("replicate", figure, unit)
            yield Row(what + how, series(side, figure, unit), None if own else _THEIRS, theirs, goal, note=note)


_GOALS = ((2, "2 s", 0.4, 6), (20, "20 s", 0.4, 6), (300, "5 min", 1.2, 12))
BENCHMARKS = tuple(
    Benchmark(f"wait {name}", partial(waits, seconds, name, Goal("at most", late), Goal("at most", most, "requests")))
    for seconds, name, late, most in _GOALS
)
