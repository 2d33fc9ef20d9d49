"""A prediction's events, live and replayed from any of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zeroscope_mock import MockServer, VirtualClock
from zeroscope_mock.operations.streams import KEEP_ALIVE

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
AUTH = {"Authorization": "Bearer a-token-of-a-test"}
API = "https://api.replicate.com/v1"
# Starts after 2 s and runs for 10 s, with an output every 2.5 s.
GRADUAL = {
    "startup": 2,
    "run": 10,
    "gradual": True,
    "outputs": 3,
    "logs": [{"at": 0, "text": "first"}, {"at": 4.2, "text": "second"}],
}


@dataclass(frozen=True)
class Event:
    name: str
    data: str
    id: str


def read(lines: Iterable[str]) -> list[Event]:
    """The events in a stream, read line by line as the HTML standard says."""
    events: list[Event] = []
    name, data, id = "message", list[str](), ""
    for line in lines:
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match field:
            case "" if line:
                pass  # a comment
            case "":
                # Without data nothing has happened.
                events.extend([Event(name, "\n".join(data), id)] if data else [])
                name, data = "message", []
            case "event":
                name = value
            case "data":
                data.append(value)
            case "id":
                id = value
            case _:
                raise AssertionError(f"no field: {line!r}")
    return events


def lines_of(text: str) -> list[str]:
    """The lines of a stream; not `splitlines`, which knows more ends of lines than the standard."""
    *lines, rest = re.split("\r\n|\r|\n", text)
    assert rest == ""
    return lines


def client_of(server: MockServer, **changes: Any) -> httpx.Client:
    return httpx.Client(**{"transport": server.transport, "base_url": API, "headers": AUTH, "timeout": None, **changes})


def create(api: httpx.Client, stream: bool | None = True, **fields: Any) -> dict[str, Any]:
    """A new prediction that has a stream."""
    sent = {"version": VERSION, "input": fields, **({} if stream is None else {"stream": stream})}
    response = api.post("/predictions", json=sent)
    assert response.status_code == 201, response.text
    body: dict[str, Any] = response.json()
    return body


def replay(api: httpx.Client, url: str, last: str | None = None) -> list[Event]:
    """All events after the last event id."""
    response = api.get(url, headers={} if last is None else {"Last-Event-ID": last})
    assert (response.status_code, response.headers["content-type"]) == (200, "text/event-stream")
    return read(lines_of(response.content.decode()))


def live(api: httpx.Client, url: str, cancel: str | None = None, after: int = 0) -> list[Event]:
    """The events as they arrive; after a number of them the prediction is canceled, if a URL for that is given."""
    events: list[Event] = []
    with api.stream("GET", url) as response:
        for piece in response.iter_raw():
            events += read(lines_of(piece.decode()))
            if cancel and len(events) == after:
                api.post(cancel)
    return events


def test_stream__is_written_as_the_standard_says(server: MockServer) -> None:
    """Each event has its name, its id and its data, and an empty line ends it."""
    server.scripts.add({"startup": 0, "run": 1, "outputs": 1, "logs": ["one\n\ntwo"]})
    with client_of(server) as api:
        prediction = create(api)
        response = api.get(prediction["urls"]["stream"])

    assert dict(response.headers) == {"content-type": "text/event-stream", "cache-control": "no-store"}
    assert response.content.decode() == (
        "event: logs\nid: 1-0\ndata: one\ndata: \ndata: two\ndata: \n\n"
        f"event: output\nid: 1-1\ndata: {API}/outputs/{prediction['id']}/output-0.mp4\n\n"
        "event: done\nid: 1-1-done\ndata: {}\n\n"
    )


def test_stream__is_live(server: MockServer) -> None:
    """Each event arrives at its own time, and the first long before the end."""
    server.scripts.add(GRADUAL)
    with client_of(server) as api:
        url = create(api)["urls"]["stream"]
        times: list[tuple[str, float]] = []
        with api.stream("GET", url) as response:
            for piece in response.iter_raw():
                times += [(event.name, server.clock.monotonic()) for event in read(lines_of(piece.decode()))]

    assert [name for name, _ in times] == ["logs", "output", "logs", "output", "output", "done"]
    assert [time for _, time in times] == pytest.approx([2, 4.5, 6.2, 7, 9.5, 12], abs=1e-4)


@pytest.mark.anyio
async def test_stream__reaches_concurrent_tasks(server: MockServer) -> None:
    """Tasks that follow one stream each see every event at its own time."""
    server.scripts.add(GRADUAL, times=None)
    seen: dict[int, list[float]] = {0: [], 1: []}

    async def follow(number: int) -> None:
        async with httpx.AsyncClient(transport=server.transport, base_url=API, headers=AUTH, timeout=None) as api:
            sent = {"version": VERSION, "input": {}, "stream": True}
            url = (await api.post("/predictions", json=sent)).json()["urls"]["stream"]
            async with api.stream("GET", url) as response:
                async for _ in response.aiter_raw():
                    seen[number].append(server.clock.monotonic())

    async with anyio.create_task_group() as group:
        for number in seen:
            group.start_soon(follow, number)

    for times in seen.values():
        assert times == pytest.approx([2, 4.5, 6.2, 7, 9.5, 12], abs=1e-4)


@pytest.mark.anyio
async def test_stream__ends_when_another_task_cancels(server: MockServer) -> None:
    """The cancel is sent within half a second of the clock."""
    server.scripts.add(GRADUAL)
    events: list[Event] = []
    async with httpx.AsyncClient(transport=server.transport, base_url=API, headers=AUTH, timeout=None) as api:
        sent = {"version": VERSION, "input": {}, "stream": True}
        urls = (await api.post("/predictions", json=sent)).json()["urls"]

        async def cancel() -> None:
            await server.clock.sleep_async(5.3)
            await api.post(urls["cancel"])

        async with anyio.create_task_group() as group:
            group.start_soon(cancel)
            async with api.stream("GET", urls["stream"]) as response:
                async for piece in response.aiter_raw():
                    events += read(lines_of(piece.decode()))

    assert [event.name for event in events] == ["logs", "output", "done"]
    assert json.loads(events[-1].data) == {"reason": "canceled"}
    assert 5.3 <= server.clock.monotonic() <= 5.8


def test_stream__over_a_socket_is_not_collected() -> None:
    """An event arrives before the next one is even possible."""
    with MockServer(clock="real", speed=50) as server, server.listen() as listening:
        server.scripts.add({"reads": 2, "outputs": 1, "logs": ["one"]})
        with httpx.Client(base_url=f"{listening.url}/v1", headers=AUTH) as api:
            urls = create(api)["urls"]
            api.get(urls["get"])
            events: list[Event] = []
            with api.stream("GET", urls["stream"]) as response:
                for piece in response.iter_raw():
                    events += read(lines_of(piece.decode()))
                    # Only this makes the rest happen.
                    api.get(urls["get"])

    assert [event.name for event in events] == ["logs", "output", "done"]


def test_stream__over_a_socket_runs_on_a_real_clock() -> None:
    """The last event closes the stream."""
    with MockServer(clock="real", speed=50) as server, server.listen() as listening:
        server.scripts.add(GRADUAL)
        with httpx.Client(base_url=f"{listening.url}/v1", headers=AUTH) as api:
            events = replay(api, create(api)["urls"]["stream"])

    assert [event.name for event in events] == ["logs", "output", "logs", "output", "output", "done"]


@pytest.mark.parametrize(
    ("setting", "script", "asked", "expected"),
    [
        (None, None, None, True),
        (None, None, False, True),
        (None, None, True, True),
        (True, None, None, True),
        (True, None, False, True),
        (False, None, True, False),
        (None, True, None, True),
        (None, False, True, False),
        (True, False, True, False),
        (False, True, False, True),
    ],
)
def test_stream__is_optional(setting: bool | None, script: bool | None, asked: bool | None, expected: bool) -> None:
    """The script overrides the server's setting, which overrides the request; without a stream it has no URL."""
    server = MockServer(streams=setting)
    if script is not None:
        server.scripts.add({"streams": script})
    with client_of(server) as api:
        prediction = create(api, stream=asked)

        assert ("stream" in prediction["urls"]) is expected
        assert api.get(f"/streams/{prediction['id']}").status_code == (200 if expected else 404)


