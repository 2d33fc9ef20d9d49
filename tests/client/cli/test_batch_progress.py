"""The progress of a batch on stderr, on a terminal and off it."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from rich.console import Console

from helpers.client import prediction_body
from zeroscope import Prediction, RunResult
from zeroscope._service.api import PredictionModel
from zeroscope.cli import progress
from zeroscope.cli.batch_progress import BatchProgress
from zeroscope.errors import PredictionFailedError


def prediction(id: str, status: str) -> Prediction:
    """Return a prediction."""
    return Prediction(PredictionModel.from_dict(prediction_body(status, id=id)))


def result(one: Prediction, is_failed: bool = False) -> RunResult[Prediction, Any]:
    """Return the result of a prediction."""
    return RunResult(0, {}, one, PredictionFailedError(one, "failed") if is_failed else None)


def shown(width: int, terminal: bool, monkeypatch: pytest.MonkeyPatch, total: int = 10) -> str:
    """Return what is written of a batch of which two have ended and two run, 40 seconds after its begin."""
    written, now = io.StringIO(), [0.0]
    console = Console(file=written, force_terminal=terminal, width=width, height=40, _environ={"TERM": "xterm"})
    monkeypatch.setattr(progress, "Console", lambda **_: console)
    batch = BatchProgress(total, lambda: now[0])
    with batch.show():
        for id in "abcd":
            batch.update(prediction(id, "starting"))
        batch.update(prediction("a", "processing"))
        now[0] = 40
        batch.end(result(prediction("b", "succeeded")))
        batch.end(result(prediction("c", "failed"), is_failed=True))
        batch.save(2)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written.getvalue())


@pytest.mark.parametrize(("width", "has_bar"), [(200, True), (80, True), (40, False), (20, False)])
def test_table__fits_the_terminal(width: int, has_bar: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal gets the counts by status, the time and an estimate of the rest; a narrow one gets no bar."""
    text = shown(width, True, monkeypatch)
    lines = [line.rstrip() for line in re.split(r"[\r\n]+", text)]
    assert max(map(len, lines)) <= width
    rows = {tuple(line.split()) for line in lines}
    assert {("queued", "6"), ("starting", "1"), ("processing", "1"), ("succeeded", "1"), ("failed", "1")} <= rows
    assert ("saved", "2") in rows
    assert ("━" in text) == has_bar
    assert "2/10, 0:40, about" in text
    assert width < 40 or "2/10, 0:40, about 2:40 left" in text


def test_pipe__gets_a_line_for_each_tenth(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a terminal there is a line for each tenth of the batch, and none for each poll."""
    assert shown(80, False, monkeypatch).splitlines() == [
        "1/10 ended: 6 queued, 2 starting, 1 processing, 1 succeeded; 0:40, about 6:00 left",
        "2/10 ended: 6 queued, 1 starting, 1 processing, 1 succeeded, 1 failed; 0:40, about 2:40 left",
    ]
    assert shown(80, False, monkeypatch, total=100) == ""


def test_resumed__inputs_have_no_part_in_the_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the journal knew took no time, so that the others are not estimated by it."""
    now = [0.0]
    batch = BatchProgress(10, lambda: now[0])
    for id in "abcdef":
        batch.end(result(prediction(id, "succeeded")))
    batch.update(prediction("g", "starting"))
    now[0] = 30
    batch.end(result(prediction("g", "succeeded")))
    assert batch._estimate.rest == 90
    assert batch.counts == {"queued": 3, "succeeded": 7}
