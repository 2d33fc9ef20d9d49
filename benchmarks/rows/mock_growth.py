"""Whether the mock server stays as fast as it was when it holds many predictions."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

from zeroscope_mock.store import PAGE_SIZE

from ..benchmark import Bench, Benchmark
from ..measurement import Goal, Row, Series, in_turns
from ..processes import Worker

_UNIT = "µs"
_NOTE = "Processor time in process, through the ASGI application, with the predictions held by the same server."
_FULL = f"Held against a list of {PAGE_SIZE} predictions, which fill its first page: an empty page is no work."

# What is asked for, what it is called, the fewest predictions held, how often it is asked, what is good to know.
_QUESTIONS = (
    ("get", "get", 0, 500, _NOTE),
    ("create", "create", 0, 500, ""),
    ("list", "first page of the list", PAGE_SIZE, 30, _FULL),
)


def growth(bench: Bench) -> Iterator[Row]:
    """Servers that hold more and more, asked in turns."""
    sizes = (1_000, 10_000) if bench.quick else (10_000, 1_000_000)
    with ExitStack() as stack:
        workers = {
            size: stack.enter_context(Worker(sys.executable, "growth", str(size))) for size in (0, PAGE_SIZE, *sizes)
        }
        for question, what, fewest, times, note in _QUESTIONS:
            samples = {str(size): partial(workers[size].ask, question, times) for size in (fewest, *sizes)}
            figures = in_turns(samples, bench.choose(21, 5))
            base = Series(_UNIT, figures[str(fewest)])
            for size in sizes:
                name = f"mock: {what} with {size:,} predictions held"
                ours = Series(_UNIT, figures[str(size)])
                yield Row(name, ours, f"itself with {fewest:,}", base, Goal("at most", 1.2), note=note)
                note = ""


BENCHMARKS = (Benchmark("mock growth of get, create and list", growth),)
