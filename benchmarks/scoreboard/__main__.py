"""Runs the conformance suite over several servers, and writes what each keeps.

Usage: python -m benchmarks.scoreboard [--quick] [--output FILE] [URL ...]
"""

from __future__ import annotations

import argparse
import platform
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from zeroscope_conformance import DocumentSource, NotThisAPIError, Report, run_suite, to_html, to_json

from ..environments import ROOT, Environments
from ..errors import BenchmarkError
from .page import Score, to_markdown
from .servers import Candidate, candidate_at, candidates

FOLDER = ROOT / "build/scoreboard"
"""The folder of the reports, and of the page of a quick run."""
PAGE = ROOT / "docs/scoreboard.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code: 1 if a server with a URL cannot be used."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scoreboard", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--quick", action="store_true", help="send fewer requests, and write into build/scoreboard")
    parser.add_argument("--output", type=Path, metavar="FILE", help="the file for the page")
    parser.add_argument("urls", nargs="*", metavar="URL", help="a server besides those that need none")
    options = parser.parse_args(arguments)
    FOLDER.mkdir(parents=True, exist_ok=True)
    environments = Environments(ROOT / "build/benchmarks", lambda message: print(f"({message})", flush=True))
    try:
        chosen = [*candidates(environments, FOLDER), *map(candidate_at, dict.fromkeys(options.urls))]
    except BenchmarkError as error:
        print(f"Nothing was run: {error}.", file=sys.stderr)
        return 1
    scores = list(score_all(chosen, quick=options.quick))
    output = options.output or (FOLDER / PAGE.name if options.quick else PAGE)
    machine = {
        "suite": f"zeroscope {version('zeroscope')}, {'a quick run' if options.quick else 'a whole run'}",
        "schemathesis": version("schemathesis"),
        "Python": platform.python_version(),
    }
    output.write_text(to_markdown(scores, datetime.now(UTC).date().isoformat(), machine), encoding="utf-8")
    print(f"The page is {output}; the reports are in {FOLDER}.")
    return 0


def score_all(
    chosen: Iterable[Candidate], *, quick: bool, folder: Path = FOLDER, log: Callable[[str], object] = print
) -> Iterable[Score]:
    """Run the suite against servers one after another; what fails with one does not affect the others.

    Args:
        chosen: The servers.
        quick: Whether to send fewer requests.
        folder: The folder for the reports of each, as JSON and as a page.
        log: Called with a line for each server.

    Raises:
        KeyboardInterrupt: If a run was interrupted.
    """
    source = DocumentSource.load(folder=ROOT)
    for candidate in chosen:
        score = _score(candidate, quick)
        if score.report is not None:
            if score.report.interrupted:
                raise KeyboardInterrupt
            name = re.sub(r"[^a-z0-9]+", "-", candidate.name.lower()).strip("-")
            (folder / f"{name}.json").write_text(to_json([score.report]), encoding="utf-8")
            (folder / f"{name}.html").write_text(to_html([score.report], source), encoding="utf-8")
        log(f"{candidate.name}: {_counts(score.report)}{score.remark}")
        yield score


def _counts(report: Report | None) -> str:
    if report is None:
        return ""
    kept, broken, missed = (len(report.named(verdict)) for verdict in ("passed", "failed", "not reached"))
    return f"{kept} kept, {broken} broken, {missed} not reached. "


def _score(candidate: Candidate, quick: bool) -> Score:
    try:
        with candidate.start() as run:
            report = run_suite(**run.arguments, quick=quick)
            steps = [error.partition(":")[0] for error in report.errors]
            remark = f"The suite itself failed in {', '.join(steps)}." if steps else ""
            try:
                run.check()
            except BenchmarkError as error:
                ended = f"It ended by itself during the run: {_last_error(str(error))}."
                remark = f"{ended} {remark}".strip()
    except (BenchmarkError, NotThisAPIError, OSError) as error:
        return Score(candidate.name, candidate.version, None, f"There was no run: {error}.")
    except Exception as error:
        # No answer of a server may end the runs of the others.
        traceback.print_exc()
        return Score(
            candidate.name, candidate.version, None, f"The suite itself failed: {type(error).__name__}: {error}."
        )
    return Score(candidate.name, candidate.version, report, remark)


def _last_error(text: str) -> str:
    """Return the line that names the error in what a process printed, or the last one."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next((line for line in reversed(lines) if re.match(r"\w*Error\b", line)), lines[-1])


if __name__ == "__main__":
    raise SystemExit(main())
