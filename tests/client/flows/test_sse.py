"""The parser of server-sent events by itself."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zeroscope._flows import sse as _sse
from zeroscope._flows.sse import EventParser, ServerSentEvent


def parsed(*pieces: bytes) -> list[ServerSentEvent]:
    """All events in some pieces."""
    parser = EventParser()
    return [event for piece in pieces for event in parser.feed(piece)]


def event(data: str, name: str = "message", id: str = "") -> ServerSentEvent:
    """An event."""
    return ServerSentEvent(name, data, id)


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"", []),
        (b"data: a\n\n", [event("a")]),
        (b"data: a\r\n\r\n", [event("a")]),
        (b"data: a\r\rdata: b\r\r", [event("a"), event("b")]),
        (b"data: a\n\rdata: b\n\n", [event("a"), event("b")]),
        (b"data: a\ndata: b\n\n", [event("a\nb")]),
        (b"data\n\n", [event("")]),
        (b"data:\n\n", [event("")]),
        (b"data:a\n\n", [event("a")]),
        (b"data:  a\n\n", [event(" a")]),
        (b"data: a: b\n\n", [event("a: b")]),
        (b"data: a\n", []),
        (b"data: a", []),
        (b"event: logs\nid: 7\ndata: a\n\n", [event("a", "logs", "7")]),
        (b"event: logs\n\ndata: a\n\n", [event("a")]),
        (b"event:\ndata: a\n\n", [event("a")]),
        (b"id: 7\n\ndata: a\n\n", [event("a", id="7")]),
        (b"id: 7\ndata: a\n\ndata: b\n\n", [event("a", id="7"), event("b", id="7")]),
        (b"id: 7\ndata: a\n\nid\ndata: b\n\n", [event("a", id="7"), event("b")]),
        (b"id: 7\ndata: a\n\nid: 8\x00\ndata: b\n\n", [event("a", id="7"), event("b", id="7")]),
        (b": nothing new yet\n\ndata: a\n\n", [event("a")]),
        (b"data: a\n: in between\ndata: b\n\n", [event("a\nb")]),
        (b"colour: red\ndata: a\n\n", [event("a")]),
        (b" data: a\n\n", []),
        (b"\xef\xbb\xbfdata: a\n\n", [event("a")]),
        (b"data: \xef\xbb\xbfa\n\n", [event("\ufeffa")]),
        ("data: 38%|███▊\n\n".encode(), [event("38%|███▊")]),
        (b"data: \xff\n\n", [event("\ufffd")]),
        ("data: a\u2028b\x85c\n\n".encode(), [event("a\u2028b\x85c")]),
    ],
)
def test_stream__is_read_as_the_standard_says(stream: bytes, events: list[ServerSentEvent]) -> None:
    """Fields, comments, line ends and marks are taken as the HTML standard takes them, however the bytes are cut."""
    assert parsed(stream) == events
    assert parsed(*(stream[position : position + 1] for position in range(len(stream)))) == events


@given(
    st.lists(st.sampled_from(["data: a", "data", "id: 1", "event: logs", ":", "", "\r", "\n", "\r\n", "é█", "x"])),
    st.lists(st.integers(0, 200)),
)
def test_cuts__make_no_difference(parts: list[str], cuts: list[int]) -> None:
    """Any cut of any stream gives the same events as the whole."""
    stream = "".join(parts).encode()
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    pieces = [stream[start:end] for start, end in pairwise(places)]
    assert parsed(*pieces) == parsed(stream)


@given(st.binary())
def test_any_bytes__are_no_surprise(stream: bytes) -> None:
    """Whatever comes is events, or none."""
    assert all(isinstance(each, ServerSentEvent) for each in parsed(stream))


@pytest.mark.parametrize(
    ("stream", "retry"),
    [(b"", None), (b"retry: 1500\n", 1500), (b"retry: soon\n", None), (b"retry: -1\n", None), (b"retry: \n", None)],
)
def test_retry__is_a_number_of_milliseconds(stream: bytes, retry: int | None) -> None:
    """The pause that a server asks for is kept, and nothing else is taken for one."""
    parser = EventParser()
    parser.feed(stream)
    assert parser.retry == retry


@pytest.mark.parametrize(
    "stream", [b"data: aaaaaaaaaaaaaaaaaaaaaaaa", b"data: aaaaaaaa\n" * 3, b"data\n" * 30, b"data: \n" * 30]
)
def test_endless_event__is_refused(stream: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server cannot fill the memory with one event; many short ones are fine."""
    monkeypatch.setattr(_sse, "MAX_EVENT_LENGTH", 20)
    with pytest.raises(ValueError, match="longer than 20 characters"):
        parsed(stream)
    assert len(parsed(b"data: aaaaaaaa\n\n" * 50)) == 50


def test_id__that_is_too_long_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """IDs are remembered, so their length has a limit; the one before stays in force."""
    monkeypatch.setattr(_sse, "MAX_ID_LENGTH", 5)
    events = parsed(b"id: 12345\ndata: a\n\nid: 123456\ndata: b\n\n")
    assert [event.id for event in events] == ["12345", "12345"]
