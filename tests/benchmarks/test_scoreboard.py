"""The scoreboard: its page, and its runs, of which each ends."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

# Like `make`, which runs benchmarks/ from there.
sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.environments import Environments
from benchmarks.errors import BenchmarkError, SkippedError
from benchmarks.scoreboard import __main__ as command
from benchmarks.scoreboard.page import Score, to_markdown
from benchmarks.scoreboard.servers import Candidate, Run, candidate_at, candidates

from zeroscope_conformance import RULES, Document, Finding, Report, Result
from zeroscope_conformance.coverage import Coverage, Point
from zeroscope_mock import MockServer

FIRST, SECOND, THIRD, FOURTH = RULES[:4]
RUN = {"Python": "3.11"}


def report(*results: Result, **fields: Any) -> Report:
    return Report("http://server.test/v1", fields.pop("dialect", "live"), results, [], 1.0, **fields)


POINTS = [Point("operations", "getPrediction", "", str(number)) for number in range(4)]
KEEPS = report(
    *(Result(SECOND, checked=3), Result(FIRST, checked=1), Result(THIRD, inapplicable="it has none")),
    coverage=Coverage(tuple(POINTS[:3]), {POINTS[3]: ""}),
)
BREAKS = report(Result(FIRST, 2, 1, [Finding(FIRST.name, "a | b", "c")]), Result(SECOND), Result(FOURTH, checked=1))


def rows(page: str, head: str) -> list[list[str]]:
    """The rows of a table of the page, below the one that begins with a word."""
    lines = page.partition(f"| {head} |")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line[2:-2].split(" | ")] for line in lines]


def test_page__counts_each_verdict() -> None:
    """A row counts the rules of all reports, of which each is in one column; a rule of no report is in none."""
    page = to_markdown([Score("one", "1.0", KEEPS), Score("other", "", BREAKS)], "2026-01-31", RUN)

    assert rows(page, "server") == [
        ["one", "1.0", "live", "2", "0", "0", "2", "75 %"],
        ["other", "not known", "live", "1", "1", "1", "1", ""],
    ]
    assert "on 2026-01-31" in page and "- Python: 3.11\n" in page


def test_page__has_the_rules_in_their_order() -> None:
    """The second table has the verdicts of each server, whatever the order of its results."""
    page = to_markdown([Score("one", "1.0", KEEPS), Score("other", "", BREAKS)], "2026-01-31", RUN)

    assert "| rule | one | other |" in page
    assert rows(page, "rule") == [
        [f"`{FIRST.name}`", "kept", "**broken**"],
        [f"`{SECOND.name}`", "kept", "not reached"],
        [f"`{THIRD.name}`", "–", "–"],
        [f"`{FOURTH.name}`", "–", "kept"],
    ]


def test_page__tells_why_a_server_was_not_run() -> None:
    """A server without a report has a row without figures, no column, and its reason on one line."""
    scores = [Score("one", "1.0", KEEPS), Score("gone", "2.0", None, "There was no run:\n  a | b.")]
    page = to_markdown(scores, "2026-01-31", RUN)

    assert "| gone | 2.0 | not run |  |  |  |  |  |\n" in page
    assert "- **gone**: There was no run: a \\| b.\n" in page
    assert "| rule | one |\n" in page
    assert "## The rules" not in to_markdown(scores[1:], "2026-01-31", RUN)


def candidate(name: str, start: Callable[[], AbstractContextManager[Run]]) -> Candidate:
    return Candidate(name, "1.0", start)


@contextmanager
def another_api() -> Iterator[Run]:
    """A server of another API."""
    transport = httpx.MockTransport(lambda request: httpx.Response(404, text="no such page"))
    yield Run({"url": "http://server.test", "token": "a-token", "transport": transport, "fuzz": False})


@contextmanager
def not_installed() -> Iterator[Run]:
    """A server that cannot be started here."""
    raise SkippedError("Prism needs Node.js and npm")
    yield


@contextmanager
def mock_that_ends() -> Iterator[Run]:
    """A mock server that is said to have ended during the run."""

    def check() -> None:
        raise BenchmarkError("node ended with 1: at one.js\nTypeError: no such thing\n    at other.js:1")

    server = MockServer(token="a-token")
    arguments = {"url": "http://server.test", "token": "a-token", "transport": server.transport, "clock": server.clock}
    yield Run({**arguments, "fuzz": False}, check)


def test_score_all__ends_with_a_row_for_each_server(tmp_path: Path) -> None:
    """A server that cannot be run, or is not of this API, has the reason in its row; the others are run."""
    lines: list[str] = []
    chosen = [candidate("Not here", not_installed), candidate("Other", another_api), candidate("It", mock_that_ends)]
    scores = list(command.score_all(chosen, quick=True, folder=tmp_path, log=lines.append))

    assert [score.name for score in scores] == ["Not here", "Other", "It"]
    assert scores[0].remark == "There was no run: Prism needs Node.js and npm."
    assert scores[1].remark.startswith("There was no run: http://server.test does not look like this API:")
    assert scores[0].report is scores[1].report is None
    assert scores[2].remark == "It ended by itself during the run: TypeError: no such thing."
    assert scores[2].report and scores[2].report.named("failed") == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["it.html", "it.json"]
    assert [line.partition(":")[0] for line in lines] == ["Not here", "Other", "It"]


def test_score_all__tells_where_the_suite_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the suite itself names its step, beside what was found until then."""
    broken = Report("http://server.test/v1", "live", [], ["inputs: Traceback …", "pagination: Traceback …"], 1.0)
    monkeypatch.setattr(command, "run_suite", lambda **arguments: broken)

    (score,) = command.score_all([candidate("It", another_api)], quick=True, folder=tmp_path, log=lambda line: None)

    assert (score.report, score.remark) == (broken, "The suite itself failed in inputs, pagination.")


