"""A program that tries every operation of a client, and prints what came of each.

It runs in a process of its own, whose memory is measured: ``python hostile_operations.py URL NUMBER LIBRARY [CASE…]``,
where the number is that of the operations at the same time, the library is httpx or httpx2, and a case is an operation
with its kind, as in "sync run_many"; by default all.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack
from functools import partial
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any, Self

import httpx

from helpers.client import prediction_body
from zeroscope import AsyncZeroscope, Retry, Zeroscope, ZeroscopeError
from zeroscope._flows import rate_meter, transfer
from zeroscope._service.api import PredictionModel

# The limit of an operation and of an exchange, in seconds.
LIMIT = 1.0
# How often the time that other processes take is measured, in seconds.
_TICK = 0.02
# How often a request is sent that fails.
ATTEMPTS = 2
# A file of this size is uploaded, not sent with the input.
UPLOAD = b"\0\0\0\x20ftypisom" + bytes(1_000_000)

Operation = Callable[[Any, Any, Any, Path], Any]


def listed(client: Any) -> Any:
    """Read a list up to an end that the caller sets."""
    if isinstance(client, Zeroscope):
        return list(islice(client.predictions.list(), 300))

    async def read() -> None:
        count = 0
        async for _ in client.predictions.list():
            count += 1
            if count == 300:
                return

    return read()


def collected(values: Any) -> Any:
    """Read all that an iterator yields, without holding it."""
    if hasattr(values, "__aiter__"):

        async def read() -> None:
            async for _ in values:
                pass

        return read()
    for _ in values:
        pass
    return None


def found(client: Any) -> Any:
    """Search for a create whose response was lost, long ago."""
    return client.predictions._find({}, {"version": "v", "input": {}}, 0.0)


# The arguments are the client, a running prediction, a video and a folder.
OPERATIONS: dict[str, Operation] = {
    "create": lambda client, *_: client.predictions.create({"prompt": "a"}),
    "create with an upload": lambda client, *_: client.predictions.create({"init_video": UPLOAD}),
    "get": lambda client, *_: client.predictions.get("gm3q"),
    "cancel": lambda client, *_: client.predictions.cancel("gm3q"),
    "list": lambda client, *_: listed(client),
    "find": lambda client, *_: found(client),
    "webhook_secret": lambda client, *_: client.webhook_secret(),
    "run": lambda client, *_: client.run(prompt="a", timeout=LIMIT),
    "run with an upload": lambda client, *_: client.run(init_video=UPLOAD, timeout=LIMIT),
    "run_many": lambda client, *_: client.run_many([{"seed": seed} for seed in range(20)], timeout=LIMIT),
    "run_many with uploads": lambda client, *_: client.run_many([{"init_video": UPLOAD}] * 5, timeout=LIMIT),
    "run_many of running ones": lambda client, running, *_: client.run_many([running] * 20, timeout=LIMIT),
    "upscale": lambda client, running, video, _: client.upscale(video, timeout=LIMIT),
    "reload": lambda _, running, *__: running.reload(),
    "wait": lambda _, running, *__: running.wait(timeout=LIMIT),
    "events": lambda _, running, *__: collected(running.events(timeout=LIMIT)),
    "read": lambda _, __, video, ___: video.read(max_bytes=100_000_000),
    "iter_bytes": lambda _, __, video, ___: collected(video.iter_bytes(max_bytes=100_000_000)),
    "save": lambda _, __, video, folder: video.save(folder / "a.mp4", max_bytes=100_000_000),
    "save_all": lambda _, __, video, folder: video.prediction.save_all(folder / "all", max_bytes=100_000_000),
}


# Operations without a timeout of their own send several requests; each attempt has the limit of an exchange.
LIMITS = {
    operation: ATTEMPTS * LIMIT * requests
    for operation, requests in {
        "create": 1,
        "create with an upload": 1,
        "get": 1,
        "cancel": 1,
        "list": 1,
        "find": 1,
        "webhook_secret": 1,
        "reload": 1,
        "read": 1,
        "iter_bytes": 1,
        "save": 1,
        "save_all": 1,
    }.items()
}


def attempt(operation: str, kind: str, url: str, library: str, ready: threading.Barrier) -> dict[str, Any]:
    """Carry out an operation once all are ready, and return how long it took and the error that it ended with."""
    settings: dict[str, Any] = {"base_url": url, "timeout": LIMIT, "retry": Retry(attempts=ATTEMPTS, maximum=0.1)}
    urls = {"stream": f"{url}/stream"}
    start = 0.0
    with tempfile.TemporaryDirectory() as folder:

        def perform(client: Any) -> Any:
            nonlocal start
            # It takes long to create an HTTP client.
            client._clients.current()
            running = client.predictions._new(PredictionModel.from_dict(prediction_body(urls=urls)))
            body = prediction_body("succeeded", output=[f"{url}/output-0.mp4"], urls=urls)
            video = client.predictions._new(PredictionModel.from_dict(body)).videos[0]
            ready.wait()
            start = time.monotonic()
            return OPERATIONS[operation](client, running, video, Path(folder))

        async def perform_async() -> None:
            async with AsyncExitStack() as stack:
                if library != httpx.__name__:
                    http = import_module(library).AsyncClient()
                    settings["http_client"] = await stack.enter_async_context(http)
                client = await stack.enter_async_context(AsyncZeroscope("token", **settings))
                result = perform(client)
                if inspect.isawaitable(result):
                    await result

        try:
            if kind == "async":
                asyncio.run(perform_async())
            else:
                with ExitStack() as stack:
                    if library != httpx.__name__:
                        settings["http_client"] = stack.enter_context(import_module(library).Client())
                    perform(stack.enter_context(Zeroscope("token", **settings)))
            error = ""
        except BaseException as raised:
            error = type(raised).__name__ if isinstance(raised, ZeroscopeError) else f"foreign: {raised!r:.300}"
        return {"operation": operation, "kind": kind, "seconds": time.monotonic() - start, "error": error}


def main(url: str, number: str, library: str, *only: str) -> None:
    """Carry out operations, a number of them at the same time, with a client of an HTTP library."""
    # Measured over a shorter time than for real downloads.
    for module in (rate_meter, transfer):
        vars(module)["WINDOW"] = LIMIT / 2
    cases = [(operation, kind) for operation in OPERATIONS for kind in ("sync", "async")]
    if only:
        cases = [(operation, kind) for operation, kind in cases if f"{kind} {operation}" in only]
    outcomes: list[dict[str, Any]] = []
    with StolenTime() as stolen:
        for start in range(0, len(cases), int(number)):
            some = cases[start : start + int(number)]
            ready = threading.Barrier(len(some))
            with ThreadPoolExecutor(len(some)) as threads:
                outcomes += threads.map(
                    partial(attempt, url=url, library=library, ready=ready), *zip(*some, strict=True)
                )
    print(json.dumps({"outcomes": outcomes, "peak": peak_memory(), "stolen": stolen.seconds}))


class StolenTime:
    """Measures for how long other processes, and threads that compute, keep a thread of this one from running."""

    def __enter__(self) -> Self:
        self.seconds = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._measure)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _measure(self) -> None:
        before = time.monotonic()
        while not self._ended.wait(_TICK):
            now = time.monotonic()
            self.seconds += now - before - _TICK
            before = now


def peak_memory() -> float:
    """The largest amount of memory that this process has used so far, in MiB."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        # Elsewhere the number is in bytes, and not that of the parent process.
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
