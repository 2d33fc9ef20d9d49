"""Kills of journaled batches at random moments, and counts of what they leave.

`PYTHONPATH=tests .venv/bin/python -m helpers.kills --kills 300` runs it whole.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

# Loaded before the processes are forked.
import zeroscope._disk.journal
import zeroscope._flows.batch.scheduler  # noqa: F401 - for the processes
from zeroscope import AsyncZeroscope, RunResult, Zeroscope
from zeroscope.clock import SystemClock
from zeroscope_mock import MockServer

INPUTS = 40
"""The inputs of a batch."""
KILLS = 5
"""The most kills that a batch has to survive."""
LONGEST = 0.8
"""The longest time from the start of a run to its kill, in seconds; it is about as long as a whole run."""
LATER = 200.0
"""How long after the kills the last run of a batch seems to begin: the service would have listed every prediction."""
BYTES_PER_SECOND = 25_000
"""How slowly the service answers a create that it has executed, so that many kills meet creates that are in flight."""


_TOKEN = "token"


class Result(NamedTuple):
    """What a run says of an input."""

    prompt: str
    id: str | None
    error: str
    recovered: bool


class Counts(NamedTuple):
    """What became of all batches."""

    kills: int
    batches: int
    inputs: int
    created: int
    """The predictions that the service has."""
    doubled: int
    """The inputs with more than one prediction."""
    lost: int
    """The predictions that no result has, of inputs whose outcome is not reported as unknown."""
    wrong: int
    """The results with the prediction of another input."""
    missing: int
    """The inputs with neither a prediction nor an unknown outcome."""
    unknown: int
    """The inputs whose outcome stayed unknown, although the last run was late enough."""
    recovered: int
    """The results whose prediction was found when the batch resumed."""

    def __str__(self) -> str:
        return ", ".join(f"{name} {value}" for name, value in self._asdict().items())


class Runner:
    """A process that forks one for each run, because it takes long to import everything.

    Args:
        url: The service's base URL.
    """

    def __init__(self, url: str) -> None:
        command = [sys.executable, "-m", "helpers.kills", "--runner", url]
        self._process = subprocess.Popen(
            command, cwd=Path(__file__).parents[1], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._requests, self._lines = self._process.stdin, self._process.stdout

    def run(
        self, journal: str, batch: str, kind: str, kill_after: float | None = None, *, later: float = 0.0
    ) -> list[Result] | None:
        """Run a batch, and kill the process some seconds after its start; the result is None if it was killed."""
        print(json.dumps([journal, batch, kind, later]), file=self._requests, flush=True)
        process = int(self._lines.readline())
        timer = threading.Timer(0 if kill_after is None else kill_after, self._kill, [process])
        if kill_after is not None:
            timer.start()
        results = [Result(*json.loads(line)) for line in iter(self._lines.readline, ".\n")]
        timer.cancel()
        return results or None

    def close(self) -> None:
        """End the process."""
        with self._process:
            self._requests.close()

    @staticmethod
    def _kill(process: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def serve(url: str) -> None:
    """Run a batch in a process of its own for each line of the standard input."""
    for line in sys.stdin:
        if process := os.fork():
            os.waitpid(process, 0)
            print(".", flush=True)
            continue
        print(os.getpid(), flush=True)
        # All at once, so that a process that is killed has written all of it or nothing.
        results = "".join(f"{json.dumps(result)}\n" for result in run_batch(url, *json.loads(line)))
        os.write(sys.stdout.fileno(), results.encode())
        os._exit(0)


class _LateClock(SystemClock):
    """The clock of the system, some seconds ahead."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def time(self) -> float:
        return super().time() + self._seconds


def run_batch(url: str, journal: str, batch: str, kind: str, later: float) -> list[Result]:
    """Run a batch in this process."""
    clock = _LateClock(later)
    inputs = [{"prompt": f"{batch} {number}"} for number in range(INPUTS)]
    if kind == "sync":
        with Zeroscope(_TOKEN, base_url=url, clock=clock) as client:
            results: Sequence[RunResult[Any, Any]] = client.run_many(inputs, journal=journal)
    else:

        async def main() -> Sequence[RunResult[Any, Any]]:
            async with AsyncZeroscope(_TOKEN, base_url=url, clock=clock) as client:
                return await client.run_many(inputs, journal=journal)

        results = asyncio.run(main())
    return [
        Result(
            result.input["prompt"],
            None if result.prediction is None else result.prediction.id,
            type(result.error).__name__,
            result.recovered,
        )
        for result in results
    ]


def kill_batches(kills: int, seed: int) -> Counts:
    """Kill processes until there were some kills, let each batch end undisturbed, and count."""
    random = Random(seed)
    server = MockServer(clock="real", seed=seed)
    server.scripts.add({"startup": 0, "run": 0.05}, times=None)
    server.faults.add(operation="createPrediction", bytes_per_second=BYTES_PER_SECOND)
    results: list[Result] = []
    done = batches = 0
    with server.listen() as listening, tempfile.TemporaryDirectory() as folder:
        url = f"{listening.url}/v1"
        runner = Runner(url)
        try:
            while done < kills:
                journal, batch = str(Path(folder, f"{batches}.db")), f"batch {batches}"
                for _ in range(min(KILLS, kills - done)):
                    kind, moment = random.choice(["sync", "async"]), random.uniform(0, LONGEST)
                    done += runner.run(journal, batch, kind, moment) is None
                results += runner.run(journal, batch, "sync", later=LATER) or []
                batches += 1
        finally:
            runner.close()
        with Zeroscope(_TOKEN, base_url=url) as client:
            created = {prediction.id: prediction.input["prompt"] for prediction in client.predictions.list()}
    return _count(done, batches, created, results)


def _count(kills: int, batches: int, created: Mapping[str, str], results: Sequence[Result]) -> Counts:
    known = {result.id for result in results if result.id is not None}
    unknown = {result.prompt for result in results if result.id is None and result.error == "UnknownOutcomeError"}
    return Counts(
        kills=kills,
        batches=batches,
        inputs=len(results),
        created=len(created),
        doubled=sum(copies > 1 for copies in Counter(created.values()).values()),
        lost=sum(id not in known and prompt not in unknown for id, prompt in created.items()),
        wrong=sum(result.id is not None and created.get(result.id) != result.prompt for result in results),
        missing=sum(result.id is None and result.prompt not in unknown for result in results),
        unknown=len(unknown),
        recovered=sum(result.recovered for result in results),
    )


def main() -> None:
    """Run it whole."""
    parser = argparse.ArgumentParser(prog="python -m helpers.kills", description="Kill journaled batches at random.")
    parser.add_argument("--kills", type=int, default=300, help="the number of kills (300)")
    parser.add_argument("--seed", type=int, default=15, help="the seed of their moments (15)")
    parser.add_argument("--runner", metavar="URL", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.runner is not None:
        serve(arguments.runner)
    else:
        counts = kill_batches(arguments.kills, arguments.seed)
        print(counts)
        if counts.doubled or counts.lost or counts.wrong or counts.missing or counts.unknown:
            sys.exit("Something was doubled, lost or wrong, or stayed unknown.")


if __name__ == "__main__":
    main()
