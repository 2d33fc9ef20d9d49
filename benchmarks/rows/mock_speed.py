"""The request rate of the mock server."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

from ..benchmark import Benchmark, Context
from ..errors import SkippedError
from ..measurement import Goal, Row, Series, interleave
from ..processes import TOKEN, Server, Worker
from ..workers.canned import PREDICTIONS
from . import servers

UNIT = "a second"
_OURS, _PRISM, _BARE = "the mock server", "Prism", "a bare uvicorn app with the same bytes"
_WHAT = {
    "GET": "mock: GET of a prediction, journal, auth and lifecycle on",
    "POST": "mock: validated POST, journal, auth and lifecycle on",
}


def speed(method: str, goals: dict[str, float], reasons: dict[str, str], context: Context) -> Iterator[Row]:
    """Measure one kind of request on the same number of connections to each server.

    Args:
        goals: The goals for the ratios, by peer.
        reasons: The reasons why a goal is missed, by peer.
        context: The context of the run.
    """
    with ExitStack() as stack:
        load = stack.enter_context(Worker(sys.executable, "load"))
        ours = stack.enter_context(servers.ours(context))
        path = servers.ended_prediction(ours)
        responses = servers.record_responses(ours, path, context.folder / "responses.json")
        started = {_OURS: ours, _BARE: stack.enter_context(servers.bare(context, responses))}
        skipped: SkippedError | None = None
        try:
            started[_PRISM] = stack.enter_context(servers.prism(context))
        except SkippedError as error:
            skipped = error
        where, body = (path, None) if method == "GET" else (PREDICTIONS, servers.CREATE)
        meters = {name: _RateMeter(server, load, method, where, body) for name, server in started.items()}
        for meter in meters.values():
            # Prism is several times as fast once Node.js has compiled the code of repeated requests.
            meter.measure(0.2 if context.quick else 5)
        seconds = 0.2 if context.quick else 1.0
        figures = interleave(
            {name: partial(meter.measure, seconds) for name, meter in meters.items()}, context.choose(9, 3)
        )
        shares = ", ".join(f"{name} {meter}" for name, meter in meters.items())
        note = (
            f"The processor time of the server: {shares}. The load generator never sleeps, on a processor of its own."
        )
    ours_figures = Series(UNIT, figures[_OURS])
    for beside in (_PRISM, _BARE):
        if beside in figures:
            theirs = Series(UNIT, figures[beside])
            goal = Goal("at least", goals[beside]) if beside in goals else None
            yield Row(_WHAT[method], ours_figures, beside, theirs, goal, reasons.get(beside, ""), note)
            note = "" if _BARE in goals else _NO_WORK
    if skipped:
        raise skipped


class _RateMeter:
    """Measures the request rate of one server, and its share of processor time."""

    def __init__(self, server: Server, load: Worker, method: str, path: str, body: Any) -> None:
        self._server, self._load = server, load
        self._arguments = (server.port, method, path, TOKEN, body)
        self._cpu = self._time = 0.0

    def measure(self, seconds: float) -> float:
        cpu, start = self._server.cpu, time.perf_counter()
        rate: float = self._load.call("load", *self._arguments, seconds)
        self._cpu += self._server.cpu - cpu
        self._time += time.perf_counter() - start
        return rate

    def __str__(self) -> str:
        return f"{self._cpu / self._time:.0%}"


_SHARES = (
    "A third of the time of a GET is that of the event loop and of the system's sockets. The rest, from reading the "
    "head to the journal, is spread over many small steps; see NOTES.md."
)
_WORK = (
    "The work of the mock server, from validating the input to the journal, is spread over many small steps; see "
    "NOTES.md."
)
_NO_WORK = (
    "No goal: the bare app neither parses nor validates the body, and keeps no prediction. The ratio only shows what "
    "that costs beside the sockets and uvicorn."
)

BENCHMARKS = (
    Benchmark(
        "mock GET per second", partial(speed, "GET", {_PRISM: 20, _BARE: 0.6}, {_PRISM: _SHARES, _BARE: _SHARES})
    ),
    Benchmark("mock POST per second", partial(speed, "POST", {_PRISM: 25}, {_PRISM: _WORK})),
)
