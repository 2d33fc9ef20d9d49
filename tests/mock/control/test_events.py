"""The stream of events: what it has, when it comes, and what it leaves alone."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Any

import anyio
import httpx
import pytest

from helpers.waiting import LONG, eventually
from zeroscope_mock import MockServer
from zeroscope_mock.control import events
from zeroscope_mock.messages import Head, Request, Stream
from zeroscope_mock.steps import Pause, Watch

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
AUTH = {"Authorization": "Bearer a-token-of-a-test"}
OTHER = {"Authorization": "Bearer another-token-of-a-test"}

Event = tuple[str, Any]


def parse(text: str) -> list[Event]:
    """The names and data of the events in a text."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            value = json.loads(fields["data"])
            number = fields["id"].rpartition("-")[2] if "id" in fields else None
            assert number == (str(value["number"]) if fields["event"] == "exchange" else None)
            found.append((fields["event"], value))
    return found


class Reader:
    """Reads a stream piece by piece, by hand: pauses are passed over, as if their time had come.

    Args:
        server: The server.
        query: The query of the request.
        headers: Its headers.
    """

    def __init__(self, server: MockServer, query: str = "", headers: tuple[tuple[str, str], ...] = ()) -> None:
        response = server.core.handle(Request(Head("GET", "/_mock/events", query, headers)))
        assert response.status == 200 and isinstance(response.body, Stream), response.body
        self.pieces: Iterator[bytes | Pause] = response.body.pieces()
        self.comments = 0

    def read(self) -> list[Event]:
        """The events up to the next wait for something new."""
        found: list[Event] = []
        for piece in self.pieces:
            if isinstance(piece, bytes):
                found += parse(piece.decode())
                self.comments += piece.startswith(b":")
            elif isinstance(piece, Watch) and piece.conditions:
                if found or self.comments:
                    return found
                if not piece.changed:
                    return found
        raise AssertionError("the stream has ended")


def exchanges(found: list[Event]) -> list[tuple[int, str | None]]:
    return [(value["number"], value["operation"]) for name, value in found if name == "exchange"]


def test_stream__begins_with_the_latest_number(server: MockServer, api: httpx.Client) -> None:
    """From then on, each exchange is an event with the summary that lists have."""
    api.get("/predictions")
    reader = Reader(server)
    assert reader.read() == [("ready", {"last": 1, "generation": 0})]
    api.get("/predictions")
    api.get("/account")
    found = reader.read()
    assert exchanges(found) == [(2, "listPredictions"), (3, "getAccount")]
    listed = httpx.Client(transport=server.transport).get("http://mock.test/_mock/exchanges?after=1").json()
    assert [value for _, value in found] == listed["exchanges"]


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("after=1", ()),
        ("", (("last-event-id", "1"),)),
        ("", (("last-event-id", "0-1"),)),
        ("after=2", (("last-event-id", "1"),)),
    ],
)
def test_stream__replays(
    server: MockServer, api: httpx.Client, query: str, headers: tuple[tuple[str, str], ...]
) -> None:
    """A client that was away gets what it missed; what its browser says goes before what the address says."""
    for _ in range(3):
        api.get("/predictions")
    reader = Reader(server, query, headers)
    assert [number for number, _ in exchanges(reader.read())] == [2, 3]
    api.get("/predictions")
    assert [number for number, _ in exchanges(reader.read())] == [4]


@pytest.mark.parametrize("last", ["", "x", "-1", "99", "9" * 30, "²", "0-", "0-1-1"])
def test_last_event_id__that_means_nothing(server: MockServer, api: httpx.Client, last: str) -> None:
    """An unknown number replays nothing."""
    api.get("/predictions")
    reader = Reader(server, headers=(("last-event-id", last),))
    assert reader.read() == [("ready", {"last": 1, "generation": 0})]
    api.get("/predictions")
    assert [number for number, _ in exchanges(reader.read())] == [2]


def test_stream__of_a_token_has_its_exchanges_only(server: MockServer, api: httpx.Client) -> None:
    """As everywhere under `/_mock/`, a token sees what is its own."""
    reader = Reader(server, headers=(("authorization", OTHER["Authorization"]),))
    reader.read()
    api.get("/predictions")
    api.get("/predictions", headers=OTHER)
    assert [number for number, _ in exchanges(reader.read())] == [2]


