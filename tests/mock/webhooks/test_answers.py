"""The answers of receivers, and deliveries that are wrong on purpose."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import anyio
import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from helpers.waiting import LONG
from zeroscope_mock import MockServer, VirtualClock
from zeroscope_mock.faults.rules import DELIVERY
from zeroscope_mock.webhooks import receivers
from zeroscope_mock.webhooks.deliveries import Attempt, Deliveries

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
AUTH = {"Authorization": "Bearer a-token-of-a-test"}


@contextmanager
def receiver(respond: Callable[[BaseHTTPRequestHandler], object]) -> Iterator[str]:
    """The URL of a receiver on a socket, which answers deliveries as a function does."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.content = self.rfile.read(int(self.headers["content-length"]))
            respond(self)

        def log_message(self, format: str, *args: Any) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        httpd.daemon_threads = True
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{httpd.server_port}/hook"
        finally:
            httpd.shutdown()
            thread.join(LONG)


def answer(handler: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
    handler.send_response(status)
    handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def deliver(server: MockServer, url: str) -> Attempt:
    """The attempt at the delivery of one event."""
    with httpx.Client(transport=server.transport, base_url="http://mock.test/v1", headers=AUTH) as client:
        body = {"version": VERSION, "input": {"prompt": "x"}, "webhook": url, "webhook_events_filter": ["start"]}
        assert client.post("/predictions", json=body).status_code == 201
    server.clock.advance(60)
    return server.deliveries[0]


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (None, ""),
        (204, ""),
        (httpx.Response(200, text="thanks"), "thanks"),
        (httpx.Response(500, text="é" * 3000), "é" * 2000),
        (httpx.Response(400, content=b"\xff\x00"), "\ufffd\x00"),
    ],
)
def test_answer__of_a_function(result: Any, expected: str) -> None:
    """The start of the body is kept as text, whatever it is."""
    assert deliver(MockServer(receiver=lambda request: result), "https://x.test/").answer == expected


def test_answer__of_an_app() -> None:
    """The same of an ASGI application."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 202, "headers": []})
        await send({"type": "http.response.body", "body": b"accepted"})

    attempt = deliver(MockServer(receiver=app), "https://x.test/")
    assert (attempt.status, attempt.answer) == (202, "accepted")


def test_answer__is_none_without_a_response() -> None:
    """A delivery that was not sent has neither headers nor an answer."""
    attempt = deliver(MockServer(), "https://x.test/")
    assert (attempt.status, attempt.headers, attempt.answer) == (None, (), None)


def test_headers__are_those_that_were_sent() -> None:
    """With them and the body, the receiver's check can be repeated."""
    requests: list[httpx.Request] = []
    server = MockServer(receiver=requests.append)
    attempt = deliver(server, "https://x.test/")
    sent = dict(attempt.headers)
    assert sent == {name: requests[0].headers[name] for name in sent}
    assert {"webhook-id", "webhook-timestamp", "webhook-signature", "content-type", "user-agent"} <= set(sent)


def test_headers__after_a_fault() -> None:
    """A fault that changes headers changes what is kept."""
    server = MockServer(receiver=lambda request: None)
    server.faults.add(operation=DELIVERY, headers={"webhook-id": "other"})
    assert dict(deliver(server, "https://x.test/").headers)["webhook-id"] == "other"


def test_answer__over_a_socket() -> None:
    """A receiver's error page is there to be read."""
    server = MockServer()
    with server.listen(), receiver(lambda handler: answer(handler, 500, b"no such order")) as url:
        attempt = deliver(server, url)
    assert (attempt.status, attempt.reason, attempt.answer) == (500, "answered with 500", "no such order")


def stall(handler: BaseHTTPRequestHandler) -> None:
    """Answer with the start of a body, together with the head, and go on for ever without a word."""
    handler.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n.")
    # Until the server has closed the connection.
    handler.rfile.read(1)


def flood(handler: BaseHTTPRequestHandler) -> None:
    """Answer with as much as is taken, for ever."""
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b"x" * 65536)
    except OSError:
        return


def break_off(handler: BaseHTTPRequestHandler) -> None:
    """Announce more than is sent."""
    handler.send_response(200)
    handler.send_header("content-length", "1000")
    handler.end_headers()
    handler.wfile.write(b"only this")


