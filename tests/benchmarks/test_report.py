"""The results of a run: lines, a page, a JSON file, an exit code."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# Like `make`, which runs benchmarks/ from there.
sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.__main__ import main, measure
from benchmarks.benchmark import Benchmark, Context
from benchmarks.environments import Environments, digest, is_current, require_replicate
from benchmarks.errors import BenchmarkError, SkippedError
from benchmarks.machine import locked_versions
from benchmarks.measurement import Goal, Row, Series
from benchmarks.report import Report, format_figure, format_row, row_to_json

REACHED = Row("get", Series("µs", (100, 120, 110)), "bare", Series("µs", (100, 100, 100)), Goal("at most", 1.2))
MISSED = Row("post", Series("µs", (300,)), "bare", Series("µs", (100,)), Goal("at most", 2), "it checks.", "alone.")
ALONE = Row("the tests", Series("s", (130,)), goal=Goal("at most", 120, "s"), reason="there are many.")
NO_GOAL = Row("import", Series("ms", (10,)), "bare", Series("ms", (20,)), reason="never shown.")
ROWS = [REACHED, MISSED, ALONE, NO_GOAL]


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(Environments(tmp_path), quick=True, folder=tmp_path)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (REACHED, "get compared with bare: 1.1 (1.05 to 1.15) | 110 µs / 100 µs | at most 1.2 × | yes"),
        (MISSED, "post compared with bare: 3 (3 to 3) | 300 µs / 100 µs | at most 2 × | **no**"),
        (ALONE, "the tests: 130 s (130 to 130) | 130 s | at most 120 s | **no**"),
        (NO_GOAL, "import compared with bare: 0.5 (0.5 to 0.5) | 10 ms / 20 ms | no goal | -"),
    ],
)
def test_format_row(row: Row, expected: str) -> None:
    """A row on one line has its name, peer, ratio, quartiles, figures and goal."""
    assert format_row(row) == expected


@pytest.mark.parametrize(
    ("figure", "expected"), [(0.01234, "0.0123"), (1.5, "1.5"), (99.94, "99.9"), (123.4, "123"), (18176.2, "18,176")]
)
def test_format_figure(figure: float, expected: str) -> None:
    """A figure has three significant digits; a large one has all its digits."""
    assert format_figure(figure) == expected


def test_to_markdown() -> None:
    """The page has the machine and each row, and reasons only for missed goals."""
    report = Report({"processor": "a machine"}, ROWS, skipped=[("prism", "no Node.js.")])

    page = report.to_markdown()

    assert "- processor: a machine\n" in page
    assert "| get | bare | 110 µs | 100 µs | 1.1 (1.05 to 1.15) | at most 1.2 × | yes |" in page
    assert "| the tests | - | 130 s | - | - (130 to 130) | at most 120 s | **no** |" in page
    assert "- **post, compared with bare**: it checks." in page
    assert "- **the tests**: there are many." in page
    assert "- **post, compared with bare**: alone." in page
    assert "- **prism**: no Node.js." in page
    assert "never shown" not in page
    assert "Not measured" not in page


def test_to_markdown__a_missed_goal_without_a_reason() -> None:
    """A missed goal without a reason is marked."""
    row = Row("post", Series("s", (3,)), "bare", Series("s", (1,)), Goal("at most", 2))

    assert "- **post, compared with bare**: the reason is not known yet." in Report({}, [row]).to_markdown()


def test_to_markdown__rows_share_a_note() -> None:
    """A note that several rows have stands once, after their names."""
    rows = [Row(what, Series("s", (3,)), note="On the virtual clock.") for what in ("wait 2 s", "wait 20 s")]

    assert "- **wait 2 s**; **wait 20 s**: On the virtual clock.\n" in Report({}, rows).to_markdown()


def test_to_json() -> None:
    """The JSON has every row with its ratio, quartiles, goal and figures."""
    values = json.loads(Report({"processor": "a machine"}, ROWS).to_json())

    assert values["machine"] == {"processor": "a machine"}
    assert [row["reached"] for row in values["rows"]] == [True, False, False, None]
    assert values["rows"][0] == {
        "what": "get",
        "beside": "bare",
        "ratio": 1.1,
        "spread": pytest.approx([1.05, 1.15]),
        "goal": "at most 1.2 ×",
        "reached": True,
        "ours": {"median": 110, "unit": "µs", "figures": [100, 120, 110]},
        "theirs": {"median": 100, "unit": "µs", "figures": [100, 100, 100]},
    }
    assert values["rows"][2]["ratio"] is None and values["rows"][2]["reason"] == "there are many."


def test_to_json__beyond_measure() -> None:
    """An infinite ratio is null."""
    row = Row("get", Series("s", (1,)), "nothing", Series("s", (0,)))

    assert row_to_json(row)["ratio"] is None
    assert json.loads(Report({}, [row]).to_json())["rows"][0]["spread"] == [None, None]


def test_measure__one_crashes(context: Context) -> None:
    """An error in one benchmark is logged, and affects neither its earlier rows nor the others."""

    def half(context: Context) -> Iterator[Row]:
        yield REACHED
        raise BenchmarkError("the server ended")

    def broken(context: Context) -> Iterator[Row]:
        raise ValueError("an unexpected error")

    def absent(context: Context) -> Iterator[Row]:
        raise SkippedError("there is no Node.js")

    lines: list[str] = []
    report = Report({})
    benchmarks = [
        Benchmark("half", half),
        Benchmark("broken", broken),
        Benchmark("absent", absent),
        Benchmark("whole", lambda context: [NO_GOAL]),
    ]

    measure(benchmarks, context, report, lines.append)

    assert report.rows == [REACHED, NO_GOAL]
    assert report.failed == [("half", "the server ended"), ("broken", "an unexpected error")]
    assert report.skipped == [("absent", "there is no Node.js.")]
    assert lines[:2] == [format_row(REACHED), "half: the server ended"]
    assert "Traceback" in lines[2] and "an unexpected error" in lines[2]
    assert lines[3:] == ["absent: skipped: there is no Node.js", format_row(NO_GOAL)]


@pytest.mark.parametrize(("row", "code"), [(MISSED, 0), (None, 1)])
def test_main__exit_code(
    row: Row | None, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missed goal is not a failure; an error is one, and the results are still written."""

    def run(context: Context) -> Iterator[Row]:
        if row is None:
            raise BenchmarkError("it does not start")
        yield row

    monkeypatch.setattr("benchmarks.__main__.BENCHMARKS", (Benchmark("mock get", run),))

    assert main(["--quick", "--only", "get mock", "--output", str(tmp_path / "out")]) == code

    values: dict[str, Any] = json.loads((tmp_path / "out/results.json").read_text(encoding="utf-8"))
    assert len(values["rows"]) == 1 - code
    assert (tmp_path / "out/RESULTS.md").exists()
    assert ("could not be measured: mock get: it does not start" in capsys.readouterr().err) is bool(code)


