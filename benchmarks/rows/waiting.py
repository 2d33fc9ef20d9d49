"""Waits for a prediction: their delay after its end, and their number of polls."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from itertools import count
from typing import Any

from ..benchmark import Benchmark, Context
from ..environments import require_replicate
from ..measurement import Goal, Row, Series, interleave
from ..processes import Worker

_THEIRS = "replicate (asks every 0.5 s)"
_NOTE = (
    "On the mock server's virtual clock, so every run is the same; a round is the mean of predictions that end "
    "at all moments between two polls, and each round has other random pauses."
)


def waits(seconds: int, name: str, late_goal: Goal | None, polls_goal: Goal | None, context: Context) -> Iterator[Row]:
    """Measure predictions of one duration.

    Args:
        seconds: The duration, in seconds.
        name: The duration, in words.
        late_goal: The goal for the delay.
        polls_goal: The goal for the number of polls.
        context: The context of the run.
    """
    require_replicate(sys.version_info[:2])
    with Worker(sys.executable, "waiting", "ours") as ours, Worker(sys.executable, "waiting", "replicate") as theirs:
        rounds, results = context.choose(11, 3), dict[tuple[str, int], dict[str, float]]()

        def measure(side: str, worker: Any, seeds: Iterator[int]) -> float:
            seed = next(seeds)
            results[side, seed] = worker.call("waits", seconds, context.choose(20, 5), seed)
            return 0.0

        interleave(
            {name: partial(measure, name, one, count()) for name, one in (("ours", ours), ("theirs", theirs))}, rounds
        )

    def series(side: str, figure: str, unit: str) -> Series:
        return Series(unit, tuple(results[side, seed][figure] for seed in range(rounds)))

    for figure, what, unit, goal, note in (
        ("late", f"from the end of a {name} prediction to `wait` returning", "s", late_goal, _NOTE),
        ("polls", f"polls spent on waiting for a {name} prediction", "polls", polls_goal, ""),
    ):
        yield Row(what, series("ours", figure, unit), _THEIRS, series("theirs", figure, unit), goal, note=note)


_THIRD = Goal("at most", 1 / 3)

BENCHMARKS = (
    Benchmark("wait 2 s", partial(waits, 2, "2 s", Goal("at most", 1), None)),
    Benchmark("wait 20 s", partial(waits, 20, "20 s", None, _THIRD)),
    Benchmark("wait 5 min", partial(waits, 300, "5 min", None, _THIRD)),
)
