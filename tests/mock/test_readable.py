"""Servers, journals, clocks and listening sockets in consoles and notebooks."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from helpers.html_tags import Tags
from zeroscope_mock import MockServer, RealClock, VirtualClock

TOKEN = "r8_a-token-that-must-show-nowhere"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\x1b[31m"


@pytest.fixture
def server() -> MockServer:
    """A server that has made a prediction and refused a request."""
    server = MockServer()
    with server.client(token=TOKEN) as client:
        client.run(prompt=HOSTILE, num_frames=8)
    headers = {"authorization": f"Bearer {TOKEN}"}
    httpx.Client(transport=server.transport).get(f"https://api.test/v1/{HOSTILE[:-5]}", headers=headers)
    return server


def test_server__shows_its_state(server: MockServer) -> None:
    """Addresses, models, counts, speed and clock are there; open sockets are links, closed ones are not."""
    assert repr(server) == f"<MockServer predictions: 1, exchanges: {len(server.journal)}, {server.clock!r}>"
    with server.listen() as listening:
        assert listening.url in repr(server)
        shown = Tags(server._repr_html_())
        assert [each["href"] for name, each in shown.tags if name == "a"] == [listening.url]
        assert repr(listening) == f"<Listening {listening.url}>" and "<a href=" in listening._repr_html_()
    for text in ("anotherjesse/zeroscope-v2-xl", "1 succeeded", "VirtualClock", "speed1"):
        assert text in shown.text
    assert "<a href=" not in server._repr_html_() and "no address" in server._repr_html_()
    assert repr(listening) == f"<Listening {listening.url}, closed>" and "<a" not in listening._repr_html_()


def test_journal__is_a_table(server: MockServer) -> None:
    """The table has the rows of the text, each cell in its own column."""
    shown = Tags(server.journal._repr_html_())
    assert [name for name, _ in shown.tags].count("tr") == len(str(server.journal).splitlines()) + 1
    for text in ("createPrediction", "succeeded", "404", "what happened"):
        assert text in shown.text


def test_journal__says_what_is_missing() -> None:
    """An empty journal is said to be, and exchanges that were dropped are counted."""
    server = MockServer(journal_limit=2)
    assert Tags(server.journal._repr_html_()).text == "No request has reached the server." == str(server.journal)
    for _ in range(5):
        httpx.Client(transport=server.transport).get("https://api.test/v1/nothing")
    assert "3 earlier ones are left out, of which the journal dropped 3." in Tags(server.journal._repr_html_()).text
    assert "3 dropped" in Tags(server._repr_html_()).text


def test_html__is_passive_and_without_tokens(server: MockServer) -> None:
    """A prompt or a path cannot run anything in the notebook, and no token shows."""
    for shown in (server, server.journal, server.clock):
        view: Any = shown
        text: str = view._repr_html_()
        assert Tags(text).is_passive() and "<img" not in text and "<script" not in text and "\x1b" not in text
        assert TOKEN not in text + repr(shown) + str(shown)


@pytest.mark.parametrize("cls", [VirtualClock, RealClock])
def test_clock__shows_time_and_whether_it_is_frozen(cls: Any) -> None:
    """A clock shows its time of day, and whether it stands still."""
    clock = cls()
    clock.freeze()
    clock.set(1_767_225_600.5)
    assert repr(clock) == f"<{cls.__name__} 2026-01-01T00:00:00.500000Z, frozen>"
    assert "2026-01-01T00:00:00.500000Z" in clock._repr_html_() and "frozen: only" in clock._repr_html_()
    clock.run()
    assert "frozen>" not in repr(clock) and "not frozen" in clock._repr_html_()


@pytest.mark.parametrize("seconds", [-1e12, 1e12, -62_135_596_801.0])
def test_clock__shows_any_time(seconds: float) -> None:
    """A clock that is set to a year that no calendar has is shown all the same."""
    clock = VirtualClock(seconds)
    assert repr(clock).startswith("<VirtualClock ") and clock._repr_html_()
