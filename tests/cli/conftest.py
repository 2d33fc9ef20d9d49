"""The command in this process, with the mock server on a virtual clock in place of the service."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import Command, Outcome
from zeroscope import Zeroscope
from zeroscope.cli import app as commands
from zeroscope.cli import main
from zeroscope_mock import MockServer


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> MockServer:
    """The mock server that the command's clients talk to."""
    server = MockServer(seed=5)

    def connect(base_url: str | None = None) -> Zeroscope:
        return server.client() if base_url is None else server.client(base_url=base_url)

    monkeypatch.setattr(commands, "Zeroscope", connect)
    return server


@pytest.fixture
def zeroscope(
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
