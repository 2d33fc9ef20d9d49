"""Waits for predictions of a known duration on the mock server's virtual clock.

Usage: python -m benchmarks.workers.waiting ours|polling|replicate
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from zeroscope import Polling
from zeroscope.polling import DEFAULT_POLLING
from zeroscope_mock import MockServer

from .canned import INPUT, VERSION
from .protocol import serve

TOKEN = "a-token"
STARTUP = 0.5
"""The time that each prediction is starting, in seconds."""

Wait = Callable[[MockServer, random.Random], None]


def ours(server: MockServer, rng: random.Random, poll: Polling = DEFAULT_POLLING) -> None:
    """Create a prediction and wait for it with this project's client."""
    with server.client(token=TOKEN, random=rng.random, poll=poll) as client:
        client.predictions.create(INPUT).wait()


def polling(server: MockServer, rng: random.Random) -> None:
    """Do the same as if the prediction had no event stream."""
    ours(server, rng, Polling(stream=False))


def official(server: MockServer, rng: random.Random) -> None:
    """Create a prediction and wait for it with Replicate's client, on the mock server's clock."""
    from replicate import prediction
    from replicate.client import Client

    # It has no parameter for a clock; its module uses `time` for nothing else.
    module: Any = prediction
    module.time = SimpleNamespace(sleep=server.clock.sleep)
    client = Client(api_token=TOKEN, transport=server.transport)
    client.predictions.create(version=VERSION, input=INPUT).wait()


def measure(wait: Wait, seconds: float, count: int, seed: int) -> dict[str, float]:
    """Measure the waits for a number of predictions, each a little longer than the one before.

    Args:
        wait: Creates a prediction and waits for it.
        seconds: The duration of the first prediction, in seconds.
        count: The number of predictions; their ends cover the half second between two polls of Replicate's client.
        seed: The seed of the jitter of the pauses.

    Returns:
        The means of the delay from the end to the return, in seconds, and of the number of requests, the create and the
        event stream included.
    """
    late, requests = 0.0, 0
    for index in range(count):
        server = MockServer(seed=seed * count + index)
        server.scripts.add({"startup": STARTUP, "run": seconds - STARTUP + 0.5 * (index + 0.5) / count})
        wait(server, random.Random(seed * count + index))
        requests += len(server.journal)
        if server.journal.dropped:
            raise RuntimeError("the journal is too short to count the requests")
        late += server.clock.time() - _end_time(server)
    return {"late": late / count, "requests": requests / count}


def _end_time(server: MockServer) -> float:
    """Return the time when the only prediction ended, in seconds since 1970."""
    with server.client(token=TOKEN) as client:
        ended = next(iter(client.predictions.list())).reload().completed_at
    assert ended is not None
    return (ended - datetime.fromtimestamp(0, UTC)).total_seconds()


if __name__ == "__main__":
    wait: Wait = {"ours": ours, "polling": polling, "replicate": official}[sys.argv[1]]
    serve({"waits": lambda seconds, count, seed: measure(wait, seconds, count, seed)})
