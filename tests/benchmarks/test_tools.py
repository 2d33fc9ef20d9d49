"""Estimate of the time of all tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# Like `make`, which runs benchmarks/ from there.
sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.rows.tools import estimate


@pytest.mark.parametrize(
    ("sample", "cores", "seconds"),
    [(10.0, 2, 10.0), (14.0, 1, 74.0), (14.0, 2, 42.0), (14.0, 16, 14.0), (9.9, 2, 10.0)],
)
def test_estimate__counts_the_start_once(sample: float, cores: int, seconds: float) -> None:
    """Only the tests are extrapolated, and divided among the cores."""
    assert estimate(10, sample, 16, cores) == seconds
