"""Fixtures and the environment of all tests, and the summary of faulty servers."""

from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # pytest-xdist has no types

from helpers.environment import reset_environment

# Before anything is imported that reads the environment. Under pytest-xdist the workers inherit it.
reset_environment()

from compatibility import table  # noqa: E402 - after the environment
from helpers.client import Harness  # noqa: E402 - after the environment
from helpers.command import Command, Outcome  # noqa: E402 - after the environment
from zeroscope import Zeroscope  # noqa: E402 - after the environment
from zeroscope.cli import main  # noqa: E402 - after the environment
from zeroscope.cli import predictions as commands  # noqa: E402 - after the environment
from zeroscope_mock import MockServer  # noqa: E402 - after the environment

# On a busy machine an example may take any time, and so may its generation.
settings.register_profile("without-deadline", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("without-deadline")


@pytest.fixture
def http_library() -> ModuleType:
    """The library of the HTTP clients in a test."""
    return httpx


@pytest.fixture(params=["sync", "async"])
def harness(request: pytest.FixtureRequest, http_library: ModuleType) -> Harness:
    """The sync client and the async client, in turn."""
    return Harness(request.param, http_library)


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest, http_library: ModuleType) -> str:
    """The kinds of client, in turn, for tests that create their own."""
    kind: str = request.param
    return kind


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, http_library: ModuleType) -> MockServer:
    """The mock server that the command's clients talk to."""
    server = MockServer(seed=5)

    def connect(base_url: str | None = None) -> Zeroscope:
        return server.client() if base_url is None else server.client(base_url=base_url)

    monkeypatch.setattr(commands.Service, "client", lambda service: connect(service.base_url))
    return server


@pytest.fixture
def command(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    server: MockServer,
) -> Command:
    """Runs a command line in an empty folder, with an empty cache."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> Outcome:
        code = main(arguments)
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Outcome(code, captured.out, captured.err)

    return run


@pytest.fixture
def ordinary() -> Iterator[Path]:
    """A folder and an ordinary user, whom permissions hold back; root they do not."""
    user = os.geteuid() or 65534
    # Not `tmp_path`: it is in a folder that only its owner may enter.
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
    """Exclude everything that is imported and collected here from garbage collection.

    It stays until the end, thousands of tests and some large packages, and to go through it takes longer than most
    tests do.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


class FileScheduler(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist has no types
    """Keeps each file in one process, except the client's: their tests share nothing, and some files take minutes."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if nodeid.startswith("tests/client/") else nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FileScheduler | None:
    """Schedule by file under `--dist loadfile`, the files with the most tests first."""
    return FileScheduler(config, log) if config.getoption("dist") == "loadfile" else None


MUTANT = "mutant"
"""The name of a test's property that holds a faulty server and the rules that caught it."""
HOSTILE = "hostile"
"""The name of a test's property that holds the counts of one hostile server."""
MEASURED = "page: "
"""The start of the names of properties that hold what was measured on the mock server's page."""


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write which calls of which client passed into docs/compatibility.md; fail if that changed the page.

    Only a run of the whole folder tells: with a file, a word or a sample chosen, or a test failed, calls of a client
    may be missing.
    """
    config = session.config
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    every = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    every = every or [Path(argument).resolve() for argument in config.args] == [table.FOLDER]
    # A worker of pytest-xdist has only a part of the tests.
    options = config.option
    some = options.keyword or options.deselect or options.ignore or getattr(options, "lf", False)
    # An option of benchmarks/plugins.
    some = some or getattr(options, "every", 1) > 1
    if reporter is None or hasattr(config, "workerinput") or some or not every or session.testsfailed:
        return
    reports = [report for found in reporter.stats.values() for report in found if isinstance(report, pytest.TestReport)]
    before = table.PAGE.read_text(encoding="utf-8")
    after = table.update(before, table.collect(reports))
    if after != before:
        table.PAGE.write_text(after, encoding="utf-8")
        reporter.write_line(
            f"\n{table.PAGE} was out of date; the tests have written it. Review and commit it.", red=True
        )
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Report which rules caught which faulty server, what came of the hostile servers, and the page's times."""
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    caught: dict[str, list[str]] = {}
    hostile: list[list[int]] = []
    measured: dict[str, str] = {}
    for report in reports:
        if isinstance(report, pytest.TestReport) and report.when == "call":
            found: dict[str, Any] = dict(report.user_properties)
            if MUTANT in found:
                name, rules = found[MUTANT]
                caught[name] = rules
            if HOSTILE in found:
                hostile.append(found[HOSTILE])
            measured |= {name: value for name, value in found.items() if name.startswith(MEASURED)}
    if caught:
        terminalreporter.section("faulty servers and the rules that caught them")
        for name, rules in sorted(caught.items()):
            terminalreporter.write_line(f"{name}: {', '.join(rules) or 'NOT CAUGHT'}")
        number = sum(bool(rules) for rules in caught.values())
        terminalreporter.write_line(f"{number} of {len(caught)} caught: {number / len(caught):.0%}")
    if hostile:
        terminalreporter.section("hostile servers")
        operations, foreign, late, heavy = map(sum, zip(*hostile, strict=True))
        terminalreporter.write_line(
            f"servers: {len(hostile)}, operations: {operations}, foreign exceptions: {foreign}, over time: {late}, "
            f"over memory: {heavy}"
        )
    if measured:
        terminalreporter.section("the mock server's page")
        for name, value in sorted(measured.items()):
            terminalreporter.write_line(f"{name.removeprefix(MEASURED)}: {value}")
