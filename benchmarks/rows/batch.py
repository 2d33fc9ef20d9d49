"""Many predictions at once, over the loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import partial

from ..benchmark import Bench, Benchmark
from ..measurement import Goal, Row, Series, in_turns
from ..processes import TOKEN, Server, Worker
from . import servers

_STARTUP = 0.2
"""The share of its time that a prediction starts up."""
_PEER = "replicate with the same concurrency"


def batch(usual: int, rounds: int, reasons: Mapping[str, str], bench: Bench) -> Iterator[Row]:
    """All at once on one server, which counts the requests.

    Args:
        usual: How long a prediction lasts, in seconds.
        rounds: How many rounds there are.
        reasons: Why the goal for the `time` or the `requests` is missed.
        bench: The run.
    """
    count, lasting = bench.choose(1000, 100), bench.choose(usual, 2)
    with ExitStack() as stack:
        server = stack.enter_context(servers.ours(bench))
        _share_one_video(server, {"startup": lasting * _STARTUP, "run": lasting * (1 - _STARTUP)})
        names = ("zeroscope", "replicate")
        workers = {
            name: stack.enter_context(Worker(bench.places.python(name), "batch", name, server.url, TOKEN))
            for name in names
        }
        requests: dict[str, list[float]] = {name: [] for name in names}

        def take(name: str) -> float:
            server.call("DELETE", "/_mock/journal")
            taken: float = workers[name].ask("run", count)
            requests[name].append(_requests(server))
            return taken

        figures = in_turns({name: partial(take, name) for name in names}, bench.choose(rounds, 1))
    what = f"{count:,} concurrent predictions of {lasting} s from create to saved file"
    times = [Series("s", figures[name]) for name in names]
    note = (
        "The lists of the mock server tell all of a prediction. Where they leave out the log, as the service's may, "
        "our client reads each by itself once, which is one request more for each."
    )
    # A few short ones say nothing of many long ones.
    in_time, few = (None, None) if bench.quick else (Goal("at most", 0.5), Goal("at most", 0.2))
    yield Row(f"{what}, time", times[0], _PEER, times[1], in_time, reasons.get("time", ""), note)
    counts = [Series("requests", tuple(requests[name])) for name in names]
    yield Row(f"{what}, requests", counts[0], _PEER, counts[1], few, reasons.get("requests", ""))


def _share_one_video(server: Server, script: dict[str, float]) -> None:
    """Let all predictions that follow have the same video, which is rendered now, and follow the same script."""
    path = servers.ended_prediction(server)
    output = json.loads(server.call("GET", path)[1])["output"]
    server.call("GET", output[0].removeprefix(server.url))
    server.call("POST", "/_mock/scripts", {"script": {**script, "output": output}, "times": None})


def _requests(server: Server) -> float:
    journal = json.loads(server.call("GET", "/_mock/journal?limit=1")[1])
    held = json.loads(server.call("GET", "/_mock/")[1])["holds"]["exchanges"]
    return float(journal["dropped"] + held)


_TOO_SHORT = (
    "Whatever is done, there are a create and a download for each; replicate is kept so busy by its creates that most "
    "predictions have ended before it asks for the first time."
)
_TOO_LONG = "Neither client can be done before the 60 s of a prediction are over."

# Long ones show who asks too often, short ones who spends the time on asking.
BENCHMARKS = (
    Benchmark("batch of concurrent predictions, 2 s", partial(batch, 2, 3, {"requests": _TOO_SHORT})),
    Benchmark("batch of concurrent predictions, 60 s", partial(batch, 60, 1, {"time": _TOO_LONG})),
)
