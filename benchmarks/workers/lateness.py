"""Lateness of many results on the mock server's virtual clock.

It is the time from the end of a prediction to its result.

Usage: python -m benchmarks.workers.lateness zeroscope|replicate
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import tempfile
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from zeroscope_mock import MockServer

from .canned import VERSION
from .protocol import serve

TOKEN = "a-token"
STARTUP = 0.2
"""The share of its duration that a prediction is starting."""

Run = Callable[[MockServer, list[dict[str, str]], random.Random, Path], Coroutine[Any, Any, list[float]]]


async def ours(server: MockServer, inputs: list[dict[str, str]], rng: random.Random, folder: Path) -> list[float]:
    """Run the batch with this project's client, and return how late each result is, in seconds."""
    late = []
    async with server.async_client(token=TOKEN, random=rng.random) as client:
        async for result in client.as_completed(inputs, concurrency=len(inputs)):
            now = server.clock.time()
            prediction: Any = result.raise_for_error().prediction
            late.append(now - prediction.completed_at.timestamp())
            await result.videos[0].save(folder / f"{result.index}.mp4")
    return late


async def official(server: MockServer, inputs: list[dict[str, str]], rng: random.Random, folder: Path) -> list[float]:
    """Run the batch with Replicate's client, and its own wait for each prediction."""
    import httpx
    from replicate import prediction as module
    from replicate.client import Client

    # It has no parameter for a clock; its module uses `asyncio` for nothing else.
    replaced: Any = module
    replaced.asyncio = SimpleNamespace(sleep=server.clock.sleep_async)
    client = Client(api_token=TOKEN, transport=server.transport)

    async def run(index: int, http_client: httpx.AsyncClient) -> float:
        prediction = await client.predictions.async_create(version=VERSION, input=inputs[index])
        await prediction.async_wait()
        now = server.clock.time()
        output: Any = prediction.output
        (folder / f"{index}.mp4").write_bytes((await http_client.get(output[0])).content)
        return now - datetime.fromisoformat(str(prediction.completed_at)).timestamp()

    async with httpx.AsyncClient(transport=server.transport) as http_client, asyncio.TaskGroup() as group:
        tasks = [group.create_task(run(index, http_client)) for index in range(len(inputs))]
    return [task.result() for task in tasks]


def measure(run: Run, count: int, shortest: float, longest: float, seed: int) -> dict[str, float]:
    """Measure predictions of random durations, which all are created at the same moment.

    Args:
        run: Runs the batch.
        count: The number of predictions.
        shortest: The shortest duration, in seconds.
        longest: The longest duration, in seconds.
        seed: The seed of the durations, and of the jitter of the pauses.

    Returns:
        The median and the 99th percentile of the lateness, in seconds, and the number of requests for each prediction.
    """
    rng = random.Random(seed)
    server = MockServer(seed=seed, journal_limit=1)
    output = _one_video(server)
    lengths = [rng.uniform(shortest, longest) for _ in range(count)]

    def script(input: Any) -> Any:
        length = lengths[int(input["prompt"])]
        return {"startup": length * STARTUP, "run": length * (1 - STARTUP), "output": output}

    server.scripts.add(script, times=None)
    before = server.journal.dropped + len(server.journal)
    with tempfile.TemporaryDirectory() as folder:
        late = asyncio.run(run(server, [{"prompt": str(index)} for index in range(count)], rng, Path(folder)))
        saved = len(list(Path(folder).iterdir()))
    if saved != count:
        raise RuntimeError(f"{saved} of {count} files were saved")
    requests = server.journal.dropped + len(server.journal) - before
    p99 = statistics.quantiles(late, n=100, method="inclusive")[-1]
    return {"median": statistics.median(late), "p99": p99, "requests": requests / count}


def _one_video(server: MockServer) -> Sequence[str]:
    """Return the output that all predictions share, rendered now."""
    with server.client(token=TOKEN) as client:
        video = client.run(prompt="A lighthouse")[0]
        with tempfile.TemporaryDirectory() as folder:
            video.save(f"{folder}/video.mp4")
    return [video.url]


if __name__ == "__main__":
    run = {"zeroscope": ours, "replicate": official}[sys.argv[1]]
    serve({"measure": lambda count, shortest, longest, seed: measure(run, count, shortest, longest, seed)})
