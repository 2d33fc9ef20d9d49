"""Batches of concurrent predictions, over the loopback interface."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import partial

from ..benchmark import Benchmark, Context
from ..measurement import Goal, Row, Series, interleave
from ..processes import TOKEN, Server, Worker
from . import servers

_STARTUP = 0.2
"""The share of its duration that a prediction is starting."""
_PEER = "replicate with the same concurrency"


def batch(usual: int, rounds: int, reasons: Mapping[str, str], context: Context) -> Iterator[Row]:
    """Measure the time and the requests of a batch on one server, which counts the requests.

    Args:
        usual: The duration of a prediction in a whole run, in seconds.
        rounds: The number of rounds.
        reasons: The reasons why the goal for the `time` or the `requests` is missed.
        context: The context of the run.
    """
    count, length = context.choose(1000, 100), context.choose(usual, 2)
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
    yield Row(f"{what}, time", times[0], _PEER, times[1], time_goal, reasons.get("time", ""), note)
    counts = [Series("requests", tuple(requests[name])) for name in names]
    yield Row(f"{what}, requests", counts[0], _PEER, counts[1], request_goal, reasons.get("requests", ""))


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
_TOO_LONG = "Neither client can finish before the 60 s of a prediction have passed."

# Long predictions show which client polls too often, short ones which spends its time on polling.
BENCHMARKS = (
    Benchmark("batch of concurrent predictions, 2 s", partial(batch, 2, 3, {"requests": _TOO_SHORT})),
    Benchmark("batch of concurrent predictions, 60 s", partial(batch, 60, 1, {"time": _TOO_LONG})),
)
