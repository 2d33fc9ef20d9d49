"""The videos of the mock server."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial

from ..benchmark import Benchmark, Context
from ..measurement import Goal, Row, Series, interleave
from ..processes import Worker
from ..workers.canned import INPUT


def video(context: Context) -> Iterator[Row]:
    """Measure a whole video, and the encoding of its frames alone, which results in the same bytes."""
    with Worker(sys.executable, "video") as worker:
        samples = {name: partial(worker.call, name) for name in ("render", "encode")}
        figures = interleave(samples, context.choose(31, 5))
    what = f"MP4 of {INPUT['num_frames']} frames {INPUT['width']}x{INPUT['height']}"
    sides = [Series("ms", figures[name]) for name in ("render", "encode")]
    reason = "Without a second core that is idle, no frame is drawn while others are encoded; see NOTES.md."
    note = "One thread draws frames while another encodes them; the encoding alone has one thread."
    yield Row(what, sides[0], "the encode alone of the same frames", sides[1], Goal("at most", 1.4), reason, note)


BENCHMARKS = (Benchmark("video MP4", video),)
