"""Batches of predictions, over loopback and on the virtual clock."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import partial

from ..benchmark import Benchmark, Context
from ..environments import require_replicate
from ..measurement import Goal, Row, Series, interleave
from ..processes import TOKEN, Server, Worker
from . import servers

_STARTUP = 0.2
"""The share of its duration that a prediction is starting."""
_PEER = "replicate with the same concurrency"
_LONG = 60
"""From which duration on no client can take half the time of another, in seconds."""


def batch(usual: int, rounds: int, reasons: Mapping[str, str], context: Context) -> Iterator[Row]:
    """Measure the time and the requests of a batch on one server, which counts the requests.

    Args:
        usual: The duration of a prediction in a whole run, in seconds.
        rounds: The number of rounds.
        reasons: The reasons why the goal for the `time` or the `requests` is missed.
        context: The context of the run.
    """
    count, length = context.choose(1000, 30), context.choose(usual, 1)
    with ExitStack() as stack:
        server = stack.enter_context(servers.ours(context))
        _share_one_video(server, {"startup": length * _STARTUP, "run": length * (1 - _STARTUP)})
        names = ("zeroscope", "replicate")
        workers = {
            name: stack.enter_context(Worker(context.environments.python(name), "batch", name, server.url, TOKEN))
            for name in names
        }
        requests: dict[str, list[float]] = {name: [] for name in names}

        def measure(name: str) -> float:
            server.call("DELETE", "/_mock/journal")
            time: float = workers[name].call("run", count)
            requests[name].append(_count_requests(server))
            return time

        figures = interleave({name: partial(measure, name) for name in names}, context.choose(rounds, 1))
    what = f"{count:,} concurrent predictions of {length} s from create to saved file"
    times = [Series("s", figures[name]) for name in names]
    note = (
        "The mock server's lists have complete predictions. If a list leaves out the logs, as the service's may, "
        "our client reads each prediction once, which is one more request for each."
    )
    # A few short predictions do not show how many long ones behave.
    time_goal, request_goal = (None, None) if context.quick else (Goal("at most", 0.5), Goal("at most", 0.2))
    if usual < _LONG:
        yield Row(f"{what}, time", times[0], _PEER, times[1], time_goal, reasons.get("time", ""), note)
    else:
        floor = Series("s", (float(length),) * len(times[0].figures))
        goal = None if context.quick else Goal("at most", 1.05)
        theirs = f"{note} {_PEER} took {times[1].median:.4g} s."
        yield Row(f"{what}, time", times[0], f"the {length} s themselves", floor, goal, reasons.get("time", ""), theirs)
    counts = [Series("requests", tuple(requests[name])) for name in names]
    yield Row(f"{what}, requests", counts[0], _PEER, counts[1], request_goal, reasons.get("requests", ""))


def lateness(shortest: int, longest: int, reasons: Mapping[str, str], context: Context) -> Iterator[Row]:
    """Measure how late the results of predictions of random durations are, and what that costs.

    Args:
        shortest: The shortest duration, in seconds.
        longest: The longest duration, in seconds.
        reasons: The reasons why the goal for the `median`, the `p99` or the `requests` is missed.
        context: The context of the run.
    """
    require_replicate(sys.version_info[:2])
    counts = {"zeroscope": context.choose(1000, 50), "replicate": context.choose(30, 2)}
    figures: dict[str, list[dict[str, float]]] = {name: [] for name in counts}
    with ExitStack() as stack:
        workers = {name: stack.enter_context(Worker(sys.executable, "lateness", name)) for name in counts}
        for seed in range(context.choose(2, 1)):
            for name, worker in workers.items():
                figures[name].append(worker.call("measure", counts[name], shortest, longest, seed))
    what = f"{counts['zeroscope']:,} concurrent predictions of {shortest} to {longest} s on the virtual clock, "
    note = (
        f"From the end of a prediction to its result. Replicate's client waits for each prediction by itself, so "
        f"{counts['replicate']} show how late it is."
    )
    for name, title, unit, goal in (
        ("median", "lateness, median", "s", Goal("at most", 0.5, "s")),
        ("p99", "lateness, 99th percentile", "s", Goal("at most", 3, "s")),
        ("requests", "requests for each, with create and download", "requests", Goal("at most", 2.3, "requests")),
    ):
        ours, theirs = (Series(unit, tuple(one[name] for one in figures[side])) for side in counts)
        yield Row(
            f"{what}{title}",
            ours,
            goal=None if context.quick else goal,
            reason=reasons.get(name, ""),
            note=f"{note} Its figure is {theirs.median:.3g} {unit}.",
        )


def length(context: Context) -> Iterator[Row]:
    """Measure what an input costs in batches of any length, whose results are taken one by one."""
    counts = (100, 300) if context.quick else (100, 1000, 10_000, 100_000)
    note = (
        "The client alone: the same process writes the responses, without a server, and a clock that only sleeping "
        "moves makes every wait end at once. The writing is part of the time."
    )
    peak = "That of the whole process, with the interpreter, httpx and the writing of the responses."
    for kind, client in (("sync", "Zeroscope"), ("async", "AsyncZeroscope")):
        # The longest batch takes more than a minute, and a flow does not know which driver runs it.
        lengths = counts[:-1] if kind == "sync" and not context.quick else counts
        times, memory = [], []
        for count in lengths:
            # A short batch takes a moment only.
            rounds = max(1, min(context.choose(5, 1), 10_000 // count))
            with Worker(sys.executable, "run_many", kind) as worker:
                taken = [worker.call("measure", count) for _ in range(rounds)]
            times.append(Series("ms", (statistics.median(one["time"] for one in taken),)))
            memory.append(Series("MiB", (taken[-1]["memory"],)))
        names = [f"{client}.as_completed of {count:,} inputs" for count in lengths]
        for name, each in zip(names, times, strict=True):
            goal = None if context.quick else Goal("at most", 2, "ms")
            yield Row(f"{name}, processor time for each", each, goal=goal, note=note)
        goal = None if context.quick else Goal("at most", 1.2)
        beside = f"itself with {lengths[0]:,}"
        yield Row(f"{names[-1]}, processor time for each beside fewer", times[-1], beside, times[0], goal)
        for name, most in zip(names, memory, strict=True):
            yield Row(f"{name}, peak memory", most, goal=Goal("at most", 120, "MiB"), note=peak)
            peak = ""


def _share_one_video(server: Server, script: dict[str, float]) -> None:
    """Add a script for all later predictions, with the same output for all, which is rendered now."""
    path = servers.ended_prediction(server)
    output = json.loads(server.call("GET", path)[1])["output"]
    server.call("GET", output[0].removeprefix(server.url))
    server.call("POST", "/_mock/scripts", {"script": {**script, "output": output}, "times": None})


def _count_requests(server: Server) -> float:
    journal = json.loads(server.call("GET", "/_mock/journal?limit=1")[1])
    held = json.loads(server.call("GET", "/_mock/")[1])["holds"]["exchanges"]
    return float(journal["dropped"] + held)


_TOO_SHORT = (
    "Each prediction needs at least a create and a download; replicate is so busy with its creates that most "
    "predictions have ended before its first poll."
)
_TOO_BUSY = "The last prediction ends 60 s after its create, and a thousand creates take the processors some seconds."

_TOO_SPREAD = (
    "A page of the list has one end a second. Who knew every end and polled right after the best ones would still need "
    "about 0.3 polls for each prediction for a median of 0.5 s."
)

# Long predictions show which client polls too often, short ones which spends its time on polling.
BENCHMARKS = (
    Benchmark("batch of concurrent predictions, 2 s", partial(batch, 2, 3, {"requests": _TOO_SHORT})),
    Benchmark("batch of concurrent predictions, 60 s", partial(batch, 60, 1, {"time": _TOO_BUSY})),
    Benchmark("batch length", length),
    Benchmark("batch lateness, 45 to 75 s", partial(lateness, 45, 75, {})),
    Benchmark(
        "batch lateness, 20 to 120 s", partial(lateness, 20, 120, {"median": _TOO_SPREAD, "requests": _TOO_SPREAD})
    ),
)
