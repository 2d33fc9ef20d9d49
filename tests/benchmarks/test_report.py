"""What a run leaves behind: lines, a page, a file for programs, an exit code."""

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
from benchmarks.benchmark import Bench, Benchmark
from benchmarks.environments import Places, digest, is_current, need_replicate
from benchmarks.errors import BenchmarkError, LeftOutError
from benchmarks.machine import locked
from benchmarks.measurement import Goal, Row, Series
from benchmarks.report import Report, line, told, values_of

REACHED = Row("get", Series("µs", (100, 120, 110)), "bare", Series("µs", (100, 100, 100)), Goal("at most", 1.2))
MISSED = Row("post", Series("µs", (300,)), "bare", Series("µs", (100,)), Goal("at most", 2), "it checks.", "alone.")
ALONE = Row("the tests", Series("s", (130,)), goal=Goal("at most", 120, "s"), reason="there are many.")
TOLD = Row("import", Series("ms", (10,)), "bare", Series("ms", (20,)), reason="never shown.")
ROWS = [REACHED, MISSED, ALONE, TOLD]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(Places(tmp_path), quick=True, folder=tmp_path)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (REACHED, "get beside bare: 1.1 (1.05 to 1.15) | 110 µs / 100 µs | at most 1.2 × | yes"),
        (MISSED, "post beside bare: 3 (3 to 3) | 300 µs / 100 µs | at most 2 × | **no**"),
        (ALONE, "the tests: 130 s (130 to 130) | 130 s | at most 120 s | **no**"),
        (TOLD, "import beside bare: 0.5 (0.5 to 0.5) | 10 ms / 20 ms | no goal | -"),
    ],
)
def test_line(row: Row, expected: str) -> None:
    """A row is told in one line: what, beside what, ratio and spread, figures, goal, reached or not."""
    assert line(row) == expected


@pytest.mark.parametrize(
    ("figure", "expected"), [(0.01234, "0.0123"), (1.5, "1.5"), (99.94, "99.9"), (123.4, "123"), (18176.2, "18,176")]
)
def test_told(figure: float, expected: str) -> None:
    """Three digits count, and no more are shown of a large number than it has."""
    assert told(figure) == expected


def test_page() -> None:
    """The page names the machine and has each row; reasons are there for missed goals only."""
    report = Report({"processor": "a machine"}, ROWS, left_out=[("prism", "no Node.js.")])

    page = report.page()

    assert "- processor: a machine\n" in page
    assert "| get | bare | 110 µs | 100 µs | 1.1 (1.05 to 1.15) | at most 1.2 × | yes |" in page
    assert "| the tests | - | 130 s | - | - (130 to 130) | at most 120 s | **no** |" in page
    assert "- **post, beside bare**: it checks." in page
    assert "- **the tests**: there are many." in page
    assert "- **post, beside bare**: alone." in page
    assert "- **prism**: no Node.js." in page
    assert "never shown" not in page
    assert "Not measured" not in page


def test_page__a_missed_goal_without_a_reason() -> None:
    """A reason that nobody has found yet is not passed over in silence."""
    row = Row("post", Series("s", (3,)), "bare", Series("s", (1,)), Goal("at most", 2))

    assert "- **post, beside bare**: the reason is not known yet." in Report({}, [row]).page()


def test_values() -> None:
    """Programs find every row with its ratio, spread, goal and raw figures."""
    values = json.loads(Report({"processor": "a machine"}, ROWS).values())

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


def test_values__beyond_measure() -> None:
    """What JSON has no number for is null."""
    row = Row("get", Series("s", (1,)), "nothing", Series("s", (0,)))

    assert values_of(row)["ratio"] is None
    assert json.loads(Report({}, [row]).values())["rows"][0]["spread"] == [None, None]


def test_measure__one_crashes(bench: Bench) -> None:
    """What goes wrong with one benchmark is told, and keeps neither its earlier rows nor the others."""

    def half(bench: Bench) -> Iterator[Row]:
        yield REACHED
        raise BenchmarkError("the server ended")

    def broken(bench: Bench) -> Iterator[Row]:
        raise ValueError("what nobody thought of")

    def absent(bench: Bench) -> Iterator[Row]:
        raise LeftOutError("there is no Node.js")

    lines: list[str] = []
    report = Report({})
    benchmarks = [
        Benchmark("half", half),
        Benchmark("broken", broken),
        Benchmark("absent", absent),
        Benchmark("whole", lambda bench: [TOLD]),
    ]

    measure(benchmarks, bench, report, lines.append)

    assert report.rows == [REACHED, TOLD]
    assert report.crashed == [("half", "the server ended"), ("broken", "what nobody thought of")]
    assert report.left_out == [("absent", "there is no Node.js.")]
    assert lines[:2] == [line(REACHED), "half: the server ended"]
    assert "Traceback" in lines[2] and "what nobody thought of" in lines[2]
    assert lines[3:] == ["absent: left out: there is no Node.js", line(TOLD)]


@pytest.mark.parametrize(("row", "code"), [(MISSED, 0), (None, 1)])
def test_main__exit_code(
    row: Row | None, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missed goal is no failure; a crash is one, and the results are written all the same."""

    def run(bench: Bench) -> Iterator[Row]:
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
    """Words that no title has are refused with all titles."""
    with pytest.raises(SystemExit) as ended:
        main(["--only", "nothing like it"])

    assert ended.value.code == 2
    assert "\n  mock GET per second\n" in capsys.readouterr().err


@pytest.mark.parametrize(("words", "expected"), [("mock get", True), ("GET", True), ("mock post", False), ("", True)])
def test_benchmark__asked_for(words: str, expected: bool) -> None:
    """All the words have to be in the title, in any order and in capitals or not."""
    assert Benchmark("Mock GET per second", lambda bench: []).asked_for(words.split()) is expected


def test_choose(tmp_path: Path) -> None:
    """A quick run does with less."""
    chosen = [Bench(Places(tmp_path), quick, tmp_path).choose(31, 3) for quick in (False, True)]

    assert chosen == [31, 3]


def test_is_current(tmp_path: Path) -> None:
    """An environment holds as long as it was set up to the end from the same things."""
    place = tmp_path / "httpx"
    assert not is_current(place, "a state")
    place.mkdir()
    (place / ".installed").write_text("a state")

    assert is_current(place, "a state") and not is_current(place, "another")


@pytest.mark.parametrize("other", [("a", "bd"), ("ab", "c", ""), ("abc",), ("a", "bc")])
def test_digest__differs(other: tuple[str, ...]) -> None:
    """Any change shows, also one that only moves a border."""
    assert digest("ab", "c") == digest("ab", b"c") != digest(*other)


def test_need_replicate() -> None:
    """Where Python is too new for replicate, what is measured beside it is left out."""
    need_replicate((3, 13))

    with pytest.raises(LeftOutError, match=r"Python 3\.14"):
        need_replicate((3, 14))


def test_locked() -> None:
    """Versions are read out of the lock, with what stands behind them left out."""
    lock = (
        "# made by make lock\nav==18.1.0 ; python_full_version < '3.12' \\\n    --hash=sha256:00\nhttpx-sse==0.4.3 \\\n"
    )

    assert locked(lock) == {"av": "18.1.0", "httpx-sse": "0.4.3"}