@pytest.mark.parametrize(
    ("setting", "asked", "expected"),
    [(None, None, False), (None, False, False), (None, True, True), (True, None, True), (False, True, False)],
)
def test_stream__is_asked_for_as_published(setting: bool | None, asked: bool | None, expected: bool) -> None:
    """The published description has streams for requests that ask for one; the setting overrides the request."""
    server = MockServer(streams=setting, dialect="published")
    body = {"version": VERSION, "input": {}, **({} if asked is None else {"stream": asked})}
    with client_of(server) as api:
        prediction = api.post("/predictions", json=body).json()[0]

        assert ("stream" in prediction["urls"]) is expected


def test_stream__is_gone_with_the_data(server: MockServer) -> None:
    """An hour after the end there is nothing to replay, nor is there for an unknown prediction."""
    server.scripts.add({"startup": 1, "run": 1})
    with client_of(server) as api:
        url = create(api)["urls"]["stream"]
        server.clock.advance(3601)
        assert api.get(url).status_code == 200
        server.clock.advance(1)

        assert api.get(url).status_code == 404
        assert api.get("/streams/unknown").status_code == 404


def test_stream__needs_no_token_and_supports_head(server: MockServer) -> None:
    """Browsers send no headers with an event source; HEAD returns the headers without waiting."""
    with client_of(server) as api:
        url = create(api)["urls"]["stream"]
    with client_of(server, headers={}) as anyone:
        head = anyone.head(url)
        assert server.clock.monotonic() == 0
        assert replay(anyone, url)[-1].name == "done"

    assert (head.status_code, head.headers["content-type"], head.content) == (200, "text/event-stream", b"")


