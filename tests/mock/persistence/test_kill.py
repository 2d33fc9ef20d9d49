"""Kills of real servers at random moments, under load from several clients."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.server_kills import kill_servers

KINDS = {"virtual": ("--clock", "virtual"), "real": ("--clock", "real", "--speed", "20")}


@pytest.mark.parametrize("clock", KINDS)
def test_kill__loses_nothing_that_was_answered(tmp_path: Path, clock: str) -> None:
    """A few kills, one after another, of servers that use the same file."""
    assert kill_servers(tmp_path / "state", 2, 5, *KINDS[clock])["answers"] > 3


@pytest.mark.slow
@pytest.mark.parametrize("clock", KINDS)
def test_kill__loses_nothing_at_fifty_moments(tmp_path: Path, clock: str) -> None:
    """What clients and receivers were shown is there after each of 25 kills; the counts are printed."""
    counts = kill_servers(tmp_path / "state", 25, 18, *KINDS[clock])
    print(counts)
    assert counts["answers"] > 500 and counts["webhooks"] > 20
