"""Fixtures of the tests on sockets."""

from __future__ import annotations

import pytest

from zeroscope_mock.doors import http_server


@pytest.fixture(params=["uvloop", "asyncio"])
def event_loop_kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The event loop of the servers; that of asyncio is the only one on Windows."""
    kind: str = request.param
    if kind == "uvloop":
        pytest.importorskip("uvloop")
    else:
        monkeypatch.setattr(http_server, "_loop_factory", lambda: None)
    return kind
