"""Batches whose processes are killed at random moments."""

from __future__ import annotations

import os

import pytest

from helpers.kills import INPUTS, kill_batches


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_random_kills__double_and_lose_nothing() -> None:
    """Whenever a process is killed, the last run has a prediction for every input, and no input is paid for twice."""
    counts = kill_batches(kills=15, seed=15)
    print(counts)
    assert counts.kills == 15
    assert counts.created == counts.inputs == counts.batches * INPUTS
    assert (counts.doubled, counts.lost, counts.wrong, counts.missing, counts.unknown) == (0, 0, 0, 0, 0)
