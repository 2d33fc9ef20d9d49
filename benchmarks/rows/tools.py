"""Development tools: the conformance suite, the generator and the tests."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from ..benchmark import Benchmark, Context
from ..environments import ROOT
from ..measurement import Goal, Row, Series, interleave
from ..processes import duration, run_command

_SCRIPTS = Path(sys.executable).parent
_QUICK_TEST = "tests/client/flows/test_sse.py"
_QUICK_EXAMPLES = "1"
_EARLIER = "8d7988f"
# The whole suite takes longer than all other benchmarks together, and the median of a sample is close to that of all.
_EVERY = 32
_SAMPLE = ("--every", str(_EVERY))


def conformance(context: Context) -> Iterator[Row]:
    """Measure the suite and schemathesis alone, each with a mock server in its process."""
    command: list[str | Path] = [_SCRIPTS / "zeroscope", "conformance", "--dialect", "live"]
    plain: list[str | Path] = [sys.executable, "-m", "benchmarks.workers.schemathesis_run"]
    what, note = "full conformance run", "One dialect; schemathesis runs all its phases with its default settings."
    if context.quick:
        what, note = "quick conformance run", f"schemathesis generates {_QUICK_EXAMPLES} examples for each operation."
        command, plain = [*command, "--quick"], [*plain, _QUICK_EXAMPLES]
    # A round takes most of a minute, and the goal is far away.
    figures = interleave({"ours": partial(duration, command), "theirs": partial(duration, plain)}, 1)
    sides = [Series("s", figures[name]) for name in ("ours", "theirs")]
    goal = None if context.quick else Goal("at most", 2)
    yield Row(what, sides[0], "plain schemathesis run of the same spec", sides[1], goal, note=note)


_DEARER = (
    "A test of both suites takes the same time; there are three times as many by now, of which more start a "
    "server, a client with its own connections, or a program; see NOTES.md."
)
_HIGH = (
    "The estimate counts what the first test of each kind sets up for all of them: a whole run takes 759 s, beside "
    "other work."
)


def tests(context: Context) -> Iterator[Row]:
    """Measure a sample of the tests that `make test` runs, and the same of an earlier suite."""
    what = "`make test`: processor time of a test, median"
    if context.quick:
        times, _ = _run_tests(ROOT, _QUICK_TEST)
        yield Row(what, Series("ms", (statistics.median(times) * 1000,)), note=f"Of {_QUICK_TEST} alone.")
        return
    earlier = context.environments.checkout(_EARLIER)
    samples = {"ours": partial(_run_tests, ROOT, *_SAMPLE), "theirs": partial(_run_tests, earlier, *_SAMPLE)}
    taken = {name: sample() for name, sample in samples.items()}
    sides = [Series("ms", (statistics.median(taken[name][0]) * 1000,)) for name in ("ours", "theirs")]
    note = (
        f"Every {_EVERY}th test, in one process: setup, call and teardown, with the processes that the test waits for."
    )
    yield Row(what, sides[0], f"the suite of commit {_EARLIER}", sides[1], Goal("at most", 1), _DEARER, note)
    times, seconds = taken["ours"]
    _, start = _run_tests(ROOT, *_SAMPLE, "--collect-only")
    cores = os.cpu_count() or 1
    yield Row(
        "`make test`, estimated",
        Series("s", (estimate(start, seconds, _EVERY, cores),)),
        goal=Goal("at most", 900, "s"),
        reason=_HIGH,
        note=(
            f"Start and collection, which took {start:.3g} s, and {_EVERY} times the rest of the time of that sample, "
            f"of {len(times):,} tests, divided by {cores} cores. What only the first test of a kind loads or sets up "
            "counts as often, so the estimate is high."
        ),
    )


def estimate(start: float, sample: float, every: int, cores: int) -> float:
    """Estimate how long all tests take, in seconds.

    Args:
        start: How long the start and the collection take, which each core does once at the same time, in seconds.
        sample: How long they and a sample of the tests take, in seconds.
        every: One test in so many is in the sample.
        cores: The number of cores that share the tests.
    """
    return start + every * max(0.0, sample - start) / cores


def _run_tests(folder: Path, *arguments: str) -> tuple[list[float], float]:
    """Run the tests of a source tree; return the processor time of each, and how long all took, in seconds."""
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "times.json"
        python = sys.executable if folder == ROOT else folder / ".venv/bin/python"
        command = [python, "-m", "pytest", "-q", "-p", "processor_times", *arguments]
        start = time.perf_counter()
        variables = {"PYTHONPATH": str(ROOT / "benchmarks/plugins")}
        run_command([*command, "--processor-times", path], folder=folder, variables=variables)
        return json.loads(path.read_text(encoding="utf-8")), time.perf_counter() - start


def generate(context: Context) -> Iterator[Row]:
    """Measure the generator with the project's templates and checks, and without them."""
    folder = context.folder / "generated"
    ours: list[str | Path] = [sys.executable, "-m", "codegen.generate", "--output", folder / "ours"]
    theirs: list[str | Path] = [
        *(sys.executable, "-m", "openapi_python_client", "generate", "--path", ROOT / "openapi.yaml"),
        *("--config", ROOT / "codegen/config.yml", "--meta", "none", "--output-path", folder / "theirs"),
    ]

    def measure(command: Sequence[str | Path]) -> float:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return duration(command)

    figures = interleave({"ours": partial(measure, ours), "theirs": partial(measure, theirs)}, context.choose(7, 1))
    sides = [Series("s", figures[name]) for name in ("ours", "theirs")]
    note = "Generates twice, under two hash seeds, and proves the result: imports, types, a parser and a mock server."
    yield Row("`make generate`", sides[0], "bare openapi-python-client", sides[1], note=note)


BENCHMARKS = (
    Benchmark("tools conformance", conformance),
    Benchmark("tools generate", generate),
    Benchmark("tools test", tests),
)
