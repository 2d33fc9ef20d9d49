"""Fixtures for all tests."""

from __future__ import annotations

import pytest

from support import Shell


@pytest.fixture(params=["sync", "async"])
def shell(request: pytest.FixtureRequest) -> Shell:
    """The sync client and the async client, in turn."""
    return Shell(request.param)


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on the settings of whoever runs it."""
    monkeypatch.delenv("REPLICATE_API_TOKEN", raising=False)
    monkeypatch.delenv("ZEROSCOPE_BASE_URL", raising=False)
