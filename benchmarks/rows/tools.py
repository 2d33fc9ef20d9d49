"""Development tools: the conformance suite, the generator and the tests."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from ..benchmark import Benchmark, Context
from ..environments import ROOT
from ..measurement import Goal, Row, Series, interleave
from ..processes import duration

_SCRIPTS = Path(sys.executable).parent
_QUICK_TEST = "tests/client/flows/test_sse.py"
_QUICK_EXAMPLES = "5"


def conformance(context: Context) -> Iterator[Row]:
    """Measure the suite and schemathesis alone, each with a mock server in its process."""
    command: list[str | Path] = [_SCRIPTS / "zeroscope", "conformance", "--dialect", "live"]
    plain: list[str | Path] = [sys.executable, "-m", "benchmarks.workers.schemathesis_run"]
    what, note = "full conformance run", "One dialect; schemathesis runs all its phases with its default settings."
    if context.quick:
        what, note = "quick conformance run", f"schemathesis generates {_QUICK_EXAMPLES} examples for each operation."
        command, plain = [*command, "--quick"], [*plain, _QUICK_EXAMPLES]
    figures = interleave({"ours": partial(duration, command), "theirs": partial(duration, plain)}, context.choose(3, 1))
    sides = [Series("s", figures[name]) for name in ("ours", "theirs")]
    goal = None if context.quick else Goal("at most", 2)
    yield Row(what, sides[0], "plain schemathesis run of the same spec", sides[1], goal, note=note)


def tests(context: Context) -> Iterator[Row]:
    """Measure the tests as they run before a merge."""
    command, what = ["make", "test"], "`make test`"
    if context.quick:
        command, what = [*command, f"ARGS={_QUICK_TEST}"], f"`make test ARGS={_QUICK_TEST}`"
    figures = interleave({"ours": partial(duration, command)}, 1)
    reason = (
        "Most of the time is spent on a hundred faulty servers and seven changed documents, each with complete checks."
    )
    yield Row(
        what, Series("s", figures["ours"]), goal=None if context.quick else Goal("at most", 120, "s"), reason=reason
    )


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
    yield Row("`make generate`", sides[0], "bare openapi-python-client", sides[1], Goal("at most", 1.5))


BENCHMARKS = (
    Benchmark("tools conformance", conformance),
    Benchmark("tools generate", generate),
    Benchmark("tools test", tests),
)