def test_score_all__survives_the_suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that breaks down as a whole is a row with the error."""
    monkeypatch.setattr(command, "run_suite", lambda **arguments: dict[str, Report]()["of a server"])

    (score,) = command.score_all([candidate("It", another_api)], quick=True, folder=tmp_path, log=lambda line: None)

    assert (score.report, score.remark) == (None, "The suite itself failed: KeyError: 'of a server'.")


def test_score_all__stops_when_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupted run interrupts the command, which writes no page."""
    monkeypatch.setattr(command, "run_suite", lambda **arguments: report(interrupted=True))

    with pytest.raises(KeyboardInterrupt):
        list(command.score_all([candidate("It", another_api)], quick=True, folder=tmp_path, log=lambda line: None))


def test_candidate_at__never_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service itself would bill the run; any other server needs a token."""
    service = Document.load().raw["servers"][0]["url"]
    monkeypatch.setenv("REPLICATE_API_TOKEN", "a-token")

    with pytest.raises(BenchmarkError, match="would bill you"):
        candidate_at(service)
    assert candidate_at("http://127.0.0.1:1").name == "http://127.0.0.1:1"
    monkeypatch.delenv("REPLICATE_API_TOKEN")
    with pytest.raises(BenchmarkError, match="set REPLICATE_API_TOKEN"):
        candidate_at("http://127.0.0.1:1")


def test_candidates__are_both_dialects_and_the_peers(tmp_path: Path) -> None:
    """The page begins with the mock server; the peers have the versions of their locks."""
    chosen = candidates(Environments(tmp_path), tmp_path)

    locks = [Path(__file__).parents[2] / f"benchmarks/{name}/package-lock.json" for name in ("prism", "mockoon")]
    packages = [json.loads(lock.read_text(encoding="utf-8"))["packages"] for lock in locks]
    assert [one.name for one in chosen] == ["the mock server, live", "the mock server, published", "Prism", "Mockoon"]
    assert [one.version for one in chosen[2:]] == [
        packages[0]["node_modules/@stoplight/prism-cli"]["version"],
        packages[1]["node_modules/@mockoon/cli"]["version"],
    ]


def test_command__writes_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command writes the page of what it ran; it runs nothing if a server is the service."""
    page = tmp_path / "page.md"
    monkeypatch.setattr(command, "FOLDER", tmp_path)
    monkeypatch.setattr(command, "candidates", lambda *arguments: [candidate("Other", another_api)])

    assert command.main(["--output", str(page), Document.load().raw["servers"][0]["url"]]) == 1
    assert not page.exists()
    assert command.main(["--output", str(page)]) == 0
    assert "| Other | 1.0 | not run |" in page.read_text(encoding="utf-8")
