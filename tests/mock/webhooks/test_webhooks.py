"""Webhooks as the users of a server see them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from helpers.webhooks import App, ScriptedReceiver
from zeroscope_mock import MockServer
from zeroscope_mock.lifecycle.record import RETENTION

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
BASE = "https://api.replicate.com/v1"
URL = "https://my.app.test/hook"
END: dict[str, Any] = {"webhook": URL, "webhook_events_filter": ["completed"]}


def connect(server: MockServer, token: str = "a-token-of-a-test") -> httpx.Client:
    return httpx.Client(transport=server.transport, base_url=BASE, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def receiver() -> ScriptedReceiver:
    return ScriptedReceiver()


@pytest.fixture
def server(receiver: ScriptedReceiver) -> MockServer:
    return MockServer(receiver=receiver)


@pytest.fixture
def api(server: MockServer) -> Iterator[httpx.Client]:
    with connect(server) as client:
        yield client


def create(api: httpx.Client, prompt: str = "a lighthouse", **fields: Any) -> str:
    response = api.post("/predictions", json={"version": VERSION, "input": {"prompt": prompt}, **fields})
    assert response.status_code == 201, response.text
    id: str = response.json()["id"]
    return id


def events(server: MockServer) -> list[str]:
    return [attempt.event for attempt in server.deliveries]


def test_ten_minutes__three_retries_and_an_expiry_need_no_waiting() -> None:
    """A long run, an end that is sent four times and the removal an hour later take a few calls, and no thread."""
    threads = set(threading.enumerate())
    receiver = ScriptedReceiver(500, 502, 503, 200)
    server = MockServer(receiver=receiver)
    server.scripts.add({"startup": 0, "run": 600})
    with connect(server) as api:
        id = create(api, **END)

        server.clock.advance(600 + 1 + 2 + 4)
        assert [attempt.status for attempt in server.deliveries] == [500, 502, 503, 200]
        ends = [attempt.time - server.deliveries[0].time for attempt in server.deliveries]
        assert ends == pytest.approx([0, 1, 3, 7])
        assert api.get(f"/predictions/{id}").json()["output"]

        server.clock.advance(RETENTION)
        expired = api.get(f"/predictions/{id}").json()
    assert (expired["output"], expired["data_removed"]) == (None, True)
    assert set(threading.enumerate()) <= threads


def test_body__is_what_a_read_returns(server: MockServer, api: httpx.Client, receiver: ScriptedReceiver) -> None:
    """At the time of an event, GET returns the body that was posted."""
    server.scripts.add({"startup": 1, "run": 10, "logs": [{"at": 4, "text": "half"}]})
    id = create(api, webhook=URL, webhook_events_filter=["start", "logs", "completed"])

    for after, event in ((1, "start"), (4, "logs"), (6, "completed")):
        server.clock.advance(after)
        assert events(server)[-1] == event
        assert json.loads(receiver.requests[-1].content) == api.get(f"/predictions/{id}").json()
    assert len(receiver.requests) == 3


def test_usual_run__has_no_output_events(server: MockServer, api: httpx.Client) -> None:
    """The model makes all its videos at the end, so the events are a start, lines of the log, and an end."""
    create(api, webhook=URL, webhook_events_filter=["start", "output", "logs", "completed"])

    server.clock.advance(600)

    first, *logs, last = events(server)
    assert (first, set(logs), last) == ("start", {"logs"}, "completed")


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        (["start"], {"start"}),
        (["start", "completed"], {"start", "completed"}),
        ([], set[str]()),
        ("completed", {"completed"}),
        ("start,logs", {"start", "logs"}),
    ],
)
def test_filter__is_followed(server: MockServer, api: httpx.Client, filter: Any, expected: set[str]) -> None:
    """Only the events that were asked for are sent, whether as an array or, as published, in a text."""
    create(api, webhook=URL, webhook_events_filter=filter)
    server.clock.advance(600)
    assert set(events(server)) == expected


@pytest.mark.parametrize("ends_as", ["failed", "aborted"])
def test_end__is_sent_whatever_it_is(
    server: MockServer, api: httpx.Client, receiver: ScriptedReceiver, ends_as: str
) -> None:
    """A prediction that did not succeed has an end, too."""
    server.scripts.add({"outcome": ends_as})
    create(api, **END)
    server.clock.advance(600)
    assert [json.loads(request.content)["status"] for request in receiver.requests] == [ends_as]


@pytest.mark.parametrize("kind", ["function", "app"])
def test_cancel__is_sent_at_once(receiver: ScriptedReceiver, kind: str) -> None:
    """The receiver gets the cancel before the clock has moved."""
    server = MockServer(receiver=receiver if kind == "function" else App(receiver))
    with connect(server) as api:
        id = create(api, **END)
        api.post(f"/predictions/{id}/cancel")
    assert [json.loads(request.content)["status"] for request in receiver.requests] == ["canceled"]


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_async_client__finds_everything_delivered(anyio_backend: str) -> None:
    """The webhooks of a client that waits in an event loop are received in the same loop."""
    receiver = ScriptedReceiver(503, 200)
    server = MockServer(receiver=App(receiver))
    async with server.async_client() as client:
        prediction = await client.predictions.create({"prompt": "a lighthouse"}, **END)
        await prediction.wait()
        await server.clock.advance_async(10)
    assert [attempt.status for attempt in server.deliveries] == [503, 200]


def test_signature__is_made_with_the_published_key(server: MockServer, receiver: ScriptedReceiver) -> None:
    """Each token has a key of its own, and only that key verifies its signatures."""
    keys: list[bytes] = []
    for token in ("one-token-of-a-test", "another-token-of-a-test"):
        with connect(server, token) as api:
            create(api, **END)
            key = api.get("/webhooks/default/secret").json()["key"]
            assert key.startswith("whsec_") and key.count("_") == 1
            keys.append(base64.b64decode(key.removeprefix("whsec_"), validate=True))
    server.clock.advance(600)

    made = {request.headers["webhook-signature"] for request in receiver.requests}
    assert len(keys) == len(set(keys)) == len(made) == 2
    for request in receiver.requests:
        text = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.content
        signatures = [base64.b64encode(hmac.digest(key, text, hashlib.sha256)).decode() for key in keys]
        assert len({f"v1,{signature}" for signature in signatures} & made) == 1


def test_redeliver__is_done_when_it_returns(server: MockServer, api: httpx.Client, receiver: ScriptedReceiver) -> None:
    """The receiver has the same delivery twice, and the error names an unknown one."""
    create(api, **END)
    server.clock.advance(600)

    server.redeliver(server.deliveries[0].id)

    assert [attempt.number for attempt in server.deliveries] == [1, 2]
    assert len({(request.headers["webhook-id"], request.content) for request in receiver.requests}) == 1
    assert len(receiver.requests) == 2
    with pytest.raises(KeyError, match="msg_unknown"):
        server.redeliver("msg_unknown")


def test_reset__removes_webhooks_of_one_tenant(server: MockServer) -> None:
    """A test's pending webhooks do not reach the receiver later; other tests' webhooks do."""
    with connect(server, "mine") as mine, connect(server, "theirs") as theirs:
        create(mine, **END)
        kept = create(theirs, **END)
        server.reset(token="mine")
        server.clock.advance(600)
    assert [attempt.prediction_id for attempt in server.deliveries] == [kept]


def test_runs__are_equal() -> None:
    """Equal seeds and requests give equal deliveries, to the last byte."""

    def run(seed: int) -> list[Any]:
        server = MockServer(seed=seed, receiver=ScriptedReceiver(500, 200))
        with connect(server) as api:
            create(api, webhook=URL)
        server.clock.advance(600)
        return list(server.deliveries)

    assert run(1) == run(1)
    assert {attempt.id for attempt in run(1)} & {attempt.id for attempt in run(2)} == set()


def test_socket__sends_deliveries_while_it_is_open() -> None:
    """Without a receiver, deliveries go over HTTP as long as the server listens."""
    server, other = MockServer(), MockServer()
    with connect(server) as api, other.listen() as there:
        hook = {**END, "webhook": f"{there.url}/hook"}
        create(api, **hook)
        with server.listen():
            server.clock.advance(600)
        create(api, **hook)
        server.clock.advance(600)

    assert [attempt.status for attempt in server.deliveries] == [404, None]
    assert str(server.deliveries[1].reason).startswith("not sent: ")
    assert [(exchange.method, exchange.path) for exchange in other.journal] == [("POST", "/hook")]