@pytest.mark.parametrize("last", ["0-2", "1-99"])
def test_last_event_id__of_other_numbers(server: MockServer, api: httpx.Client, last: str) -> None:
    """All exchanges are new to a client that knows those before a reset, or those of another server."""
    server.journal.clear()
    for _ in range(3):
        api.get("/predictions")
    found = Reader(server, headers=(("last-event-id", last),)).read()
    assert found[0] == ("ready", {"last": 3, "generation": 1})
    assert [number for number, _ in exchanges(found)] == [1, 2, 3]


def test_event__has_an_id_that_goes_on_after_it(server: MockServer, api: httpx.Client) -> None:
    """The id of an exchange has the generation of its number, so that it is not taken for another one's."""
    server.journal.clear()
    api.get("/predictions")
    response = server.core.handle(Request(Head("GET", "/_mock/events", "after=0")))
    assert isinstance(response.body, Stream)
    pieces = response.body.pieces()
    next(pieces)
    piece = next(pieces)
    assert isinstance(piece, bytes) and b"\nid: 1-1\n" in piece


REPLACEMENTS: dict[str, Callable[[MockServer, dict[str, Any]], None]] = {
    "reset": lambda server, _: server.reset(),
    "restore": lambda server, snapshot: server.restore(snapshot),
    "clear": lambda server, _: server.journal.clear(),
}


@pytest.mark.parametrize("replaced", REPLACEMENTS)
def test_stream__begins_anew_when_the_journal_is_replaced(server: MockServer, api: httpx.Client, replaced: str) -> None:
    """A client is told that the numbers start again, whatever changed them, and nothing is lost."""
    api.get("/predictions")
    snapshot = server.snapshot()
    reader = Reader(server)
    for _ in range(2):
        api.get("/predictions")
    reader.read()
    REPLACEMENTS[replaced](server, snapshot)
    last = server.journal.last
    [ready, *_] = reader.read()
    assert ready == ("ready", {"last": last, "generation": 1})
    api.get("/predictions")
    assert exchanges(reader.read()) == [(last + 1, "listPredictions")]


def test_stream__tells_that_exchanges_of_a_tenant_are_gone(server: MockServer, api: httpx.Client) -> None:
    """The numbers go on then, and so does the generation."""
    reader = Reader(server)
    api.get("/predictions")
    reader.read()
    server.reset(AUTH["Authorization"].removeprefix("Bearer "))
    assert reader.read() == [("ready", {"last": 1, "generation": 0})]


def test_stream__has_deliveries_without_their_bodies(api: httpx.Client) -> None:
    """An attempt is an event with all that lists have, except the body."""
    server = MockServer(receiver=lambda request: httpx.Response(500, text="no"))
    reader = Reader(server)
    reader.read()
    with httpx.Client(transport=server.transport, base_url="http://mock.test", headers=AUTH) as client:
        body = {"version": VERSION, "input": {"prompt": "x"}, "webhook": "https://x.test/"}
        client.post("/v1/predictions", json=body)
        server.clock.advance(60)
        attempts = client.get("/_mock/deliveries").json()["attempts"]

    sent = [value for name, value in reader.read() if name == "delivery"]

    assert len(sent) > 5 and {value["answer"] for value in sent} == {"no"}
    assert sent == [{name: value for name, value in one.items() if name != "body"} for one in attempts]


@pytest.mark.parametrize(
    ("method", "path", "body", "kind"),
    [
        ("POST", "/clock/advance", {"seconds": 1}, "clock"),
        ("POST", "/clock/next", None, "clock"),
        ("PUT", "/clock/speed", {"speed": 2}, "clock"),
        ("POST", "/faults", {"status": 503}, "faults"),
        ("POST", "/recipes/storm", {"probability": 0.3}, "faults"),
        ("POST", "/scripts", {"script": {"run": 1}}, "scripts"),
        ("PUT", "/limits", {"rates": "live"}, "limits"),
        ("POST", "/reset", None, "server"),
        ("DELETE", "/journal", None, "journal"),
    ],
)
@pytest.mark.filterwarnings("ignore:The fault", "ignore:No prediction")
def test_change__names_what_a_control_call_has_changed(
    server: MockServer, method: str, path: str, body: Any, kind: str
) -> None:
    """Several changes of a kind are one event."""
    reader = Reader(server)
    reader.read()
    with httpx.Client(transport=server.transport, base_url="http://mock.test/_mock") as control:
        for _ in range(2):
            assert control.request(method, path, json=body).status_code < 300
    found = [event for event in reader.read() if event[0] != "ready"]
    assert found == [("change", {"kind": kind})]