def squeeze(handler: BaseHTTPRequestHandler) -> None:
    """Answer with a body that is no valid encoding."""
    handler.send_response(200)
    handler.send_header("content-encoding", "gzip")
    handler.send_header("content-length", "3")
    handler.end_headers()
    handler.wfile.write(b"\x1f\x8bx")


@pytest.mark.parametrize(
    ("respond", "answer"), [(flood, "x" * 2000), (break_off, "only this"), (squeeze, "\x1f\ufffdx")]
)
def test_answer__that_goes_wrong_decides_nothing(
    respond: Callable[[BaseHTTPRequestHandler], object], answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The head has decided about the delivery; of the body, the server keeps the start."""
    for name in ("HTTP_TIMEOUT", "ANSWER_TIMEOUT"):
        monkeypatch.setattr(receivers, name, 3 * LONG)
    server = MockServer()
    started = time.monotonic()
    with server.listen(), receiver(respond) as url:
        attempt = deliver(server, url)
    assert (attempt.status, attempt.reason, attempt.answer) == (200, None, answer)
    # It does not wait for more.
    assert time.monotonic() - started < LONG


def test_answer__is_read_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that does not end decides nothing either, and takes far less than the whole time."""
    monkeypatch.setattr(receivers, "HTTP_TIMEOUT", 3 * LONG)
    monkeypatch.setattr(receivers, "ANSWER_TIMEOUT", 0.1)
    server = MockServer()
    started = time.monotonic()
    with server.listen(), receiver(stall) as url:
        attempt = deliver(server, url)
    assert (attempt.status, attempt.reason, attempt.answer) == (200, None, ".")
    assert time.monotonic() - started < LONG


def test_answer__does_not_make_the_timeout_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that is still coming at the end of the whole time is cut, and the status counts."""
    scopes, limits, read_start = list[anyio.CancelScope](), list[float](), receivers._read_start

    def limit(seconds: float) -> anyio.CancelScope:
        limits.append(seconds)
        scopes.append(anyio.CancelScope())
        return scopes[-1]

    async def read(response: httpx.Response, answer: bytearray) -> None:
        # The whole time ends now, however long the head took to come.
        scopes[0].cancel()
        await read_start(response, answer)

    monkeypatch.setattr(anyio, "move_on_after", limit)
    monkeypatch.setattr(receivers, "_read_start", read)
    server = MockServer()
    with server.listen(), receiver(stall) as url:
        attempt = deliver(server, url)
    assert (attempt.status, attempt.reason) == (200, None)
    assert limits == [receivers.HTTP_TIMEOUT, receivers.ANSWER_TIMEOUT]


def test_answers__count_towards_the_memory() -> None:
    """Attempts are dropped for long answers as they are for long bodies."""
    deliveries = Deliveries(limit=10, bodies_limit=100)
    for number in range(3):
        deliveries.record(attempt_with(body="x" * 10, answer="y" * 40, number=number + 1))
    assert [one.number for one in deliveries] == [2, 3]
    assert (deliveries.dropped, deliveries.total) == (1, 3)


def attempt_with(**fields: Any) -> Attempt:
    values = {"id": "a", "prediction_id": "p", "event": "start", "time": 0.0, "url": "", "status": 200, "reason": None}
    return Attempt(**{**values, "retry_at": None, "fault": None, "tenant": "", **fields})


def test_since__has_what_came_after_a_number() -> None:
    """A reader that remembers how many there were gets the new ones once, and no dropped ones."""
    deliveries = Deliveries(limit=2)
    for number in range(1, 4):
        deliveries.record(attempt_with(body="", number=number))
    assert [one.number for one in deliveries.since(2)[0]] == [3]
    assert [one.number for one in deliveries.since(0)[0]] == [2, 3]
    assert deliveries.since(3) == ([], 3)
    deliveries.clear()
    assert deliveries.since(0) == ([], 3)


class Verifier:
    """A receiver that checks signatures with the standard library for that, and answers 400 to what it refuses."""

    def __init__(self, secret: str) -> None:
        self._webhook = Webhook(secret)
        self.seen: list[tuple[str, str]] = []

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        headers = {name.lower(): value for name, value in handler.headers.items()}
        try:
            self._webhook.verify(handler.content, headers)  # type: ignore[attr-defined]  # see `receiver`
        except WebhookVerificationError as error:
            self.seen.append((headers["webhook-id"], "refused"))
            answer(handler, 400, str(error).encode())
        else:
            self.seen.append((headers["webhook-id"], "accepted"))
            answer(handler, 200, b"")


@pytest.mark.parametrize(
    ("alteration", "seen", "status", "words"),
    [
        (None, ["accepted"], 200, None),
        ("forged", ["refused"], 400, "forged: signed with another key"),
        ("late", ["refused"], 400, "late: signed an hour ago"),
        ("doubled", ["accepted", "accepted"], 200, "doubled: sent twice"),
    ],
)
@pytest.mark.parametrize("over_http", [False, True])
def test_redelivery__can_be_wrong_on_purpose(
    over_http: bool, alteration: Any, seen: list[str], status: int, words: str | None
) -> None:
    """A receiver that verifies as documented refuses what is forged or late, and sees one id twice."""
    # The library compares timestamps with the machine's clock.
    server = MockServer(clock=VirtualClock(time.time()))
    with httpx.Client(transport=server.transport, base_url="http://mock.test", headers=AUTH) as client:
        secret = client.get("/v1/webhooks/default/secret").json()["key"]
        verifier = Verifier(secret)
        with server.listen(), receiver(verifier) as url:
            first = deliver(server, url)
            assert (first.status, first.fault) == (200, None)
            if over_http:
                body = None if alteration is None else {"as": alteration}
                response = client.post(f"/_mock/deliveries/{first.id}/redeliver", json=body)
                assert [one["status"] for one in response.json()["attempts"]] == [200, *[status] * len(seen)]
            else:
                server.redeliver(first.id, alteration)

    assert verifier.seen == [(first.id, "accepted"), *((first.id, one) for one in seen)]
    assert [(one.status, one.fault, one.number) for one in server.deliveries[1:]] == [(status, words, 2)] * len(seen)
    assert {one.body for one in server.deliveries} == {first.body}


def test_redelivery__with_a_fault_beside() -> None:
    """Both are named."""
    server = MockServer(receiver=lambda request: None)
    first = deliver(server, "https://x.test/")
    fault = server.faults.add(operation=DELIVERY, status=503)
    server.redeliver(first.id, "late")
    assert server.deliveries[-1].fault == f"late: signed an hour ago; {fault}"


@pytest.mark.parametrize("alteration", ["broken", "", 1])
def test_redelivery__unknown_is_refused(alteration: Any) -> None:
    """The error lists what there is."""
    server = MockServer(receiver=lambda request: None)
    first = deliver(server, "https://x.test/")
    with pytest.raises(ValueError, match="a delivery is sent as forged, late, doubled, not"):
        server.redeliver(first.id, alteration)
    with httpx.Client(transport=server.transport, base_url="http://mock.test/_mock") as control:
        assert control.post(f"/deliveries/{first.id}/redeliver", json={"as": alteration}).status_code == 422
        assert control.post(f"/deliveries/{first.id}/redeliver", json={}).status_code == 200


def test_attempts__of_one_delivery() -> None:
    """The list can be asked for one delivery."""
    server = MockServer(receiver=lambda request: 500)
    with httpx.Client(transport=server.transport, base_url="http://mock.test", headers=AUTH) as client:
        body = {"version": VERSION, "input": {"prompt": "x"}, "webhook": "https://x.test/"}
        client.post("/v1/predictions", json=body)
        server.clock.advance(120)
        attempts = client.get("/_mock/deliveries").json()["attempts"]
        id = attempts[-1]["id"]
        mine = client.get(f"/_mock/deliveries?delivery={id}").json()["attempts"]
        assert mine == [one for one in attempts if one["id"] == id] and len(mine) == 7
        assert client.get("/_mock/deliveries?delivery=x").json()["attempts"] == []
        assert client.get(f"/_mock/deliveries?delivery={id}&limit=2").json()["attempts"] == mine[-2:]
