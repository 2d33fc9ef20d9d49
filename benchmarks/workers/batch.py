"""Many predictions at once, from their creates to saved files.

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
from .protocol import answer

TIMEOUT = 300.0
"""How long a step of a request may take, in seconds: with everything at once, some wait for their turn."""

Run = Callable[[str, str, int, Path], Coroutine[Any, Any, None]]


def limits(count: int) -> httpx.Limits:
    """As many connections as there are predictions, so that none of the clients waits for one."""
    # uvicorn closes what has been idle for as long as httpx would still use it, and then a request can fail.
    return httpx.Limits(max_connections=count, max_keepalive_connections=count, keepalive_expiry=2)


async def ours(url: str, token: str, count: int, folder: Path) -> None:
    """With this project's client, as its documentation saves many."""
    from zeroscope import AsyncZeroscope

    async with (
        httpx.AsyncClient(limits=limits(count), timeout=TIMEOUT) as http_client,
        AsyncZeroscope(token, base_url=f"{url}/v1", http_client=http_client) as client,
    ):
        async for result in client.as_completed([INPUT] * count, concurrency=count):
            await result.raise_for_error().videos[0].save(folder / f"{result.index}.mp4")


async def official(url: str, token: str, count: int, folder: Path) -> None:
    """With Replicate's client; what it has for waiting, for each prediction."""
    from replicate.client import Client
    from replicate.helpers import FileOutput

    transport = httpx.AsyncHTTPTransport(limits=limits(count))
    client = Client(api_token=token, base_url=url, timeout=httpx.Timeout(TIMEOUT), transport=transport)

    async def one(place: int) -> None:
        prediction = await client.predictions.async_create(version=VERSION, input=INPUT)
        await prediction.async_wait()
        output: Any = prediction.output
        (folder / f"{place}.mp4").write_bytes(await FileOutput(output[0], client).aread())

    async with asyncio.TaskGroup() as group:
        for place in range(count):
            group.create_task(one(place))


def seconds(run: Run, url: str, token: str, count: int) -> float:
    """How long it takes from the first create to the last file."""
    folder = Path(tempfile.mkdtemp())
    try:
        begun = time.perf_counter()
        asyncio.run(run(url, token, count, folder))
        taken = time.perf_counter() - begun
        saved = [path.read_bytes()[4:8] for path in folder.iterdir()]
        if saved != [b"ftyp"] * count:
            raise RuntimeError(f"{len(saved)} files were saved, of {count}, or some are no MP4")
        return taken
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    name, url, token = sys.argv[1:]
    run = {"zeroscope": ours, "replicate": official}[name]
    answer({"run": lambda count: seconds(run, url, token, count)})
