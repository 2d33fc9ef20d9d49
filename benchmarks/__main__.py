"""Measure this project beside what people would use instead.

Usage: python -m benchmarks [--quick] [--only WORDS] [--output FOLDER]
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from .benchmark import Bench, Benchmark
from .environments import ROOT, Places
from .errors import BenchmarkError, LeftOutError
from .machine import describe
from .report import Report, line
from .rows import BENCHMARKS

FOLDER = ROOT / "build/benchmarks"
"""Where the environments are, and what is written by a run of which nothing is kept."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 1 if something that should have been measured could not be."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="see that everything can be measured, in little time")
    parser.add_argument("--only", default="", metavar="WORDS", help="measure only what has these words in its title")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="where RESULTS.md and results.json go")
    options = parser.parse_args(arguments)
    chosen = [one for one in BENCHMARKS if one.asked_for(options.only.split())]
    if not chosen:
        titles = "\n".join(f"  {one.title}" for one in BENCHMARKS)
        parser.error(f"nothing has the words {options.only!r} in its title; these are there:\n{titles}")

    # What is kept in the tree is a whole run.
    whole = not options.quick and not options.only
    output = options.output or (ROOT / "benchmarks" if whole else FOLDER)
    output.mkdir(parents=True, exist_ok=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    bench = Bench(Places(FOLDER, lambda what: print(f"({what})", flush=True)), options.quick, FOLDER)
    report = Report(describe())
    measure(chosen, bench, report)
    (output / "RESULTS.md").write_text(report.page(), encoding="utf-8")
    (output / "results.json").write_text(report.values(), encoding="utf-8")
    print(f"{len(report.rows)} rows are in {output / 'RESULTS.md'}")
    for title, error in report.crashed:
        print(f"could not be measured: {title}: {error.strip().splitlines()[-1]}", file=sys.stderr)
    return 1 if report.crashed else 0


def measure(
    benchmarks: Iterable[Benchmark], bench: Bench, report: Report, tell: Callable[[str], object] = print
) -> None:
    """Measure one after another and tell of each row; what goes wrong with one keeps none of the others.

    Args:
        benchmarks: What to measure.
        bench: What to measure it with.
        report: Where the rows go.
        tell: Called with each line.
    """
    for benchmark in benchmarks:
        try:
            for row in benchmark.run(bench):
                report.rows.append(row)
                tell(line(row))
        except LeftOutError as error:
            report.left_out.append((benchmark.title, f"{error}."))
            tell(f"{benchmark.title}: left out: {error}")
        except Exception as error:
            report.crashed.append((benchmark.title, str(error) or type(error).__name__))
            known = isinstance(error, BenchmarkError)
            tell(f"{benchmark.title}: {error if known else traceback.format_exc()}")


if __name__ == "__main__":
    raise SystemExit(main())
