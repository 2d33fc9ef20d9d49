"""Fixtures for flows that are stepped through by hand."""

from __future__ import annotations

import pytest

from helpers.client import BASE_URL, FakeClock
from zeroscope import Retry
from zeroscope._flows.request import Sender
from zeroscope._service.responses import ResponseParser


@pytest.fixture
def clock() -> FakeClock:
    """A clock that the test moves."""
    return FakeClock(now=1000.0)


@pytest.fixture
def sender(clock: FakeClock) -> Sender:
    """A sender that retries, without randomness."""
    parser = ResponseParser("secret", BASE_URL)
    return Sender(clock=clock, random=lambda: 0.5, retry=Retry(attempts=3, initial=1.0), parser=parser)
