"""Batches whose processes are killed at random moments."""

from __future__ import annotations

import os

import pytest

from helpers.kills import INPUTS, kill_batches
from zeroscope._flows.request import MAX_IN_FLIGHT


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_random_kills__double_and_lose_nothing() -> None:
    """Whenever a process is killed, no input is paid for twice, and what is unknown was in flight."""
    counts = kill_batches(kills=15, seed=15)
    print(counts)
    assert counts.kills == 15
    assert counts.inputs == counts.batches * INPUTS
    assert (counts.doubled, counts.lost, counts.wrong, counts.missing) == (0, 0, 0, 0)
    assert counts.created + counts.unknown >= counts.inputs
    # How many creates are in flight at so few moments is chance; the whole run has a limit.
    assert counts.unknown <= counts.kills * MAX_IN_FLIGHT
