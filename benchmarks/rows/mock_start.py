"""The start of the mock server, and its memory when idle."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from ..benchmark import Benchmark, Context
from ..measurement import Goal, Row, Series
from ..processes import Server
from ..workers.canned import PREDICTIONS
from . import servers

_IDLE = 0.3


def start(context: Context) -> Iterator[Row]:
    """Measure both servers, started in each round, and their memory after one request of each kind."""
    # Otherwise the first start would include the setup of the environments.
    context.environments.python("mock")
    _ = context.environments.prism
    ours: list[tuple[float, float]] = []
    theirs: list[tuple[float, float]] = []
    for _ in range(context.choose(7, 1)):
        ours.append(_measure(lambda: servers.ours(context)))
        theirs.append(_measure(lambda: servers.prism(context)))
    imports = (
        "Nearly all of the time is the import of modules: a third is the server's own, of which half creates its 50 "
        "dataclasses, a quarter is cyclopts, which also parses the command line, and a fifth asyncio and ssl."
    )
    page_and_log = "With its web page and its log."
    after_requests = "Measured after a get and a create, the first of which load more modules."
    for index, what, unit, bound, reason, note in (
        (0, "mock: start to first answer", "s", 0.15, imports, page_and_log),
        (1, "mock: memory idle", "MiB", 1 / 3, "", after_requests),
    ):
        sides = [Series(unit, tuple(figures[index] for figures in side)) for side in (ours, theirs)]
        yield Row(what, sides[0], "Prism", sides[1], Goal("at most", bound), reason, note)


def _measure(begin: Callable[[], Server]) -> tuple[float, float]:
    with begin() as server:
        server.call("POST", PREDICTIONS, servers.CREATE)
        time.sleep(_IDLE)
        return server.started, server.memory


BENCHMARKS = (Benchmark("mock start and memory", start),)
