"""Events derived from the states and the stream of a prediction."""

from __future__ import annotations

from typing import Any

import pytest

from helpers.client import prediction_body
from helpers.events import event_names
from zeroscope._flows.changes import ChangeDetector
from zeroscope._service.api import PredictionModel
from zeroscope.state import PredictionState

BAR = " 38%|███▊      | 19/50 [00:02<00:01, 15.8it/s]"
RAN = {"started_at": "2023-09-08T16:19:35Z"}


def state(status: str, logs: str | None = "", **fields: Any) -> PredictionState:
    """A prediction as it stands."""
    return PredictionState(PredictionModel.from_dict(prediction_body(status, logs=logs, **fields)))


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([state("starting")], ["starting"]),
        ([state("processing")], ["processing"]),
        ([state("starting"), state("processing")], ["starting", "processing"]),
        ([state("starting"), state("starting", "a\n")], ["starting", "processing", "|a"]),
        ([state("starting"), state("processing", "a\nb")], ["starting", "processing", "|a"]),
        ([state("processing", "a\nb"), state("processing", "a\nbc\n")], ["processing", "|a", "|bc"]),
        ([state("processing", f"{BAR}\n")], ["processing", f"|{BAR}", "38%"]),
        ([state("processing", "a\r\nb\rc\n")], ["processing", "|a", "|b", "|c"]),
        ([state("processing", "a\u2028b\n")], ["processing", "|a\u2028b"]),
        ([state("processing"), state("starting"), state("processing")], ["processing"]),
        (
            [state("processing", "a\nb\n"), state("processing", "a\n"), state("processing", "a\nb\n")],
            ["processing", "|a", "|b"],
        ),
        ([state("starting"), state("queued"), state("processing")], ["starting", "queued", "processing"]),
        (
            [state("starting"), state("succeeded", "a\nb", **RAN)],
            ["starting", "processing", "|a", "|b", "succeeded", "ended succeeded"],
        ),
        ([state("starting"), state("failed", **RAN)], ["starting", "processing", "failed", "ended failed"]),
        ([state("starting"), state("aborted")], ["starting", "aborted", "ended aborted"]),
        ([state("starting"), state("canceled")], ["starting", "canceled", "ended canceled"]),
        (
            [state("succeeded", "a\n", **RAN), state("processing"), state("failed")],
            ["starting", "processing", "|a", "succeeded", "ended succeeded"],
        ),
        ([state("succeeded", None, **RAN)], ["starting", "processing", "succeeded", "ended succeeded"]),
    ],
)
def test_changes__are_reported_once(states: list[PredictionState], expected: list[str]) -> None:
    """Lines are reported once and whole, a skipped status is reported, and one that goes backwards is not."""
    changes: ChangeDetector[PredictionState] = ChangeDetector()
    assert event_names(event for state in states for event in changes.compare(state)) == expected


def test_changes__report_each_line_once() -> None:
    """A line is reported once it is complete, whether the log grows, shrinks or has another kind of line ends."""
    changes: ChangeDetector[PredictionState] = ChangeDetector()
    logs = ["", "a\n", "a\nb\nc", "a\r\nb\r\n", "a\nb\nc\r", "a\nb\nc\r\nd", "a\n", "a\nb\nc\nd\ne\n"]
    states = [*(state("processing", log) for log in logs), state("succeeded", "a\nb\nc\nd\ne\nf\ng")]
    told = event_names(event for each in states for event in changes.compare(each))
    assert told == ["processing", *(f"|{line}" for line in "abcdefg"), "succeeded", "ended succeeded"]
