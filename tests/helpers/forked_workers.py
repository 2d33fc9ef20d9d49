"""Creates over forked workers that inherit a client which their parent has used.

`python -m tests.helpers.forked_workers [sync|async] [creates] [workers]` runs it and prints the counts.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from zeroscope import AsyncZeroscope, Zeroscope

from .command import mock_process

# What a worker makes: the prompt, the prediction's ID, and the prompts in the responses to the create and a get.
Made = tuple[str, str, str, str]

TOKEN = "mock-token"
# How many threads use the client in each process, and how many of the parent do so while it forks.
THREADS = 4


class SyncRun:
    """A sync client that threads share."""

    def __init__(self, url: str) -> None:
        self._client = Zeroscope(TOKEN, base_url=url)

    def make(self, prompts: list[str]) -> list[Made]:
        """Create a prediction for each prompt, and read it again."""
        with ThreadPoolExecutor(THREADS) as threads:
            return list(threads.map(self._make, prompts))

    def close(self) -> None:
        """Close the client."""
        self._client.close()

    def _make(self, prompt: str) -> Made:
        made = self._client.predictions.create({"prompt": prompt})
        found = self._client.predictions.get(made.id)
        return prompt, made.id, made.input["prompt"], found.input["prompt"] if found.id == made.id else found.id


class AsyncRun:
    """An async client, in a new event loop for each call."""

    def __init__(self, url: str) -> None:
        self._client = AsyncZeroscope(TOKEN, base_url=url)
        self._loop = asyncio.new_event_loop()
        self._process = os.getpid()

    def make(self, prompts: list[str]) -> list[Made]:
        """Create a prediction for each prompt, and read it again."""
        if self._process == os.getpid() and threading.current_thread() is threading.main_thread():
            # Stays open, with its connections, while the process forks.
            return self._loop.run_until_complete(self._make_all(prompts))
        return asyncio.run(self._make_and_close(prompts))

    def close(self) -> None:
        """Close the client, and the loop that stayed open."""
        self._loop.run_until_complete(self._client.aclose())
        self._loop.close()

    async def _make_and_close(self, prompts: list[str]) -> list[Made]:
        try:
            return await self._make_all(prompts)
        finally:
            # Not the client, which others go on using.
            await self._client._clients.current().http.aclose()

    async def _make_all(self, prompts: list[str]) -> list[Made]:
        places = asyncio.Semaphore(THREADS)

        async def make(prompt: str) -> Made:
            async with places:
                made = await self._client.predictions.create({"prompt": prompt})
                found = await self._client.predictions.get(made.id)
            return prompt, made.id, made.input["prompt"], found.input["prompt"] if found.id == made.id else found.id

        return await asyncio.gather(*map(make, prompts))


RUNS: dict[str, Callable[[str], Any]] = {"sync": SyncRun, "async": AsyncRun}


def fork(function: Callable[[], Any]) -> tuple[int, int]:
    """Call a function in a forked process, and return its number and a pipe with the result as JSON."""
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        # Python 3.12 warns of a fork beside threads, which is what this is about.
        warnings.simplefilter("ignore", DeprecationWarning)
        process = os.fork()
    if process:
        os.close(writer)
        return process, reader
    try:
        with os.fdopen(writer, "w") as pipe:
            json.dump(function(), pipe)
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(1)
    os._exit(0)


def collect(process: int, reader: int) -> Any:
    """Return the result of a forked process, None if it failed."""
    with os.fdopen(reader) as pipe:
        result = pipe.read()
    _, status = os.waitpid(process, 0)
    return json.loads(result) if status == 0 and result else None


def main(kind: str = "sync", creates: str = "1000", workers: str = "8") -> int:
    """Run it against a mock server of its own; the result is the exit code."""
    with mock_process("--speed", "1000") as server:
        assert server.stdout is not None
        url = url_in(server.stdout.readline())
        run = RUNS[kind](url)
        # Connections that the workers inherit.
        made: list[Made] = run.make([f"before {number}" for number in range(THREADS)])
        busy, forked = threading.Event(), threading.Event()
        beside: list[Made] = []

        def work() -> None:
            number = 0
            while not forked.is_set():
                beside.extend(run.make([f"beside {threading.get_ident()} {number}"]))
                number += 1
                busy.set()

        threads = [threading.Thread(target=work) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        busy.wait()
        share = int(creates) // int(workers)

        def work_in_child(worker: int) -> Callable[[], Any]:
            def child() -> list[Made]:
                result: list[Made] = run.make([f"worker {worker}, {number}" for number in range(share)])
                if kind == "sync":
                    run.close()
                return result

            return child

        children = [fork(work_in_child(worker)) for worker in range(int(workers))]
        forked.set()
        for thread in threads:
            thread.join()
        results = [collect(*child) for child in children]
        # On the connections of before, which the workers have inherited and closed.
        made += run.make([f"after {number}" for number in range(THREADS)])
        run.close()
    failed = results.count(None)
    made += beside + [each for result in results for each in result or []]
    mixed_up = [each for each in made if not each[0] == each[2] == each[3]]
    ids = len({each[1] for each in made})
    own = sum(len(result or []) for result in results)
    print(
        f"{kind}: {own} creates in {workers} forked workers, {len(made) - own} in their parent; "
        f"{ids} predictions, {len(mixed_up)} mixed up, {failed} workers failed"
    )
    return 0 if own == share * int(workers) and ids == len(made) and not mixed_up else 1


def url_in(line: str) -> str:
    """Return the base URL in the first line of the mock server."""
    return next(word for word in line.split() if word.startswith("http"))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