@pytest.mark.parametrize(
    ("script", "names", "last"),
    [
        ({"logs": []}, ["output", "done"], {}),
        ({"logs": [], "outputs": 0}, ["done"], {}),
        ({"logs": ["x"], "outputs": 2}, ["logs", "output", "output", "done"], {}),
        ({"logs": ["x"], "error": "a\nb"}, ["logs", "error", "done"], {"reason": "error"}),
        ({"logs": ["x"], "outcome": "canceled"}, ["logs", "done"], {"reason": "canceled"}),
        ({"logs": ["x"], "outcome": "aborted"}, ["done"], {"reason": "canceled"}),
        ({"logs": ["x"], "progression": "once"}, ["logs", "output", "done"], {}),
        ({"logs": ["x", {"at": 1e308, "text": "never"}]}, ["logs", "output", "done"], {}),
        ({"logs": [], "run": 1e-320, "gradual": True, "outputs": 2}, ["output", "output", "done"], {}),
        ({"logs": ["x"], "run": 1, "gradual": True, "removed": True}, ["logs", "output", "done"], {}),
    ],
)
def test_stream__always_ends_with_done(
    server: MockServer, script: dict[str, Any], names: list[str], last: dict[str, str]
) -> None:
    """However a prediction ends, the last event says so."""
    server.scripts.add(script)
    with client_of(server) as api:
        events = live(api, create(api)["urls"]["stream"])

    assert [event.name for event in events] == names
    assert json.loads(events[-1].data) == last
    assert [json.loads(event.data) for event in events if event.name == "error"] == (
        [{"detail": "a\nb"}] if "error" in names else []
    )


