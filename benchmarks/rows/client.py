"""Calls of the client in process, its import and its memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

from ..benchmark import Bench, Benchmark
from ..environments import ROOT
from ..measurement import Goal, Row, Series, in_turns
from ..processes import Worker, run, seconds
from ..workers.canned import BASE_URL, BODY, ID, PREDICTIONS

HTTPX, REPLICATE = "bare httpx", "replicate"
URL = f"{BASE_URL}{PREDICTIONS}/{ID}"
PEERS = ("zeroscope", "httpx", "replicate")


def calls(
    question: str, what: str, goals: dict[str, Goal | None], reasons: dict[str, str], bench: Bench
) -> Iterator[Row]:
    """One call, over a transport that answers it in the same process with the same bytes."""
    with ExitStack() as stack:
        workers = {name: stack.enter_context(Worker(bench.places.python(name), "client", name)) for name in PEERS}
        times = bench.choose(200, 50)
        samples = {name: partial(worker.ask, question, times) for name, worker in workers.items()}
        figures = in_turns(samples, bench.choose(31, 5))
    yield from _rows(what, figures, "µs", goals, reasons)


def imports(bench: Bench) -> Iterator[Row]:
    """A process that does nothing but import."""
    pythons = {name: bench.places.python(name) for name in PEERS}
    samples = {name: partial(seconds, [python, "-c", f"import {name}"]) for name, python in pythons.items()}
    figures = in_turns(samples, bench.choose(21, 3))
    goals: dict[str, Goal | None] = {"httpx": Goal("at most", 1.15), "replicate": Goal("at most", 0.6)}
    yield from _rows("import, cold process", _milliseconds(figures), "ms", goals, {})


def first_calls(bench: Bench) -> Iterator[Row]:
    """A process that imports, makes a client and gets its first prediction, so that nothing is only put off."""
    figures = in_turns({name: partial(_first_seconds, bench, name) for name in PEERS}, bench.choose(21, 3))
    goals: dict[str, Goal | None] = {"httpx": None, "replicate": Goal("below", 1)}
    yield from _rows("import, client and first get, cold process", _milliseconds(figures), "ms", goals, {})


def memory(bench: Bench) -> Iterator[Row]:
    """What that process holds at its end."""
    figures = in_turns({name: partial(_first_memory, bench, name) for name in PEERS}, bench.choose(7, 3))
    goals: dict[str, Goal | None] = {"httpx": None, "replicate": Goal("below", 1)}
    yield from _rows("memory after import and one get", figures, "MiB", goals, {})


def _rows(
    what: str,
    figures: dict[str, tuple[float, ...]],
    unit: str,
    goals: dict[str, Goal | None],
    reasons: dict[str, str],
) -> Iterator[Row]:
    ours = Series(unit, figures["zeroscope"])
    for name, beside in (("httpx", HTTPX), ("replicate", REPLICATE)):
        yield Row(what, ours, beside, Series(unit, figures[name]), goals[name], reasons.get(name, ""))


def _milliseconds(figures: dict[str, tuple[float, ...]]) -> dict[str, tuple[float, ...]]:
    return {name: tuple(1000 * figure for figure in taken) for name, taken in figures.items()}


def _first(bench: Bench, name: str) -> list[str]:
    body = bench.folder / "prediction.json"
    if not body.exists() or body.read_bytes() != BODY:
        body.write_bytes(BODY)
    return [str(bench.places.python(name)), str(ROOT / "benchmarks/workers/first_request.py"), name, URL, str(body)]


def _first_seconds(bench: Bench, name: str) -> float:
    return seconds(_first(bench, name))


def _first_memory(bench: Bench, name: str) -> float:
    return int(run(_first(bench, name))) / 1024


_GET: dict[str, Goal | None] = {"httpx": Goal("at most", 1.2), "replicate": Goal("below", 1)}
_CREATE: dict[str, Goal | None] = {"httpx": Goal("at most", 1.3), "replicate": Goal("below", 1)}

BENCHMARKS = (
    Benchmark("client get in process", partial(calls, "get", "get of one prediction, parsed and typed", _GET, {})),
    Benchmark("client create in process", partial(calls, "create", "create with its input checked", _CREATE, {})),
    Benchmark("client import", imports),
    Benchmark("client import and first get", first_calls),
    Benchmark("client memory", memory),
)
