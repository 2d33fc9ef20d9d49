"""The mock server in process, as tests use it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial

from ..benchmark import Bench, Benchmark
from ..measurement import Goal, Row, Series, in_turns
from ..processes import Worker


def call(bench: Bench) -> Iterator[Row]:
    """The same call of the same client, in a process for each side, as respx patches httpx everywhere."""
    with Worker(sys.executable, "harness", "ours") as ours, Worker(sys.executable, "harness", "respx") as theirs:
        samples = {"ours": partial(ours.ask, "get", 200), "theirs": partial(theirs.ask, "get", 200)}
        figures = in_turns(samples, bench.choose(31, 5))
    sides = [Series("µs", figures[name]) for name in ("ours", "theirs")]
    what = "in-process harness: one client call through the transport"
    reason = "Of both, some 90 µs are httpx and our client, which leaves little of a call to be spared."
    yield Row(what, sides[0], "respx with one canned route", sides[1], Goal("at most", 0.8), reason)


def virtual(bench: Bench) -> Iterator[Row]:
    """A thousand predictions of ten minutes each, from create to result, where nobody has to wait."""
    for kind, client in (("sync", "Zeroscope"), ("async", "AsyncZeroscope")):
        with Worker(sys.executable, "virtual", kind) as worker:
            figures = in_turns({"ours": partial(worker.ask, "run_many", 1000)}, bench.choose(5, 1))
        what = f"1,000 ten-minute predictions on the virtual clock, {client}.run_many"
        yield Row(what, Series("s", figures["ours"]), goal=Goal("below", 3, "s"))


BENCHMARKS = (Benchmark("harness call", call), Benchmark("harness virtual clock", virtual))
