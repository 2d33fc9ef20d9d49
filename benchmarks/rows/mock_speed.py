"""How many requests a second the mock server answers."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

from ..benchmark import Bench, Benchmark
from ..errors import LeftOutError
from ..measurement import Goal, Row, Series, in_turns
from ..processes import TOKEN, Server, Worker
from ..workers.canned import PREDICTIONS
from . import servers

UNIT = "a second"
_OURS, _PRISM, _BARE = "the mock server", "Prism", "a bare uvicorn app with the same bytes"
_WHAT = {
    "GET": "mock: GET of a prediction, journal, auth and lifecycle on",
    "POST": "mock: validated POST, journal, auth and lifecycle on",
}


def speed(method: str, times: float, reasons: dict[str, str], bench: Bench) -> Iterator[Row]:
    """One kind of request, on as many connections for all, against one server after another."""
    with ExitStack() as stack:
        load = stack.enter_context(Worker(sys.executable, "load"))
        ours = stack.enter_context(servers.ours(bench))
        path = servers.ended_prediction(ours)
        answers = servers.answers_of(ours, path, bench.folder / "answers.json")
        started = {_OURS: ours, _BARE: stack.enter_context(servers.bare(bench, answers))}
        left_out: LeftOutError | None = None
        try:
            started[_PRISM] = stack.enter_context(servers.prism(bench))
        except LeftOutError as error:
            left_out = error
        where, body = (path, None) if method == "GET" else (PREDICTIONS, servers.CREATE)
        watches = {name: _Watch(server, load, method, where, body) for name, server in started.items()}
        for watch in watches.values():
            # Prism is several times as fast once Node.js has compiled what is asked for again and again.
            watch.take(0.5 if bench.quick else 5)
        seconds = 0.4 if bench.quick else 1.5
        figures = in_turns({name: partial(watch.take, seconds) for name, watch in watches.items()}, bench.choose(9, 3))
        shares = ", ".join(f"{name} {watch}" for name, watch in watches.items())
        note = f"How busy the server kept a processor: {shares}. The process that asks never sleeps, on one of its own."
    ours_figures = Series(UNIT, figures[_OURS])
    for beside, goal in ((_PRISM, times), (_BARE, 0.6)):
        if beside in figures:
            theirs = Series(UNIT, figures[beside])
            reason = reasons.get(beside, "")
            yield Row(_WHAT[method], ours_figures, beside, theirs, Goal("at least", goal), reason, note)
            note = ""
    if left_out:
        raise left_out


class _Watch:
    """Takes the rate of one server, and remembers how busy it was."""

    def __init__(self, server: Server, load: Worker, method: str, path: str, body: Any) -> None:
        self._server, self._load = server, load
        self._arguments = (server.port, method, path, TOKEN, body)
        self._cpu = self._time = 0.0

    def take(self, seconds: float) -> float:
        cpu, begun = self._server.cpu, time.perf_counter()
        rate: float = self._load.ask("load", *self._arguments, seconds)
        self._cpu += self._server.cpu - cpu
        self._time += time.perf_counter() - begun
        return rate

    def __str__(self) -> str:
        return f"{self._cpu / self._time:.0%}"


_UVICORN = (
    "uvicorn takes some 20 µs of each request by itself, so that on this machine even the bare app is below 20 times "
    "Prism; another HTTP server would have to be written for more."
)
_THINKING = (
    "The bare app does nothing for a request. What is done here, from reading the head to writing the journal, is "
    "spread over many small steps, see NOTES.md."
)

BENCHMARKS = (
    Benchmark("mock GET per second", partial(speed, "GET", 20, {_PRISM: _UVICORN, _BARE: _THINKING})),
    Benchmark("mock POST per second", partial(speed, "POST", 15, {_BARE: _THINKING})),
)