def test_change__is_neither_a_read_nor_a_refusal(server: MockServer) -> None:
    """What has changed nothing is no event."""
    reader = Reader(server)
    reader.read()
    with httpx.Client(transport=server.transport, base_url="http://mock.test/_mock") as control:
        control.get("/clock")
        assert control.post("/verify", json={"operation": "createPrediction", "times": 0}).status_code == 200
        control.post("/clock/advance", json={"seconds": -1})
        control.delete("/faults/f9")
    assert reader.read() == []


def test_load__is_counted_instead_of_sent(server: MockServer, api: httpx.Client) -> None:
    """A client that cannot keep up gets the latest, and nothing is kept for it meanwhile."""
    reader = Reader(server)
    reader.read()
    for _ in range(120):
        api.get("/predictions")
    found = reader.read()
    assert found[0] == ("skipped", {"exchanges": 70})
    assert [number for number, _ in exchanges(found)] == list(range(71, 121))


def test_replay__tells_what_is_gone() -> None:
    """What the journal has dropped is counted before the rest."""
    server = MockServer(journal_limit=10)
    with httpx.Client(transport=server.transport, base_url="http://mock.test/v1", headers=AUTH) as api:
        for _ in range(50):
            api.get("/predictions")
    found = Reader(server, "after=5").read()
    assert found[1] == ("skipped", {"exchanges": 35})
    assert [number for number, _ in exchanges(found)] == list(range(41, 51))


@pytest.mark.parametrize("query", ["", "after=0"])
def test_load__of_other_tokens_is_not_counted(server: MockServer, api: httpx.Client, query: str) -> None:
    """A token is told of its own exchanges only, also when others crowd them."""
    reader = Reader(server, query, (("authorization", OTHER["Authorization"]),))
    reader.read()
    for number in range(120):
        api.get("/predictions", headers=OTHER if number < 55 else AUTH)
    found = reader.read()
    assert found[0] == ("skipped", {"exchanges": 5})
    assert [number for number, _ in exchanges(found)] == list(range(6, 56))


def test_silence__is_broken_by_comments(server: MockServer) -> None:
    """A wait that ends without anything new sends a comment, so that proxies keep the connection."""
    reader = Reader(server)
    reader.read()
    assert reader.read() == [] and reader.comments == 1


def test_wait__is_at_most_the_keep_alive(server: MockServer) -> None:
    """The stream waits in real time, for all that it tells of."""
    response = server.core.handle(Request(Head("GET", "/_mock/events")))
    assert isinstance(response.body, Stream)
    pieces = response.body.pieces()
    next(pieces)
    watch = next(pieces)
    assert isinstance(watch, Watch) and watch.seconds == events.KEEP_ALIVE and len(watch.conditions) == 3


@contextmanager
def followed(url: str, headers: dict[str, str] | None = None) -> Iterator[Queue[Event | None]]:
    """The events of a server on a socket, from a thread; None once the stream has ended."""
    found: Queue[Event | None] = Queue()

    def follow() -> None:
        text = ""
        try:
            with httpx.stream("GET", f"{url}/_mock/events", headers=headers, timeout=LONG) as response:
                for piece in response.iter_text():
                    text += piece
                    *whole, text = text.split("\n\n")
                    for one in whole:
                        for event in parse(one):
                            found.put(event)
        except httpx.HTTPError:
            pass
        found.put(None)

    thread = threading.Thread(target=follow)
    thread.start()
    try:
        yield found
    finally:
        thread.join(LONG)


