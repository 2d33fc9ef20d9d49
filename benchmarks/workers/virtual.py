"""Predictions of ten minutes on the virtual clock, and bare calls of httpx.

Usage: python -m benchmarks.workers.virtual sync|async
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

import httpx

from zeroscope_mock import MockServer

from .canned import BASE_URL, BODY, ID, PREDICTIONS
from .protocol import serve

STARTUP = 5
MINUTES = 10

_URL = f"{BASE_URL}{PREDICTIONS}/{ID}"


def run_many(kind: str, count: int) -> float:
    """Return the processor time from the first create to the last result, in seconds."""
    server = MockServer()
    server.scripts.add({"startup": STARTUP, "run": 60 * MINUTES - STARTUP}, times=None)
    inputs = [{"prompt": f"An astronaut riding horse number {number}"} for number in range(count)]
    start = time.process_time()
    if kind == "sync":
        with server.client() as client:
            results: list[Any] = client.run_many(inputs, concurrency=count)
    else:
        results = asyncio.run(_run_many(server, inputs))
    elapsed = time.process_time() - start
    if any(result.error or not result.videos for result in results) or server.clock.monotonic() < 60 * MINUTES:
        raise RuntimeError("not all predictions have run for their whole duration and have videos")
    return elapsed


async def _run_many(server: MockServer, inputs: list[dict[str, str]]) -> list[Any]:
    async with server.async_client() as client:
        return list(await client.run_many(inputs, concurrency=len(inputs)))


def bare(kind: str, count: int) -> float:
    """Return the processor time of bare calls of httpx, one after another, in seconds."""
    transport = httpx.MockTransport(
        lambda request: httpx.Response(200, content=BODY, headers={"content-type": "application/json"})
    )
    if kind == "async":
        return asyncio.run(_bare(transport, count))
    with httpx.Client(transport=transport) as client:
        start = time.process_time()
        for _ in range(count):
            client.get(_URL).json()
        return time.process_time() - start


async def _bare(transport: httpx.MockTransport, count: int) -> float:
    async with httpx.AsyncClient(transport=transport) as client:
        start = time.process_time()
        for _ in range(count):
            (await client.get(_URL)).json()
        return time.process_time() - start


if __name__ == "__main__":
    serve(
        {"run_many": lambda count: run_many(sys.argv[1], count), "bare": lambda count: bare(sys.argv[1], count)},
    )
