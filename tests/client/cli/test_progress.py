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


def predictions(*states: tuple[str, str, str]) -> list[Prediction]:
    """Return predictions with an ID, a status and a log."""
    bodies = [prediction_body(status, id=id, logs=logs) for id, status, logs in states]
    return [Prediction(PredictionModel.from_dict(body)) for body in bodies]


@pytest.mark.parametrize(
    ("width", "shown", "hidden"),
    [
        (200, ["gm3q processing", "19/50", "━", "0:00"], []),
        (60, ["gm3q processing", "19/50", "0:00"], ["━"]),
        (20, ["processing", "19/50", "0:00"], ["━", "gm3q"]),
    ],
)
def test_bar__fits_the_terminal(
    width: int, shown: list[str], hidden: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A narrow terminal gets no bar, and a very narrow one no ID, so that no line is broken."""
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=width, _environ={"TERM": "xterm"})
    monkeypatch.setattr(progress, "Console", lambda **_: console)
    with progress.watch() as update:
        for prediction in predictions(("gm3q", "processing", BAR)):
            update(prediction)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written.getvalue())
    assert [each for each in shown if each not in text] == [] and [each for each in hidden if each in text] == []
    assert max(len(line) for line in re.split(r"[\r\n]", text)) <= width


@pytest.mark.parametrize("terminal", [False, True])
def test_several__have_a_line_each(terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Predictions that run side by side are shown by their IDs, each with its own steps."""
    written = io.StringIO()
    console = Console(file=written, force_terminal=terminal, width=100, _environ={"TERM": "xterm"})
    monkeypatch.setattr(progress, "Console", lambda **_: console)
    with progress.watch() as update:
        for prediction in predictions(
            ("one", "starting", ""), ("two", "starting", ""), ("one", "processing", BAR), ("two", "starting", "")
        ):
            update(prediction)
    text = written.getvalue()
    if terminal:
        assert "one processing" in text and "two starting" in text and "19/50" in text
    else:
        assert text.splitlines() == ["one starting", "two starting", "one processing"]


def test_lines__come_now_and_then_while_steps_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe gets a line with the steps and the estimated rest after half a minute, not after each poll."""
    written, now = io.StringIO(), [0.0]
    monkeypatch.setattr(progress, "Console", lambda **_: Console(file=written, force_terminal=False, width=100))
    monkeypatch.setattr(progress.Estimate, "__init__", lambda self: progress_init(self, lambda: now[0]))
    with progress.watch() as update:
        for seconds, step in ((0, 10), (10, 15), (20, 20), (40, 30), (50, 35)):
            now[0] = seconds
            for prediction in predictions(("gm3q", "processing", BAR.replace("19/50", f"{step}/50"))):
                update(prediction)
    assert written.getvalue().splitlines() == ["gm3q processing", "gm3q processing 30/50, 0:40, about 0:40 left"]


progress_init = progress.Estimate.__init__


def test_estimate__follows_the_steps() -> None:
    """The rest is known from the second step on, shrinks with time, is never negative, and begins anew with a stage."""
    now = [100.0]
    estimate = progress.Estimate(lambda: now[0])
    estimate.update(10, 50)
    assert estimate.rest is None and str(estimate) == "0:00"
    now[0] = 120
    estimate.update(20, 50)
    assert estimate.elapsed == 20 and estimate.rest == pytest.approx(60)
    now[0] = 130
    estimate.update(20, 50)
    assert estimate.rest == 50 and str(estimate) == "0:30, about 0:50 left"
    now[0] = 3730
    assert estimate.rest == 0 and str(estimate) == "1:00:30, about 0:00 left"
    estimate.update(1, 50)
    assert estimate.rest is None
    estimate.update(50, 50)
    assert estimate.rest is None
