"""Compares this project with its alternatives, and writes the results.

Usage: python -m benchmarks [--quick] [--only WORDS] [--output FOLDER]
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from .benchmark import Benchmark, Context
from .environments import ROOT, Environments
from .errors import BenchmarkError, SkippedError
from .machine import machine_info
from .report import Report, format_row
from .rows import BENCHMARKS

FOLDER = ROOT / "build/benchmarks"
"""The folder of the environments, and of the results of a run that is not a whole one."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code: 1 if a benchmark failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="only show that everything can be measured")
    parser.add_argument(
        "--only", default="", metavar="WORDS", help="run only the benchmarks with these words in their titles"
    )
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="the folder for RESULTS.md and results.json")
    options = parser.parse_args(arguments)
    chosen = [one for one in BENCHMARKS if one.matches(options.only.split())]
    if not chosen:
        titles = "\n".join(f"  {one.title}" for one in BENCHMARKS)
        parser.error(f"no title has the words {options.only!r}; the titles are:\n{titles}")

    # Only a whole run belongs in the repository.
    whole = not options.quick and not options.only
    output = options.output or (ROOT / "benchmarks" if whole else FOLDER)
    output.mkdir(parents=True, exist_ok=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    context = Context(Environments(FOLDER, lambda message: print(f"({message})", flush=True)), options.quick, FOLDER)
    report = Report(machine_info())
    measure(chosen, context, report)
    (output / "RESULTS.md").write_text(report.to_markdown(), encoding="utf-8")
    (output / "results.json").write_text(report.to_json(), encoding="utf-8")
    print(f"{len(report.rows)} rows are in {output / 'RESULTS.md'}")
    for title, error in report.failed:
        print(f"could not be measured: {title}: {error.strip().splitlines()[-1]}", file=sys.stderr)
    return 1 if report.failed else 0


def measure(
    benchmarks: Iterable[Benchmark], context: Context, report: Report, log: Callable[[str], object] = print
) -> None:
    """Run benchmarks one after another; an error in one does not affect the others.

    Args:
        context: Their context.
        report: The report that receives the rows.
        log: Called with a line for each row and each error.
    """
    for benchmark in benchmarks:
        try:
            for row in benchmark.run(context):
                report.rows.append(row)
                log(format_row(row))
        except SkippedError as error:
            report.skipped.append((benchmark.title, f"{error}."))
            log(f"{benchmark.title}: skipped: {error}")
        except Exception as error:
            report.failed.append((benchmark.title, str(error) or type(error).__name__))
            known = isinstance(error, BenchmarkError)
            log(f"{benchmark.title}: {error if known else traceback.format_exc()}")


if __name__ == "__main__":
    raise SystemExit(main())
