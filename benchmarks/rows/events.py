"""The events of a prediction, as they are read from a stream."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

from ..benchmark import Bench, Benchmark
from ..measurement import Goal, Row, Series, in_turns
from ..processes import Worker

COUNT = 100_000


def events(bench: Bench) -> Iterator[Row]:
    """The same bytes in the same pieces, out of an httpx response for both."""
    sides = ("ours", "httpx-sse")
    with ExitStack() as stack:
        workers = {name: stack.enter_context(Worker(sys.executable, "events", name, str(COUNT))) for name in sides}
        figures = in_turns({name: partial(worker.ask, "read") for name, worker in workers.items()}, bench.choose(15, 3))
    series = [Series("ms", figures[name]) for name in sides]
    yield Row(f"SSE: {COUNT:,} events parsed", series[0], "httpx-sse", series[1], Goal("at most", 1))


BENCHMARKS = (Benchmark("events SSE", events),)