@pytest.mark.parametrize(
    ("output", "data"),
    [
        (["a\nb", ""], ["a\nb", ""]),
        ("a\r\nb\rc", ["a\nb\nc"]),
        ({"a": ["ü", None]}, ['{"a": ["ü", null]}']),
        ([None, 1, [], {}], ["null", "1", "[]", "{}"]),
        ([], []),
        ({}, ["{}"]),
        (0, ["0"]),
        (False, ["false"]),
        ("", [""]),
    ],
)
@pytest.mark.parametrize("gradual", [False, True])
def test_output__may_be_any_value(server: MockServer, output: Any, data: list[str], gradual: bool) -> None:
    """Texts are sent as they are and other values as JSON, a list item by item; the prediction's output is the same."""
    server.scripts.add({"logs": [], "output": output, "gradual": gradual})
    with client_of(server) as api:
        prediction = create(api)
        events = live(api, prediction["urls"]["stream"])
        body = api.get(prediction["urls"]["get"]).json()
        assert api.get(f"/outputs/{prediction['id']}/output-0.mp4").status_code == 404

    assert body["output"] == output
    assert [event.data for event in events if event.name == "output"] == data


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "  indented",
        "\n\n",
        "a\r\nb\rc",
        "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg",
        "id: 9\n\nevent: done",
        ":",
        "\x00\ud800",
    ],
)
def test_log__may_be_any_text(server: MockServer, text: str) -> None:
    """No text breaks out of its event, and only the standard's ends of lines split it."""
    server.scripts.add({"logs": [text, "next"]})
    with client_of(server) as api:
        events = replay(api, create(api)["urls"]["stream"])

    whole = (text if text.endswith("\n") else f"{text}\n").replace("\ud800", "?")
    assert [event.name for event in events] == ["logs", "logs", "output", "done"]
    assert [event.data for event in events[:2]] == [re.sub("\r\n|\r", "\n", whole), "next\n"]


TIMES = st.integers(0, 12).map(lambda number: number / 2)
SCRIPTS = st.fixed_dictionaries(
    {"startup": TIMES, "run": TIMES},
    optional={
        "logs": st.lists(
            st.text("ab \n\r\u2028", max_size=4)
            | st.fixed_dictionaries({"at": TIMES, "text": st.text("cd", max_size=2)}),
            max_size=5,
        ),
        "gradual": st.booleans(),
        "outputs": st.integers(0, 4),
        "output": st.lists(st.text("xy\n", max_size=2), max_size=4) | st.text("xy", min_size=1, max_size=2),
        "outcome": st.sampled_from(["succeeded", "failed", "canceled", "aborted"]),
        "removed": st.just(False),
    },
)


@settings(max_examples=150)
@given(script=SCRIPTS, after=st.none() | st.integers(1, 8), steps=st.integers(1, 3))
def test_replay__gives_exactly_the_rest(script: dict[str, Any], after: int | None, steps: int) -> None:
    """A replay equals the live events, from the start and from every event, also when it is canceled meanwhile."""
    server = MockServer()
    server.scripts.add(script)
    with client_of(server) as api:
        prediction = create(api, num_inference_steps=steps)
        urls = prediction["urls"]
        came = live(api, urls["stream"], urls["cancel"] if after else None, after or 0)
        logs = api.get(urls["get"]).json()["logs"]

        assert replay(api, urls["stream"]) == came
        for place, event in enumerate(came):
            assert replay(api, urls["stream"], event.id) == (came[place + 1 :] or came[-1:])

    assert came[-1].name == "done"
    assert len({event.id for event in came}) == len(came)
    sent = "".join(event.data for event in came if event.name == "logs")
    assert sent == re.sub("\r\n|\r", "\n", logs)


@pytest.mark.parametrize("last", ["", "nonsense", "1", "1-0-0", "-1-0", "1-0-more", "x1-0", "9" * 5000 + "-0", "é"])
def test_last_event_id__unknown_replays_from_the_start(server: MockServer, last: str) -> None:
    """An id that no event has leaves nothing out."""
    server.scripts.add({"logs": ["one"]})
    with client_of(server) as api:
        url = create(api)["urls"]["stream"]
        response = api.get(url, headers={b"Last-Event-ID": last.encode()})

        assert read(lines_of(response.text)) == replay(api, url)


