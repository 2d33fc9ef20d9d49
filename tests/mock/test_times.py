"""Timestamps, written and read."""

from __future__ import annotations

from math import inf

import pytest

from zeroscope_mock.times import read_timestamp, timestamp

NEW_YEAR = 1_483_228_800.0
"""The first second of 2017, in seconds since 1970."""


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2017-01-01T00:00:00Z", NEW_YEAR),
        ("2017-01-01T00:00:00.250Z", NEW_YEAR + 0.25),
        ("2017-01-01t01:30:00+01:30", NEW_YEAR),
        ("2016-12-31T19:00:00-05:00", NEW_YEAR),
        # A leap second is the moment after :59.
        ("2016-12-31T23:59:60Z", NEW_YEAR),
        ("0000-01-01T00:00:00Z", -inf),
    ],
)
def test_timestamp__is_read(text: str, seconds: float) -> None:
    """It may have any offset, and all that RFC 3339 allows."""
    assert read_timestamp(text) == seconds


@pytest.mark.parametrize(
    ("seconds", "digits", "text"),
    [
        (NEW_YEAR, 6, "2017-01-01T00:00:00.000000Z"),
        (NEW_YEAR, 3, "2017-01-01T00:00:00.000Z"),
        (NEW_YEAR + 0.25, 9, "2017-01-01T00:00:00.250000000Z"),
        # The order of moments shows, so digits that count stay.
        (NEW_YEAR + 0.015625, 3, "2017-01-01T00:00:00.015625Z"),
        (inf, 6, "9999-12-31T00:00:00.000000Z"),
    ],
)
def test_timestamp__is_written(seconds: float, digits: int, text: str) -> None:
    """It has at least the digits that are asked for."""
    assert timestamp(seconds, digits) == text
