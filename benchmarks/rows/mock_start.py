"""How fast the mock server starts, and what it holds when nobody asks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from ..benchmark import Bench, Benchmark
from ..measurement import Goal, Row, Series
from ..processes import Server
from ..workers.canned import PREDICTIONS
from . import servers

_IDLE = 0.3


def start(bench: Bench) -> Iterator[Row]:
    """Both servers started anew in each round; their memory once both kinds of request have been answered."""
    # Else setting them up would be a part of the first start.
    bench.places.python("mock")
    _ = bench.places.prism
    ours: list[tuple[float, float]] = []
    theirs: list[tuple[float, float]] = []
    for _ in range(bench.choose(7, 1)):
        ours.append(_take(lambda: servers.ours(bench)))
        theirs.append(_take(lambda: servers.prism(bench)))
    imports = (
        "Nearly all of it is Python loading modules. A third is cyclopts, which reads the command line, and a quarter "
        "asyncio and uvicorn."
    )
    note = "Taken after a get and a create, with what comes with the first ones."
    for place, what, unit, bound, reason, told in (
        (0, "mock: start to first answer", "s", 1 / 6, imports, ""),
        (1, "mock: memory idle", "MiB", 1 / 3, "", note),
    ):
        sides = [Series(unit, tuple(taken[place] for taken in side)) for side in (ours, theirs)]
        yield Row(what, sides[0], "Prism", sides[1], Goal("at most", bound), reason, told)


def _take(begin: Callable[[], Server]) -> tuple[float, float]:
    with begin() as server:
        server.call("POST", PREDICTIONS, servers.CREATE)
        time.sleep(_IDLE)
        return server.started, server.memory


BENCHMARKS = (Benchmark("mock start and memory", start),)
