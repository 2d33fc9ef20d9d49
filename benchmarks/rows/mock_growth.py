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
_NOTE = (
    "Processor time in process, through the ASGI application, with the predictions held by the same server. Before "
    "each kind of request, the newest predictions of all servers have ended, and their journals are full of such ones."
)
_FULL = f"Compared with a list of {PAGE_SIZE} predictions, which fill its first page: an empty page takes no time."

_DUMPS = f"`orjson.dumps` of the same {PAGE_SIZE} predictions"
_DUMPS_NOTE = "The whole request, with the journal, which keeps the body of every response until it has 32 MiB of them."
_DUMPS_REASON = (
    "Half of the time is the journal's, which cuts an old body for each new one: it redacts its start, and new bodies "
    "are written to memory that no cache of the processor holds; see NOTES.md."
)

# The operation, its name, the least number of predictions, the number of calls, the note.
_OPERATIONS = (
    ("get", "get", 0, 500, _NOTE),
    ("create", "create", 0, 500, ""),
    ("list", "first page of the list", PAGE_SIZE, 150, _FULL),
)


def growth(context: Context) -> Iterator[Row]:
    """Measure servers with different numbers of predictions, in interleaved rounds."""
    sizes = (1_000,) if context.quick else (10_000, 1_000_000)
    with ExitStack() as stack:
        workers = {
            size: stack.enter_context(Worker(sys.executable, "growth", str(size))) for size in (0, PAGE_SIZE, *sizes)
        }
        for operation, what, fewest, times, note in _OPERATIONS:
            compared = {size: workers[size] for size in (fewest, *sizes)}
            for worker in compared.values():
                worker.call("prepare", operation)
            samples = {str(size): partial(worker.call, operation, times) for size, worker in compared.items()}
            figures = interleave(samples, context.choose(21, 5))
            base = Series(_UNIT, figures[str(fewest)])
            for size in sizes:
                name = f"mock: {what} with {size:,} predictions held"
                ours = Series(_UNIT, figures[str(size)])
                yield Row(name, ours, f"itself with {fewest:,}", base, Goal("at most", 1.2), note=note)
                note = ""


def lists(context: Context) -> Iterator[Row]:
    """Measure pages of a list beside the encoding of their predictions."""
    operations = {"list": _OPERATIONS[-1][1], "filtered list": "second page of the list with a filter"}
    # A server of its own, whose journal stays full of lists.
    with Worker(sys.executable, "growth", str(3 * PAGE_SIZE)) as worker:
        samples = {name: partial(worker.call, name, 30) for name in (*operations, "dumps")}
        figures = interleave(samples, context.choose(41, 11))
    theirs, note = Series(_UNIT, figures["dumps"]), _DUMPS_NOTE
    for name, what in operations.items():
        ours = Series(_UNIT, figures[name])
        yield Row(f"mock: {what}", ours, _DUMPS, theirs, Goal("at most", 1.5), _DUMPS_REASON, note)
        note = ""


BENCHMARKS = (
    Benchmark("mock growth of get, create and list", growth),
    Benchmark("mock list", lists),
)
