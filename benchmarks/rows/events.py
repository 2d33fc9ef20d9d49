"""Server-sent events, parsed from a stream."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

from ..benchmark import Benchmark, Context
from ..measurement import Goal, Row, Series, interleave
from ..processes import Worker

COUNT = 100_000


def events(context: Context) -> Iterator[Row]:
    """Measure both parsers with the same chunks of an httpx response."""
    sides = ("ours", "httpx-sse")
    with ExitStack() as stack:
        workers = {name: stack.enter_context(Worker(sys.executable, "events", name, str(COUNT))) for name in sides}
        figures = interleave(
            {name: partial(worker.call, "read") for name, worker in workers.items()}, context.choose(15, 3)
        )
    series = [Series("ms", figures[name]) for name in sides]
    yield Row(f"SSE: {COUNT:,} events parsed", series[0], "httpx-sse", series[1], Goal("at most", 1))


BENCHMARKS = (Benchmark("events SSE", events),)
