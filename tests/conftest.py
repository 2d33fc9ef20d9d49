"""Fixtures for all tests, and what is told at their end."""

from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers.client import Harness
from helpers.command import Command, Outcome
from zeroscope import Zeroscope
from zeroscope.cli import main
from zeroscope.cli import predictions as commands
from zeroscope_mock import MockServer


@pytest.fixture(params=["sync", "async"])
def harness(request: pytest.FixtureRequest) -> Harness:
    """The sync client and the async client, in turn."""
    return Harness(request.param)


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    """The kinds of client, in turn, for tests that make their own."""
    kind: str = request.param
    return kind


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on the settings of whoever runs it."""
    monkeypatch.delenv("REPLICATE_API_TOKEN", raising=False)
    monkeypatch.delenv("ZEROSCOPE_BASE_URL", raising=False)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> MockServer:
    """The mock server that the command's clients talk to."""
    server = MockServer(seed=5)

    def connect(base_url: str | None = None) -> Zeroscope:
        return server.client() if base_url is None else server.client(base_url=base_url)

    monkeypatch.setattr(commands, "Zeroscope", connect)
    return server


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], server: MockServer
) -> Command:
    """Runs a command line in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> Outcome:
        code = main(arguments)
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Outcome(code, captured.out, captured.err)

    return run


@pytest.fixture
def ordinary() -> Iterator[Path]:
    """A folder in which this process may not do everything, as root may."""
    user = os.geteuid() or 65534
    # The one of pytest is in a folder that nobody else may enter.
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, user, -1)
        try:
            os.seteuid(user)
            yield Path(folder)
        finally:
            os.chmod(folder, 0o700)
            os.seteuid(os.getuid())


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the garbage collector from looking again and again at all that is imported and collected here.

    It stays until the end, thousands of tests and some large packages, and one look through it takes longer than most
    tests do.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


MUTANT = "mutant"
"""The property of a test that names a faulty server and the rules that caught it."""


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Tell which rule caught which faulty server."""
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    caught: dict[str, list[str]] = {}
    for report in reports:
        if isinstance(report, pytest.TestReport) and report.when == "call":
            found: dict[str, Any] = dict(report.user_properties)
            if MUTANT in found:
                name, rules = found[MUTANT]
                caught[name] = rules
    if not caught:
        return
    terminalreporter.section("faulty servers and the rules that caught them")
    for name, rules in sorted(caught.items()):
        terminalreporter.write_line(f"{name}: {', '.join(rules) or 'NOT CAUGHT'}")
    number = sum(bool(rules) for rules in caught.values())
    terminalreporter.write_line(f"{number} of {len(caught)} caught: {number / len(caught):.0%}")
