"""The tables at the end of a run: what models made, and how far clients came."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import pytest

from helpers.model_files import CLIENT_ROW, STEPS, TABLE_ROW


class Terminal:
    """What pytest writes to, with the reports of a run by outcome."""

    def __init__(self, *reports: pytest.TestReport) -> None:
        self.lines: list[str] = []
        self.section = self.lines.append
        self.write_line = self.lines.append
        self.stats: dict[str, list[Any]] = {}
        for report in reports:
            self.stats.setdefault(report.outcome, []).append(report)


def report(
    name: str, value: Any, outcome: Literal["passed", "failed"] = "passed", when: Literal["setup", "call"] = "call"
) -> pytest.TestReport:
    """The report of a test that recorded a value under a name."""
    return pytest.TestReport("x", ("x", 1, "x"), {}, outcome, None, when, user_properties=[(name, value)])


def summary(request: pytest.FixtureRequest, folder: Path, *reports: pytest.TestReport) -> list[str]:
    """The lines at the end of a run in a folder, with these reports."""
    plugin: Any = request.config.pluginmanager.get_plugin(str(Path(__file__).with_name("conftest.py")))
    terminal = Terminal(*reports)
    plugin.pytest_terminal_summary(terminal, SimpleNamespace(rootpath=folder))
    return terminal.lines


def test_models__are_sorted_and_aligned(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Only tests that passed tell what their model made, and each of them once."""
    lines = summary(
        request,
        tmp_path,
        report(TABLE_ROW, ["lab/long-name", "text", "11 words"]),
        report(TABLE_ROW, ["band/a", "list of files", ""]),
        report(TABLE_ROW, ["lab/broken", "text", ""], "failed"),
        report(TABLE_ROW, ["lab/setup", "text", ""], when="setup"),
        report("another property", ["lab/other", "text", ""]),
    )

    assert lines == [
        "models and what they made",
        "model          output         decoded",
        "band/a         list of files",
        "lab/long-name  text           11 words",
        "2 models",
    ]
    assert list(tmp_path.iterdir()) == []


def test_clients__are_kept_in_a_file_with_their_notes(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Also those that failed, as their rows say at which step."""
    words = ["ok"] * len(STEPS)
    lines = summary(
        request,
        tmp_path,
        report(CLIENT_ROW, (["lab/b", *words, ""], ["size: the choices are text"])),
        report(CLIENT_ROW, (["lab/a", *words[:-1], "failed", "no file was saved"], []), "failed"),
    )

    head, first, second, count = lines[1:]
    assert lines[0] == "models and the clients that are generated for them"
    assert head.split()[:2] == ["client", "of"] and all(step in head for step in STEPS)
    assert first.startswith("lab/a") and first.endswith("no file was saved")
    assert (second.split(), count) == (["lab/b", *words], "2 models")
    kept = (tmp_path / "build/clients.txt").read_text(encoding="utf-8")
    assert kept.splitlines() == [head, first, second, count, "", "lab/b: size: the choices are text"]


def test_run__without_rows_shows_no_table(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """A run of other tests ends as it always does."""
    assert summary(request, tmp_path, report("another property", [])) == []
    assert list(tmp_path.iterdir()) == []
