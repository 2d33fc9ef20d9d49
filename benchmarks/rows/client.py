"""Calls of the client in process, its import and its memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

from ..benchmark import Benchmark, Context
from ..environments import ROOT
from ..measurement import Goal, Row, Series, interleave
from ..processes import Worker, duration, processor_time, run_command
from ..workers.canned import BASE_URL, BODY, ID, PREDICTIONS

HTTPX, REPLICATE = "bare httpx", "replicate"
URL = f"{BASE_URL}{PREDICTIONS}/{ID}"
PEERS = ("zeroscope", "httpx", "replicate")


def calls(
    operation: str, what: str, goals: dict[str, Goal | None], reasons: dict[str, str], context: Context
) -> Iterator[Row]:
    """Measure one call, over a transport in the same process that returns the same bytes to all."""
    with ExitStack() as stack:
        workers = {
            name: stack.enter_context(Worker(context.environments.python(name), "client", name)) for name in PEERS
        }
        times = context.choose(200, 50)
        samples = {name: partial(worker.call, operation, times) for name, worker in workers.items()}
        figures = interleave(samples, context.choose(31, 5))
    yield from _rows(what, figures, "µs", goals, reasons)


def imports(context: Context) -> Iterator[Row]:
    """Measure a process that only imports the client."""
    pythons = {name: context.environments.python(name) for name in PEERS}
    samples = {name: partial(duration, [python, "-c", f"import {name}"]) for name, python in pythons.items()}
    figures = interleave(samples, context.choose(21, 3))
    goals: dict[str, Goal | None] = {"httpx": Goal("at most", 1.15), "replicate": Goal("at most", 0.6)}
    yield from _rows("import, cold process", _milliseconds(figures), "ms", goals, {})


def first_calls(context: Context) -> Iterator[Row]:
    """Measure a process up to its first prediction, which includes what an import only postpones."""
    figures = interleave({name: partial(_first_request_time, context, name) for name in PEERS}, context.choose(21, 3))
    goals: dict[str, Goal | None] = {"httpx": Goal("at most", 1.25), "replicate": Goal("below", 1)}
    what = "import, client and first get, cold process, processor time"
    reason = (
        "attrs, of which openapi-python-client makes the models, and its classes that a read needs take a quarter of "
        "httpx's time; see NOTES.md."
    )
    yield from _rows(what, _milliseconds(figures), "ms", goals, {"httpx": reason})


def memory(context: Context) -> Iterator[Row]:
    """Measure the memory of that process at its end."""
    figures = interleave({name: partial(_first_request_memory, context, name) for name in PEERS}, context.choose(7, 3))
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
    return {name: tuple(1000 * figure for figure in series) for name, series in figures.items()}


def _first_request(context: Context, name: str) -> list[str]:
    body = context.folder / "prediction.json"
    if not body.exists() or body.read_bytes() != BODY:
        body.write_bytes(BODY)
    return [
        str(context.environments.python(name)),
        str(ROOT / "benchmarks/workers/first_request.py"),
        name,
        URL,
        str(body),
    ]


def _first_request_time(context: Context, name: str) -> float:
    return processor_time(_first_request(context, name))


def _first_request_memory(context: Context, name: str) -> float:
    return int(run_command(_first_request(context, name))) / 1024


_GET: dict[str, Goal | None] = {"httpx": Goal("at most", 1.2), "replicate": Goal("below", 1)}
_CREATE: dict[str, Goal | None] = {"httpx": Goal("at most", 1.3), "replicate": Goal("below", 1)}

BENCHMARKS = (
    Benchmark("client get in process", partial(calls, "get", "get of one prediction, parsed and typed", _GET, {})),
    Benchmark("client create in process", partial(calls, "create", "create with its input checked", _CREATE, {})),
    Benchmark("client import", imports),
    Benchmark("client import and first get", first_calls),
    Benchmark("client memory", memory),
)