def test_stream__over_a_socket(caplog: pytest.LogCaptureFixture) -> None:
    """Several pages get what happens while it happens, a virtual clock stays where it is, and the end is quiet."""
    server = MockServer()
    with (
        caplog.at_level(logging.DEBUG, "zeroscope_mock"),
        server.listen() as listening,
        followed(listening.url) as one,
        followed(listening.url) as other,
        httpx.Client(base_url=listening.url, headers=AUTH) as client,
    ):
        assert [queue.get(timeout=LONG) for queue in (one, other)] == [("ready", {"last": 0, "generation": 0})] * 2
        start = server.clock.time()
        for number in range(1, 4):
            client.get("/v1/predictions")
            for queue in (one, other):
                event = queue.get(timeout=LONG)
                assert event is not None and event[1]["number"] == number
        assert client.get("/_mock/clock").json()["stands_still"] is True
        server.faults.add(status=503).remove()
        client.post("/_mock/clock/freeze")
        assert one.get(timeout=LONG) == ("change", {"kind": "clock"})
        assert server.clock.time() == start
        listening.close()
        assert other.get(timeout=LONG) == ("change", {"kind": "clock"})
        assert one.get(timeout=LONG) is None and other.get(timeout=LONG) is None
    assert [
        record for record in caplog.records if record.levelno >= logging.ERROR and "timeout" not in record.message
    ] == []


# httpx leaves generators of a response that is not read to its end to the garbage collector, of which trio warns.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_stream__leaves_the_clock_to_others(server: MockServer, anyio_backend: str) -> None:
    """Sleepers move a virtual clock although a stream is open, which gets what they do."""
    found: list[Event] = []
    async with httpx.AsyncClient(transport=server.transport, base_url="http://mock.test", headers=AUTH) as client:
        with anyio.fail_after(LONG):
            async with (
                client.stream("GET", "/_mock/events") as response,
                anyio.create_task_group() as group,
            ):
                pieces = response.aiter_raw()
                found += parse((await anext(pieces)).decode())
                assert server.clock.stands_still

                async def create() -> None:
                    body = {"version": VERSION, "input": {"prompt": "x"}}
                    await client.post("/v1/predictions", json=body, headers={**AUTH, "Prefer": "wait"})

                group.start_soon(create)
                while len(found) < 2:
                    found += parse((await anext(pieces)).decode())
    assert found[1][1]["status"] == 201 and server.clock.monotonic() > 1


def test_stream__in_process_ends_with_the_read_timeout(server: MockServer) -> None:
    """A client that waits in vain is told so after its own timeout, in real time; the clock stays where it is."""
    before = server.clock.time()
    with (
        httpx.Client(transport=server.transport, base_url="http://mock.test", timeout=0.05) as client,
        client.stream("GET", "/_mock/events") as response,
    ):
        pieces = response.iter_text()
        assert parse(next(pieces)) == [("ready", {"last": 0, "generation": 0})]
        with pytest.raises(httpx.ReadTimeout):
            next(pieces)
    assert server.clock.time() == before


def test_stream__in_process_wakes_a_thread(server: MockServer) -> None:
    """A thread that reads gets what another one does."""
    with (
        httpx.Client(transport=server.transport, base_url="http://mock.test", timeout=LONG) as client,
        client.stream("GET", "/_mock/events") as response,
    ):
        pieces = response.iter_text()
        next(pieces)
        timer = threading.Timer(0.02, lambda: client.get("/v1/predictions", headers=AUTH))
        timer.start()
        assert exchanges(parse(next(pieces))) == [(1, "listPredictions")]
        timer.join()


def test_stream__has_no_cost_while_none_is_open(server: MockServer, api: httpx.Client) -> None:
    """After the end of a stream no task waits for the journal, and an exchange is not even read."""
    with server.listen() as listening, httpx.Client(base_url=listening.url, timeout=LONG) as client:
        with client.stream("GET", "/_mock/events") as response:
            # Kept, because a generator that is dropped closes the connection.
            pieces = response.iter_raw()
            next(pieces)
            eventually(lambda: bool(server.journal.condition._wakers))
        eventually(lambda: not server.journal.condition._wakers)
    api.get("/predictions")
    assert isinstance(server.journal._exchanges[-1], tuple)


@pytest.mark.parametrize("query", ["after=-1", "after=x", "since=1"])
def test_stream__refuses_what_it_does_not_know(server: MockServer, query: str) -> None:
    """A wrong parameter is named instead of ignored."""
    response = server.core.handle(Request(Head("GET", "/_mock/events", query)))
    assert response.status == 422


def test_head__has_no_body(server: MockServer) -> None:
    """A HEAD request ends at once."""
    with httpx.Client(transport=server.transport, base_url="http://mock.test") as client:
        response = client.head("/_mock/events")
    assert (response.status_code, response.headers["content-type"]) == (200, "text/event-stream")