@pytest.mark.parametrize(("script", "after"), [(GRADUAL, 2), ({"logs": [], "outputs": 3}, 1)])
def test_reader__may_be_slow(server: MockServer, script: dict[str, Any], after: int) -> None:
    """A client that reads on after the removal of the data still gets the events of the open stream."""
    server.scripts.add(script, times=None)
    with client_of(server) as api:
        expected = [event.name for event in live(api, create(api)["urls"]["stream"])]
        names: list[str] = []
        with api.stream("GET", create(api)["urls"]["stream"]) as response:
            for piece in response.iter_raw():
                names += [event.name for event in read(lines_of(piece.decode()))]
                if len(names) == after:
                    server.clock.advance(7200)

    assert names == expected


def test_line__printed_before_an_output_is_sent_first(server: MockServer) -> None:
    """A line that the model prints before an output is sent before it."""
    server.scripts.add({**GRADUAL, "logs": [{"at": at, "text": "x"} for at in (2.5, 5, 7.6)]})
    with client_of(server) as api:
        events = live(api, create(api)["urls"]["stream"])

    assert [event.id for event in events] == ["1-0", "1-1", "2-1", "2-2", "2-3", "3-3", "3-3-done"]


def test_outputs__made_before_a_cancel_stay_in_the_stream(server: MockServer) -> None:
    """The prediction's output is null then, but no event is revoked."""
    server.scripts.add(GRADUAL)
    with client_of(server) as api:
        prediction = create(api)
        server.clock.advance(8)
        canceled = api.post(prediction["urls"]["cancel"]).json()

        names = [event.name for event in replay(api, prediction["urls"]["stream"])]

    assert canceled["output"] is None
    assert names == ["logs", "output", "logs", "output", "done"]


def test_reads__move_the_stream_on(server: MockServer) -> None:
    """With one step per read, the stream waits for reads, not for the clock, and ends with its reader."""
    server.scripts.add({"reads": 3, "logs": ["one", "two"], "outputs": 1})
    with client_of(server, timeout=20) as api:
        urls = create(api)["urls"]
        with pytest.raises(httpx.ReadTimeout):
            api.get(urls["stream"])
        assert server.clock.monotonic() == 20

        api.get(urls["get"])
        names: list[str] = []
        with api.stream("GET", urls["stream"]) as response:
            for piece in response.iter_raw():
                names += [event.name for event in read(lines_of(piece.decode()))]
                api.get(urls["get"])

    assert names == ["logs", "logs", "output", "done"]


def test_stream__ends_even_where_times_are_rounded() -> None:
    """In a far year a moment is known to some microseconds only, and the stream must not wait for the rest of them."""
    server = MockServer(clock=VirtualClock(start=2.5e11 + 0.1))
    server.scripts.add({"startup": 0.3, "run": 0.7, "logs": [{"at": i / 97, "text": "x"} for i in range(60)]})
    with client_of(server) as api:
        events = replay(api, create(api)["urls"]["stream"])

    assert [event.name for event in events] == [*["logs"] * 60, "output", "done"]


def test_silence__is_broken_by_comments(server: MockServer) -> None:
    """Between two events that are far apart comments are sent, for clients that time out on silence."""
    server.scripts.add({"startup": 0, "run": 100, "logs": ["one", {"at": 50, "text": "two"}]})
    silences, heard = list[float](), server.clock.monotonic()
    with client_of(server) as api, api.stream("GET", create(api)["urls"]["stream"]) as response:
        pieces = list[bytes]()
        for piece in response.iter_raw():
            silences.append(server.clock.monotonic() - heard)
            heard = server.clock.monotonic()
            pieces.append(piece)

    assert max(silences) <= KEEP_ALIVE + server.clock.poll_interval
    assert [event.name for event in read(lines_of(b"".join(pieces).decode()))] == ["logs", "logs", "output", "done"]
    assert pieces[1].startswith(b":") and len(pieces) == 4 + 3 + 3
