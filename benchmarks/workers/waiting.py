"""Waits for predictions of a known length on the mock server's virtual clock.

Usage: python -m benchmarks.workers.waiting ours|replicate
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from zeroscope_mock import MockServer

from .canned import INPUT, VERSION
from .protocol import answer

TOKEN = "a-token"
STARTUP = 0.5
"""How long each prediction starts up, in seconds, before its progress bar moves."""

Wait = Callable[[MockServer, random.Random], None]


def ours(server: MockServer, luck: random.Random) -> None:
    """Create a prediction and wait for it with this project's client."""
    with server.client(token=TOKEN, random=luck.random) as client:
        client.predictions.create(INPUT).wait()


def official(server: MockServer, luck: random.Random) -> None:
    """Create a prediction and wait for it with Replicate's client, asleep on the server's clock."""
    from replicate import prediction
    from replicate.client import Client

    # It has no clock to hand in; the module's own `time` is used for nothing else.
    module: Any = prediction
    module.time = SimpleNamespace(sleep=server.clock.sleep)
    client = Client(api_token=TOKEN, transport=server.transport)
    client.predictions.create(version=VERSION, input=INPUT).wait()


def waits(wait: Wait, seconds: float, count: int, seed: int) -> dict[str, float]:
    """What waiting for so many predictions comes to, each a little longer than the one before.

    Args:
        wait: Waits for one.
        seconds: How long the first one takes, in seconds.
        count: How many to wait for; together they end at all moments between two looks of half a second.
        seed: Decides how the pauses are spread.

    Returns:
        In the mean for one, how late the wait returned after the end, in seconds, and how often it asked.
    """
    late, polls = 0.0, 0
    for place in range(count):
        server = MockServer(seed=seed * count + place)
        server.scripts.add({"startup": STARTUP, "run": seconds - STARTUP + 0.5 * (place + 0.5) / count})
        wait(server, random.Random(seed * count + place))
        polls += sum(exchange.operation == "getPrediction" for exchange in server.journal)
        if server.journal.dropped:
            raise RuntimeError("the journal is too short to count the polls")
        late += server.clock.time() - _end(server)
    return {"late": late / count, "polls": polls / count}


def _end(server: MockServer) -> float:
    """When the only prediction ended, in seconds since 1970."""
    with server.client(token=TOKEN) as client:
        ended = next(iter(client.predictions.list())).reload().completed_at
    assert ended is not None
    return (ended - datetime.fromtimestamp(0, UTC)).total_seconds()


if __name__ == "__main__":
    wait = {"ours": ours, "replicate": official}[sys.argv[1]]
    answer({"waits": lambda seconds, count, seed: waits(wait, seconds, count, seed)})
