"""The speed of the mock server with many predictions."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

from zeroscope_mock.store import PAGE_SIZE

from ..benchmark import Benchmark, Context
from ..measurement import Goal, Row, Series, interleave
from ..processes import Worker

_UNIT = "µs"
_NOTE = "Processor time in process, through the ASGI application, with the predictions held by the same server."
_FULL = f"Compared with a list of {PAGE_SIZE} predictions, which fill its first page: an empty page takes no time."

# The operation, its name, the least number of predictions, the number of calls, the note.
_OPERATIONS = (
    ("get", "get", 0, 500, _NOTE),
    ("create", "create", 0, 500, ""),
    ("list", "first page of the list", PAGE_SIZE, 30, _FULL),
)


def growth(context: Context) -> Iterator[Row]:
    """Measure servers with different numbers of predictions, in interleaved rounds."""
    sizes = (1_000, 10_000) if context.quick else (10_000, 1_000_000)
    with ExitStack() as stack:
        workers = {
            size: stack.enter_context(Worker(sys.executable, "growth", str(size))) for size in (0, PAGE_SIZE, *sizes)
        }
        for operation, what, fewest, times, note in _OPERATIONS:
            samples = {str(size): partial(workers[size].call, operation, times) for size in (fewest, *sizes)}
            figures = interleave(samples, context.choose(21, 5))
            base = Series(_UNIT, figures[str(fewest)])
            for size in sizes:
                name = f"mock: {what} with {size:,} predictions held"
                ours = Series(_UNIT, figures[str(size)])
                yield Row(name, ours, f"itself with {fewest:,}", base, Goal("at most", 1.2), note=note)
                note = ""


BENCHMARKS = (Benchmark("mock growth of get, create and list", growth),)
