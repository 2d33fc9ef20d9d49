"""Batches of any length, whose results are taken one by one.

The responses are written without a server.

Usage: python -m benchmarks.workers.run_many sync|async
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Any

import httpx

from zeroscope import AsyncZeroscope, Zeroscope

from .canned import BASE_URL, BODY, PREDICTIONS
from .protocol import serve

DURATION = 60.0
"""How long each prediction runs, in seconds of the clock."""
WARM_UP = 100
"""The length of the batch that is not measured: it loads and makes what the process needs only once."""

STEPS = 50
PAGE = 100


class Clock:
    """A clock that only sleeping moves."""

    now = 1_700_000_000.0

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)


class Service(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Creates predictions and lists them; it keeps those of the last two minutes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._created: OrderedDict[int, tuple[float, str]] = OrderedDict()
        self._count = 0
        body: dict[str, Any] = json.loads(BODY)
        body["logs"], body["status"], body["completed_at"] = "LOGS", "STATUS", "COMPLETED"
        body["id"], body["created_at"], body["output"] = "ID", "CREATED", "OUTPUT"
        self._form = json.dumps(body)
        self._output = json.dumps(json.loads(BODY)["output"])
        self._logs = [
            json.dumps("Using seed: 1\n" + "".join(f"{2 * n:3d}%|█| {n}/50 [00:09<00:09, 1.2s/it]\n" for n in range(m)))
            for m in range(STEPS + 2)
        ]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        if request.method == "POST":
            self._count += 1
            created = datetime.fromtimestamp(self._clock.now, UTC).isoformat()
            self._created[self._count] = (self._clock.now, created)
            while self._clock.now - next(iter(self._created.values()))[0] > 2 * DURATION:
                self._created.popitem(last=False)
            return httpx.Response(201, content=self._body(self._count))
        path = request.url.path
        if not path.endswith(PREDICTIONS):
            return httpx.Response(200, content=self._body(int(path.rpartition("/p")[2])))
        before = int(request.url.params.get("cursor", self._count + 1))
        first = max(before - PAGE, 1)
        results = ",".join(self._body(n) for n in range(before - 1, first - 1, -1) if n in self._created)
        following = f'"{BASE_URL}{PREDICTIONS}?cursor={first}"' if first > 1 else "null"
        return httpx.Response(200, content=f'{{"next": {following}, "previous": null, "results": [{results}]}}')

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        return self.handle_request(request)

    def _body(self, number: int) -> str:
        created, text = self._created[number]
        age = self._clock.now - created
        logs = self._logs[min(int(age / DURATION * STEPS) + 1, STEPS + 1)]
        body = self._form.replace('"LOGS"', logs).replace('"ID"', f'"p{number}"').replace("CREATED", text)
        if age < DURATION:
            return body.replace("STATUS", "processing").replace('"COMPLETED"', "null").replace('"OUTPUT"', "null")
        completed = datetime.fromtimestamp(created + DURATION, UTC).isoformat()
        return body.replace("STATUS", "succeeded").replace("COMPLETED", completed).replace('"OUTPUT"', self._output)


def measure(kind: str, count: int) -> dict[str, float]:
    """Run a batch, and return the processor time for each input, in milliseconds, and the peak memory, in MiB."""
    clock = Clock()
    service = Service(clock)
    inputs: Any = ({"prompt": f"An astronaut riding horse number {number}"} for number in range(count))
    settings: dict[str, Any] = {"base_url": BASE_URL, "clock": clock}
    start = time.process_time()
    if kind == "sync":
        with (
            httpx.Client(transport=service) as http_client,
            Zeroscope("token", http_client=http_client, **settings) as c,
        ):
            succeeded = sum(result.error is None for result in c.as_completed(inputs))
    else:
        succeeded = asyncio.run(_run(service, inputs, settings))
    elapsed = time.process_time() - start
    if succeeded != count:
        raise RuntimeError(f"{succeeded} of {count} predictions have succeeded")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
    return {"time": 1000 * elapsed / count, "memory": memory}


async def _run(service: Service, inputs: Any, settings: dict[str, Any]) -> int:
    async with (
        httpx.AsyncClient(transport=service) as http_client,
        AsyncZeroscope("token", http_client=http_client, **settings) as client,
    ):
        return sum([result.error is None async for result in client.as_completed(inputs)])


if __name__ == "__main__":
    measure(sys.argv[1], WARM_UP)
    serve({"measure": lambda count: measure(sys.argv[1], count)})
