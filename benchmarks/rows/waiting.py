"""Waiting for a prediction: how soon its end is noticed, and how many requests that takes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from itertools import count
from typing import Any

from ..benchmark import Bench, Benchmark
from ..environments import need_replicate
from ..measurement import Goal, Row, Series, in_turns
from ..processes import Worker

_THEIRS = "replicate (asks every 0.5 s)"
_NOTE = (
    "On the mock server's virtual clock, so it is the same in every run; a round is the mean of predictions that end "
    "at all moments between two looks, each round with other random pauses."
)


def waits(seconds: int, name: str, late_goal: Goal | None, polls_goal: Goal | None, bench: Bench) -> Iterator[Row]:
    """Predictions of one length."""
    need_replicate(sys.version_info[:2])
    with Worker(sys.executable, "waiting", "ours") as ours, Worker(sys.executable, "waiting", "replicate") as theirs:
        rounds, answers = bench.choose(11, 3), dict[tuple[str, int], dict[str, float]]()

        def take(side: str, worker: Any, seeds: Iterator[int]) -> float:
            seed = next(seeds)
            answers[side, seed] = worker.ask("waits", seconds, bench.choose(20, 5), seed)
            return 0.0

        in_turns(
            {name: partial(take, name, one, count()) for name, one in (("ours", ours), ("theirs", theirs))}, rounds
        )

    def series(side: str, figure: str, unit: str) -> Series:
        return Series(unit, tuple(answers[side, seed][figure] for seed in range(rounds)))

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