def test_main__nothing_of_that_name(capsys: pytest.CaptureFixture[str]) -> None:
    """The error for words that no title has lists all titles."""
    with pytest.raises(SystemExit) as ended:
        main(["--only", "nothing like it"])

    assert ended.value.code == 2
    assert "\n  mock GET per second\n" in capsys.readouterr().err


@pytest.mark.parametrize(("words", "expected"), [("mock get", True), ("GET", True), ("mock post", False), ("", True)])
def test_benchmark__matches(words: str, expected: bool) -> None:
    """The title has to have all words, in any order and in any case."""
    assert Benchmark("Mock GET per second", lambda context: []).matches(words.split()) is expected


def test_choose(tmp_path: Path) -> None:
    """A quick run has smaller numbers."""
    chosen = [Context(Environments(tmp_path), quick, tmp_path).choose(31, 3) for quick in (False, True)]

    assert chosen == [31, 3]


def test_is_current(tmp_path: Path) -> None:
    """An environment is current if its setup is complete and of the same state."""
    place = tmp_path / "httpx"
    assert not is_current(place, "a state")
    place.mkdir()
    (place / ".installed").write_text("a state")

    assert is_current(place, "a state") and not is_current(place, "another")


@pytest.mark.parametrize("other", [("a", "bd"), ("ab", "c", ""), ("abc",), ("a", "bc")])
def test_digest__differs(other: tuple[str, ...]) -> None:
    """Any change changes the digest, even one that only moves a border."""
    assert digest("ab", "c") == digest("ab", b"c") != digest(*other)


def test_need_replicate() -> None:
    """A comparison with replicate is skipped on a Python that cannot import it."""
    require_replicate((3, 13))

    with pytest.raises(SkippedError, match=r"Python 3\.14"):
        require_replicate((3, 14))


def test_locked() -> None:
    """The versions are read without markers and hashes."""
    lock = (
        "# made by make lock\nav==18.1.0 ; python_full_version < '3.12' \\\n    --hash=sha256:00\nhttpx-sse==0.4.3 \\\n"
    )

    assert locked_versions(lock) == {"av": "18.1.0", "httpx-sse": "0.4.3"}
