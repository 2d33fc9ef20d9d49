"""Timestamps of the service, read."""

from __future__ import annotations

from typing import Any

import pytest

from zeroscope_conformance.timestamps import parse_timestamp


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("2026-01-01T00:00:00Z", True),
        ("2026-01-01T00:00:00.123456789Z", True),
        ("2026-01-01T00:00:00+02:00", True),
        ("2026-01-01T20:00:84Z", False),
        ("2026-01-01T00:00:00", False),
        ("2026-01-01T00:00:00.1234567890Z", False),
        ("yesterday", False),
        (None, False),
    ],
)
def test_parse_timestamp(text: Any, valid: bool) -> None:
    """A timestamp has an offset and at most nine digits of a second; anything else is None."""
    assert (parse_timestamp(text) is not None) == valid
