"""The mock server in process, as tests use it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial

from ..benchmark import Benchmark, Context
from ..measurement import Goal, Row, Series, interleave
from ..processes import Worker


def call(context: Context) -> Iterator[Row]:
    """Measure one call of the client, in a process for each side: respx patches httpx in the whole process."""
    with Worker(sys.executable, "harness", "ours") as ours, Worker(sys.executable, "harness", "respx") as theirs:
        samples = {"ours": partial(ours.call, "get", 200), "theirs": partial(theirs.call, "get", 200)}
        figures = interleave(samples, context.choose(31, 5))
    sides = [Series("µs", figures[name]) for name in ("ours", "theirs")]
    what = "in-process harness: one client call through the transport"
    reason = "httpx and our client take some 90 µs of both, so that little of a call can be saved."
    yield Row(what, sides[0], "respx with one canned route", sides[1], Goal("at most", 0.8), reason)


def virtual(context: Context) -> Iterator[Row]:
    """Measure many predictions of ten minutes each, from create to result, and bare calls in the same process."""
    count = context.choose(1000, 200)
    calls = 3 * count
    reason = "The creates alone, with their validation and the server's journal, take as long; see NOTES.md."
    note = "Processor time. A bare call returns one prediction and parses it as JSON."
    for kind, client in (("sync", "Zeroscope"), ("async", "AsyncZeroscope")):
        with Worker(sys.executable, "virtual", kind) as worker:
            samples = {"ours": partial(worker.call, "run_many", count), "theirs": partial(worker.call, "bare", calls)}
            figures = interleave(samples, context.choose(5, 1))
        what = f"{count:,} ten-minute predictions on the virtual clock, {client}.run_many"
        sides = [Series("s", figures[name]) for name in ("ours", "theirs")]
        beside = f"{calls:,} bare calls of httpx through `MockTransport`"
        yield Row(what, sides[0], beside, sides[1], Goal("at most", 1.5), reason, note)
        note = ""


BENCHMARKS = (Benchmark("harness call", call), Benchmark("harness virtual clock", virtual))
