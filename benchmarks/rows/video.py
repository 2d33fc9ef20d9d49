"""The videos of the mock server."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial

from ..benchmark import Bench, Benchmark
from ..measurement import Goal, Row, Series, in_turns
from ..processes import Worker
from ..workers.canned import INPUT


def video(bench: Bench) -> Iterator[Row]:
    """A whole video beside its frames encoded alone, which comes to the same bytes."""
    with Worker(sys.executable, "video") as worker:
        samples = {name: partial(worker.ask, name) for name in ("render", "encode")}
        figures = in_turns(samples, bench.choose(31, 5))
    what = f"MP4 of {INPUT['num_frames']} frames {INPUT['width']}x{INPUT['height']}"
    sides = [Series("ms", figures[name]) for name in ("render", "encode")]
    reason = "Without a second core that is free, no frame is drawn while others are encoded. See NOTES.md."
    note = "Frames are drawn in one thread while others are encoded in another; the encode alone is one thread."
    yield Row(what, sides[0], "the encode alone of the same frames", sides[1], Goal("at most", 1.5), reason, note)


BENCHMARKS = (Benchmark("video MP4", video),)
