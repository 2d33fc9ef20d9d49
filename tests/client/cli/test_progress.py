"""The progress of a prediction on stderr, on a terminal and off it."""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from helpers.client import prediction_body
from helpers.command import COMMAND
from zeroscope import Prediction
from zeroscope._service.api import PredictionModel
from zeroscope.cli import progress

BAR = "Using seed: 7\n 38%|███▊      | 19/50 [00:02<00:01, 15.8it/s]\n"


def watched(monkeypatch: pytest.MonkeyPatch, *, terminal: bool, kind: str | None = "xterm") -> str:
    """Return what is written while a prediction starts, runs and succeeds.

    Args:
        monkeypatch: Replaces the console.
        terminal: Whether stderr is a terminal.
        kind: The value of `TERM`.
    """
    written = io.StringIO()

    def console(**_: Any) -> Console:
        return Console(
            file=written, force_terminal=terminal, width=100, _environ={} if kind is None else {"TERM": kind}
        )

    monkeypatch.setattr(progress, "Console", console)
    with progress.watch() as update:
        for body in (
            prediction_body("starting"),
            prediction_body("processing", logs=BAR),
            prediction_body("processing", logs=BAR),
            prediction_body("succeeded", logs=BAR.replace("19/50", "50/50").replace("38%", "100%")),
        ):
            update(Prediction(PredictionModel.from_dict(body)))
    return written.getvalue()


def test_terminal__shows_the_models_own_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bar counts the steps of the model's log lines, beside id and status."""
    written = watched(monkeypatch, terminal=True)
    assert "50/50" in written and "succeeded" in written and "gm3q" in written
    assert "━" in written


@pytest.mark.parametrize(
    ("terminal", "kind"), [(False, "xterm"), (False, "dumb"), (False, None), (True, "dumb"), (True, "unknown")]
)
def test_pipe_and_dumb_terminal__get_a_line_for_each_status(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, kind: str | None
) -> None:
    """Where a bar cannot be drawn, there is a line with the ID for each new status and no bar."""
    id = prediction_body()["id"]
    written = watched(monkeypatch, terminal=terminal, kind=kind)
    assert written.splitlines() == [f"{id} starting", f"{id} processing", f"{id} succeeded"]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
@pytest.mark.parametrize(("kind", "bar"), [("dumb", False), ("xterm", True), (None, True)])
def test_terminal__of_each_kind_shows_that_the_command_runs(tmp_path: Path, kind: str | None, bar: bool) -> None:
    """`zeroscope run` on a pseudo-terminal draws a bar where it can, and otherwise prints each status with the ID."""
    import pty

    environment = {name: value for name, value in os.environ.items() if name != "TERM"}
    if kind is not None:
        environment["TERM"] = kind
    arguments = ["run", "mock:fail out of luck", "--mock", "--mock-speed", "1000"]
    leader, follower = pty.openpty()
    with subprocess.Popen([*COMMAND, *arguments], cwd=tmp_path, env=environment, stderr=follower) as process:
        os.close(follower)
        written = b""
        # Linux reports the end of a pseudo-terminal as an error.
        with contextlib.suppress(OSError):
            while chunk := os.read(leader, 4096):
                written += chunk
    os.close(leader)
    assert process.returncode == 1
    assert b"zeroscope: " in written
    assert (b"\x1b[" in written) == bar
    assert bar or len(re.findall(rb"^\w{26} (?:starting|processing|failed)\r$", written, re.MULTILINE)) >= 2
