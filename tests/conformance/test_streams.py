"""Streams: their events, and the outputs that they add up to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from helpers.faulty_servers import DOCUMENT, Mutant, forward, mutant_target
from zeroscope_conformance.lifecycle import LifecycleTracker
from zeroscope_conformance.results import Results
from zeroscope_conformance.scenarios.streams import adds_up, parse_events
from zeroscope_conformance.target import Target
from zeroscope_mock.clocks.virtual import VirtualClock


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("", []),
        ("event: output\nid: 1\ndata: a\n\n", [("output", "a")]),
        ("event: output\r\ndata:  a \r\n\r\nevent:done\r\ndata:{}\r\n\r\n", [("output", " a "), ("done", "{}")]),
        ("event: output\ndata: a\ndata: \ndata: b\n\n", [("output", "a\n\nb")]),
        (": a comment\n\ndata: a\n\n", [("message", "a")]),
        ("event: output\ndata: a\n\nevent: done\ndata: cut", [("output", "a")]),
        ("event: output\ndata\n\n", [("output", "")]),
    ],
)
def test_parse_events__by_the_format(text: str, events: list[tuple[str, str]]) -> None:
    """Lines of data are joined, one space after the colon does not count, and a cut event is none."""
    assert parse_events(text) == events


@pytest.mark.parametrize(
    ("pieces", "output", "passed"),
    [
        (["Once", " upon"], ["Once", " upon"], True),
        (["Once upon"], ["Once", " upon"], True),
        (["Once", " upon"], "Once upon", True),
        (["Once"], ["Once", " upon"], False),
        (["a\nb"], ["a\r\nb"], True),
        ([], [], True),
        (["1", "2"], [1, 2], True),
        (["[1, 2]"], [1, 2], True),
        (["2", "1"], [1, 2], False),
        (['{"a": 1}'], {"a": 1}, True),
        (['{"a": 1'], {"a": 1}, False),
        (['["a"]', '["b"]'], [["a"], ["b"]], True),
        (["a", "1"], ["a", 1], True),
        (["false"], False, True),
    ],
)
def test_adds_up__to_text_and_to_items(pieces: list[str], output: Any, passed: bool) -> None:
    """Text may be cut anywhere; other values come alone or together."""
    assert adds_up(pieces, output) is passed


class Endless(httpx.BaseTransport):
    """A server whose stream sends comments until something stops it."""

    def __init__(self, clock: VirtualClock, *, silent: bool = False) -> None:
        self.sent = 0
        self._clock = clock
        self._silent = silent

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Respond with the stream."""
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=self._chunks())

    def _chunks(self) -> Iterator[bytes]:
        while True:
            self.sent += 1
            yield b": nothing new yet\n\n"
            self._clock.advance(15)
            if self._silent:
                raise httpx.ReadTimeout("nothing arrived")


@pytest.mark.parametrize(("silent", "sent"), [(False, 5), (True, 1)])
def test_stream__that_never_ends(silent: bool, sent: int) -> None:
    """The rest of a stream is not read once the patience is over, or once nothing arrives any more."""
    clock, results = VirtualClock(), Results([], "a-token")
    transport = Endless(clock, silent=silent)
    with httpx.Client(transport=transport) as client:
        tracker = LifecycleTracker(DOCUMENT, results)
        target = Target(client, "http://a.test", "a-token", DOCUMENT, results, tracker, clock, 50.0)
        exchange = target.follow("stream", until=re.compile(b"done"))

    assert exchange.response_body == b": nothing new yet\n\n" * sent


def test_stream__is_read_to_its_end() -> None:
    """What follows the pattern is not read."""
    with mutant_target(Mutant("nothing", "", handle=forward), listening=False) as target:
        created, _ = target.create(DOCUMENT.required_input, stream=True)
        whole = target.follow(created["urls"]["stream"])
        assert b"event: done" in whole.response_body
        assert target.follow(created["urls"]["stream"], until=re.compile(b"event: done")).response_body != b""
