"""The tools around the client: the conformance run, the tests, the generator."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from ..bench import Bench, Benchmark
from ..measure import Goal, Row, Series, in_turns
from ..places import ROOT
from ..processes import seconds

_SCRIPTS = Path(sys.executable).parent
_QUICK_TEST = "tests/client/test_sse.py"
_QUICK_EXAMPLES = "5"


def conformance(bench: Bench) -> Iterator[Row]:
    """The whole suite beside schemathesis alone; both against a mock server in the same process."""
    command: list[str | Path] = [_SCRIPTS / "zeroscope", "conformance", "--dialect", "live"]
    plain: list[str | Path] = [sys.executable, "-m", "benchmarks.workers.schemathesis_run"]
    what, note = "full conformance run", "One dialect; schemathesis has its own settings, with all its phases."
    if bench.quick:
        what, note = "quick conformance run", f"schemathesis makes {_QUICK_EXAMPLES} examples of each kind."
        command, plain = [*command, "--quick"], [*plain, _QUICK_EXAMPLES]
    figures = in_turns({"ours": partial(seconds, command), "theirs": partial(seconds, plain)}, bench.choose(3, 1))
    sides = [Series("s", figures[name]) for name in ("ours", "theirs")]
    goal = None if bench.quick else Goal("at most", 2)
    yield Row(what, sides[0], "plain schemathesis run of the same spec", sides[1], goal, note=note)


def tests(bench: Bench) -> Iterator[Row]:
    """The tests as they are run before a change is merged."""
    command, what = ["make", "test"], "`make test`"
    if bench.quick:
        command, what = [*command, f"ARGS={_QUICK_TEST}"], f"`make test ARGS={_QUICK_TEST}`"
    figures = in_turns({"ours": partial(seconds, command)}, 1)
    reason = (
        "A hundred faulty servers and seven changed documents, each held to everything, are the largest part of it."
    )
    yield Row(
        what, Series("s", figures["ours"]), goal=None if bench.quick else Goal("at most", 120, "s"), reason=reason
    )


def generate(bench: Bench) -> Iterator[Row]:
    """The generator as the project runs it, with its templates and checks, beside it with the same settings alone."""
    place = bench.folder / "generated"
    ours: list[str | Path] = [sys.executable, "-m", "codegen.generate", "--output", place / "ours"]
    theirs: list[str | Path] = [
        *(sys.executable, "-m", "openapi_python_client", "generate", "--path", ROOT / "openapi.yaml"),
        *("--config", ROOT / "codegen/config.yml", "--meta", "none", "--output-path", place / "theirs"),
    ]

    def take(command: Sequence[str | Path]) -> float:
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        return seconds(command)

    figures = in_turns({"ours": partial(take, ours), "theirs": partial(take, theirs)}, bench.choose(7, 1))
    sides = [Series("s", figures[name]) for name in ("ours", "theirs")]
    yield Row("`make generate`", sides[0], "bare openapi-python-client", sides[1], Goal("at most", 1.5))


BENCHMARKS = (
    Benchmark("tools conformance", conformance),
    Benchmark("tools generate", generate),
    Benchmark("tools test", tests),
)
