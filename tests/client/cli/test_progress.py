"""The progress bar, on a terminal and off it."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from helpers.client import prediction_body
from zeroscope import Prediction
from zeroscope._api import PredictionModel
from zeroscope.cli import progress

BAR = "Using seed: 7\n 38%|███▊      | 19/50 [00:02<00:01, 15.8it/s]\n"


def watched(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> str:
    """What is written while a prediction starts, runs and succeeds."""
    written = io.StringIO()

    def console(**_: Any) -> Console:
        return Console(file=written, force_terminal=terminal, width=100)

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


def test_pipe__gets_a_line_for_each_status(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody looks, there is a line for each new status and no bar."""
    id = prediction_body()["id"]
    written = watched(monkeypatch, terminal=False)
    assert written.splitlines() == [f"{id} starting", f"{id} processing", f"{id} succeeded"]
