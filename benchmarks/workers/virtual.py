"""Many predictions of ten minutes on the virtual clock.

Usage: python -m benchmarks.workers.virtual sync|async
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

from zeroscope_mock import MockServer

from .protocol import answer

STARTUP = 5
MINUTES = 10


def run_many(kind: str, count: int) -> float:
    """How long they take from the first create to the last result, in seconds of this machine."""
    server = MockServer()
    server.scripts.add({"startup": STARTUP, "run": 60 * MINUTES - STARTUP}, times=None)
    inputs = [{"prompt": f"An astronaut riding horse number {number}"} for number in range(count)]
    begun = time.perf_counter()
    if kind == "sync":
        with server.client() as client:
            results: list[Any] = client.run_many(inputs, concurrency=count)
    else:
        results = asyncio.run(_run_many(server, inputs))
    taken = time.perf_counter() - begun
    if any(result.error or not result.videos for result in results) or server.clock.monotonic() < 60 * MINUTES:
        raise RuntimeError("not all predictions have run for their whole time and come to videos")
    return taken


async def _run_many(server: MockServer, inputs: list[dict[str, str]]) -> list[Any]:
    async with server.async_client() as client:
        return list(await client.run_many(inputs, concurrency=len(inputs)))


if __name__ == "__main__":
    answer({"run_many": lambda count: run_many(sys.argv[1], count)})
