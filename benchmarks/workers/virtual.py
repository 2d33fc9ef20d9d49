"""Predictions of ten minutes on the virtual clock.

Usage: python -m benchmarks.workers.virtual sync|async
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

from zeroscope_mock import MockServer

from .protocol import serve

STARTUP = 5
MINUTES = 10


def run_many(kind: str, count: int) -> float:
    """Return the real time from the first create to the last result, in seconds."""
    server = MockServer()
    server.scripts.add({"startup": STARTUP, "run": 60 * MINUTES - STARTUP}, times=None)
    inputs = [{"prompt": f"An astronaut riding horse number {number}"} for number in range(count)]
    start = time.perf_counter()
    if kind == "sync":
        with server.client() as client:
            results: list[Any] = client.run_many(inputs, concurrency=count)
    else:
        results = asyncio.run(_run_many(server, inputs))
    elapsed = time.perf_counter() - start
    if any(result.error or not result.videos for result in results) or server.clock.monotonic() < 60 * MINUTES:
        raise RuntimeError("not all predictions have run for their whole duration and have videos")
    return elapsed


async def _run_many(server: MockServer, inputs: list[dict[str, str]]) -> list[Any]:
    async with server.async_client() as client:
        return list(await client.run_many(inputs, concurrency=len(inputs)))


if __name__ == "__main__":
    serve({"run_many": lambda count: run_many(sys.argv[1], count)})
