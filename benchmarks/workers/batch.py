"""A batch of concurrent predictions, from their creates to saved files.

Usage: python -m benchmarks.workers.batch zeroscope|replicate URL TOKEN
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx

from .canned import INPUT, VERSION
from .protocol import serve

TIMEOUT = 300.0
"""The timeout of each step of a request, in seconds; long, as many requests compete."""

Run = Callable[[str, str, int, Path], Coroutine[Any, Any, None]]


def limits(count: int) -> httpx.Limits:
    """Return limits with a connection for each prediction, so that no client waits for one."""
    # uvicorn closes an idle connection after the same time as httpx, so httpx could use one that is just closed.
    return httpx.Limits(max_connections=count, max_keepalive_connections=count, keepalive_expiry=2)


async def ours(url: str, token: str, count: int, folder: Path) -> None:
    """Run the batch with this project's client, as its documentation does."""
    from zeroscope import AsyncZeroscope

    async with (
        httpx.AsyncClient(limits=limits(count), timeout=TIMEOUT) as http_client,
        AsyncZeroscope(token, base_url=f"{url}/v1", http_client=http_client) as client,
    ):
        async for result in client.as_completed([INPUT] * count, concurrency=count):
            await result.raise_for_error().videos[0].save(folder / f"{result.index}.mp4")


async def official(url: str, token: str, count: int, folder: Path) -> None:
    """Run the batch with Replicate's client, and its own wait for each prediction."""
    from replicate.client import Client
    from replicate.helpers import FileOutput

    transport = httpx.AsyncHTTPTransport(limits=limits(count))
    client = Client(api_token=token, base_url=url, timeout=httpx.Timeout(TIMEOUT), transport=transport)

    async def run(index: int) -> None:
        prediction = await client.predictions.async_create(version=VERSION, input=INPUT)
        await prediction.async_wait()
        output: Any = prediction.output
        (folder / f"{index}.mp4").write_bytes(await FileOutput(output[0], client).aread())

    async with asyncio.TaskGroup() as group:
        for index in range(count):
            group.create_task(run(index))


def measure(run: Run, url: str, token: str, count: int) -> float:
    """Return the time from the first create to the last file, in seconds."""
    folder = Path(tempfile.mkdtemp())
    try:
        start = time.perf_counter()
        asyncio.run(run(url, token, count, folder))
        elapsed = time.perf_counter() - start
        saved = [path.read_bytes()[4:8] for path in folder.iterdir()]
        if saved != [b"ftyp"] * count:
            raise RuntimeError(f"{len(saved)} of {count} files were saved, or some are not MP4")
        return elapsed
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    name, url, token = sys.argv[1:]
    run = {"zeroscope": ours, "replicate": official}[name]
    serve({"run": lambda count: measure(run, url, token, count)})
