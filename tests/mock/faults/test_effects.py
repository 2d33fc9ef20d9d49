"""The effects of faults on requests and their responses."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar

import httpx
import pytest

from zeroscope import ZeroscopeError
from zeroscope_mock import MockServer, VirtualClock
from zeroscope_mock.faults.fault import Fault
from zeroscope_mock.faults.faults import Faults
from zeroscope_mock.messages import Response, Stream, json_response
from zeroscope_mock.protocols import Flow
from zeroscope_mock.steps import ConnectionCutError, Sleep, drive

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
SMALL = {"width": 256, "height": 256, "num_frames": 2}
DELIVERY = "receivePredictionEvent"
BODY = {"id": "gm3q", "status": "starting"}
BYTES = json.dumps(BODY, separators=(",", ":")).encode()


def make(**settings: Any) -> Fault:
    return Faults(Random(0), operations={DELIVERY}).add(**settings)


T = TypeVar("T")


@dataclass
class Exchange:
    """A request that takes three seconds, and a client that reads the response as a door sends it."""

    body: bytes | Stream = BYTES
    clock: VirtualClock = field(default_factory=VirtualClock)
    carried_out: float | None = None
    response: Response | None = None
    received: bytes = b""
    pieces: list[tuple[float, bytes]] = field(default_factory=list[tuple[float, bytes]])
    reset: bool = False

    def answer(self) -> Flow[Response]:
        self.carried_out = self.clock.monotonic()
        yield Sleep(3)
        headers = (("content-type", "application/json"), ("x-a", "1"), ("x-b", "2"))
        return Response(201, headers, self.body)

    def run(self, fault: Fault) -> Exchange:
        try:
            self.response = drive(fault.apply(self.answer()), self.clock)
            self.read(self.response.body)
        except ConnectionCutError:
            self.reset = True
        return self

    def read(self, body: bytes | Stream) -> None:
        for piece in [body] if isinstance(body, bytes) else body.pieces():
            if isinstance(piece, bytes):
                self.pieces.append((self.clock.monotonic(), piece))
                self.received += piece
            else:
                piece.run(self.clock)

    @property
    def announced(self) -> int | None:
        """The length that the response announces."""
        assert self.response is not None
        body = self.response.body
        return body.length if isinstance(body, Stream) else len(body)

    @property
    def seconds(self) -> float:
        return self.clock.monotonic()


def stream(*pieces: bytes | float, length: int | None = None) -> Stream:
    """A body in pieces, with pauses in seconds between them."""
    return Stream(lambda: (piece if isinstance(piece, bytes) else Sleep(piece) for piece in pieces), length)


@pytest.mark.parametrize(
    ("status", "content_type", "body"),
    [
        (401, "application/problem+json", "You did not pass a valid authentication token"),
        (402, "application/problem+json", "insufficient credit"),
        (404, "application/problem+json", "The requested resource could not be found."),
        (418, "application/problem+json", "I'm a Teapot"),
        (429, "application/problem+json", "Request was throttled. Your rate limit resets in ~1s."),
        (499, "application/problem+json", "Client Closed Request."),
        (503, "application/problem+json", "Service Unavailable."),
        (520, "application/problem+json", "Web Server Returned an Unknown Error."),
        (529, "application/problem+json", "Site Is Overloaded."),
        (599, "application/problem+json", "Error."),
    ],
)
def test_a_status__with_the_usual_body(status: int, content_type: str, body: str) -> None:
    """The service's own, as far as it is known; the request is not carried out."""
    exchange = Exchange().run(make(status=status))

    assert exchange.response is not None
    assert (exchange.response.status, exchange.response.header("content-type")) == (status, content_type)
    problem = json.loads(exchange.received)
    assert body.lower() in problem["detail"].lower()
    assert problem["status"] == status
    assert (exchange.carried_out, exchange.seconds) == (None, 0)


@pytest.mark.parametrize("status", [200, 204, 302, 304])
def test_a_status__that_is_no_error(status: int) -> None:
    """It has no body unless one is given."""
    exchange = Exchange().run(make(status=status))

    assert exchange.response == Response(status, (), b"")


@pytest.mark.parametrize(
    ("settings", "status", "content_type", "body"),
    [
        ({"body": {"a": "\u00e9"}}, 200, "application/json", '{"a":"\u00e9"}'.encode()),
        ({"body": []}, 200, "application/json", b"[]"),
        ({"body": 0, "status": 503}, 503, "application/json", b"0"),
        ({"body": "nonsense \u20ac"}, 200, "text/plain; charset=utf-8", "nonsense \u20ac".encode()),
        ({"body": b"\xff", "status": 201}, 201, "application/octet-stream", b"\xff"),
        ({"body_base64": base64.b64encode(b"\xff").decode()}, 200, "application/octet-stream", b"\xff"),
        ({"body": "", "status": 500, "content_type": "a/b"}, 500, "a/b", b""),
        ({"html": True}, 502, "text/html; charset=UTF-8", b"<center><h1>502 Bad Gateway</h1></center>"),
        ({"html": True, "status": 521}, 521, "text/html; charset=UTF-8", b"<title>521 Web Server Is Down</title>"),
        ({"html": True, "status": 200, "content_type": "application/json"}, 200, "application/json", b"<!DOCTYPE html"),
    ],
)
@pytest.mark.parametrize("carried_out", [False, True])
def test_a_custom_response(
    settings: dict[str, Any], status: int, content_type: str, body: bytes, carried_out: bool
) -> None:
    """It replaces the server's response; the request is carried out only if asked for."""
    exchange = Exchange().run(make(**settings, carried_out=carried_out))

    assert exchange.response is not None
    assert (exchange.response.status, exchange.response.header("content-type")) == (status, content_type)
    assert body in exchange.received if "html" in settings else body == exchange.received
    assert (exchange.carried_out is not None, exchange.seconds) == (carried_out, 3 * carried_out)
    assert exchange.response.header("x-a") is None


@pytest.mark.parametrize(
    ("settings", "hints", "in_body"),
    [
        ({"status": 429}, ("1", "0", "1"), 1),
        ({"status": 429, "retry_after": 30}, ("30", "0", "30"), 30),
        ({"status": 429, "retry_after": 30, "headers": {"Retry-After": "soon"}}, ("soon", "0", "30"), 30),
        ({"status": 429, "retry_after": 0}, ("0", "0", "0"), 0),
        ({"status": 429, "body": {}}, (None, None, None), None),
        ({"status": 503, "retry_after": 0}, ("0", None, None), None),
        ({"html": True, "retry_after": 5}, ("5", None, None), None),
        ({"status": 503}, (None, None, None), None),
    ],
)
def test_hints_when_to_retry(settings: dict[str, Any], hints: tuple[str | None, ...], in_body: int | None) -> None:
    """A 429 says it in every way that the service knows."""
    response = Exchange().run(make(**settings)).response

    assert response is not None and isinstance(response.body, bytes)
    assert tuple(response.header(name) for name in ("retry-after", "ratelimit-remaining", "ratelimit-reset")) == hints
    assert (json.loads(response.body).get("retry_after") if response.body.startswith(b"{") else None) == in_body


@pytest.mark.parametrize(
    ("settings", "headers"),
    [
        (
            {"headers": {"X-A": 7, "x-c": "3"}},
            (("content-type", "application/json"), ("x-b", "2"), ("x-a", "7"), ("x-c", "3")),
        ),
        ({"content_type": "text/plain"}, (("x-a", "1"), ("x-b", "2"), ("content-type", "text/plain"))),
        ({"content_type": ""}, (("x-a", "1"), ("x-b", "2"), ("content-type", ""))),
    ],
)
def test_headers__are_replaced(settings: dict[str, Any], headers: tuple[tuple[str, str], ...]) -> None:
    """The rest of the response is the server's own."""
    exchange = Exchange().run(make(**settings))

    assert exchange.response == Response(201, headers, BYTES)
    assert exchange.carried_out == 0


def test_a_delay() -> None:
    """The request is handled later, and succeeds."""
    exchange = Exchange().run(make(delay=2.5))

    assert (exchange.carried_out, exchange.seconds, exchange.received) == (2.5, 5.5, BYTES)


@pytest.mark.parametrize(
    ("settings", "carried_out", "seconds"),
    [
        ({"reset": "before"}, None, 0),
        ({"reset": "after"}, 0, 3),
        ({"reset": "before", "delay": 2}, None, 2),
        ({"reset": "after", "delay": 2}, 2, 5),
        ({"hang": True}, None, 60),
        ({"hang": 7.5}, None, 7.5),
        ({"hang": 10, "delay": 2}, None, 12),
        ({"hang": 10, "carried_out": True}, 0, 13),
    ],
)
def test_no_response(settings: dict[str, Any], carried_out: float | None, seconds: float) -> None:
    """The connection is closed, whether or not the request was carried out."""
    exchange = Exchange().run(make(**settings))

    assert exchange.reset
    assert (exchange.response, exchange.carried_out, exchange.seconds) == (None, carried_out, seconds)


EVENTS = stream(b"event 1\n", 1.0, b"event 2\n", 1.0, b"event 3\n")
FILE = stream(b"0123", 1.0, b"4567", 1.0, b"89", length=10)


@pytest.mark.parametrize(
    ("truncate", "body", "received", "announced", "reset", "seconds"),
    [
        (4, b"0123456789", b"0123", 10, False, 0),
        (0, b"0123456789", b"", 10, False, 0),
        (0.5, b"0123456789", b"01234", 10, False, 0),
        (0.99, b"0123456789", b"012345678", 10, False, 0),
        (10, b"0123456789", b"012345678", 10, False, 0),
        (10**9, b"0123456789", b"012345678", 10, False, 0),
        (0.5, b"0", b"", 1, False, 0),
        (5, b"", b"", None, True, 0),
        (5, FILE, b"01234", 10, False, 1),
        (4, FILE, b"0123", 10, False, 0),
        (0.9, FILE, b"012345678", 10, False, 2),
        (100, FILE, b"012345678", 10, False, 2),
        (0, EVENTS, b"", None, True, 0),
        (11, EVENTS, b"event 1\neve", None, True, 1),
        (0.5, EVENTS, b"even", None, True, 0),
        (100, EVENTS, b"event 1\nevent 2\nevent 3\n", None, True, 2),
        (0.5, stream(1.0, b"event 1\n"), b"even", None, True, 1),
    ],
)
def test_a_truncated_body(
    truncate: float, body: bytes | Stream, received: bytes, announced: int | None, reset: bool, seconds: float
) -> None:
    """At least one announced byte is missing; without an announced length, the connection is reset."""
    exchange = Exchange(body).run(make(truncate=truncate))

    assert (exchange.received, exchange.announced, exchange.reset) == (received, announced, reset)
    assert exchange.seconds == 3 + seconds
    assert exchange.response is not None and exchange.response.status == 201


@pytest.mark.parametrize(
    ("body", "received", "announced"),
    [
        (b'{"a":1}', b'{"a', 3),
        (b"{}", b"{", 1),
        (b"", b"", 0),
        (FILE, b"01234", 5),
        (stream(length=0), b"", 0),
        (EVENTS, b"even", None),
    ],
)
def test_a_malformed_body(body: bytes | Stream, received: bytes, announced: int | None) -> None:
    """It ends in the middle, as if it were complete."""
    exchange = Exchange(body).run(make(malformed=True))

    assert (exchange.received, exchange.announced, exchange.reset) == (received, announced, False)


def test_a_malformed_custom_response() -> None:
    """The given body is cut like the server's own."""
    exchange = Exchange().run(make(status=503, body=BODY, malformed=True))

    assert exchange.received == BYTES[: len(BYTES) // 2]
    assert exchange.carried_out is None


@pytest.mark.parametrize(
    ("rate", "body", "pieces"),
    [
        (20, b"01234", [(3.1, b"01"), (3.2, b"23"), (3.25, b"4")]),
        (0.5, b"01", [(5, b"0"), (7, b"1")]),
        (1e12, b"01", [(3, b"01")]),
        (20, b"", []),
        (40, FILE, [(3.1, b"0123"), (4.2, b"4567"), (5.25, b"89")]),
        (20, stream(b"012", 1.0, b"3"), [(3.1, b"01"), (3.15, b"2"), (4.2, b"3")]),
    ],
)
def test_slow_bytes(rate: float, body: bytes | Stream, pieces: list[tuple[float, bytes]]) -> None:
    """The bytes arrive in pieces at the given rate, and all of them arrive."""
    exchange = Exchange(body).run(make(bytes_per_second=rate))

    assert [piece for _, piece in exchange.pieces] == [piece for _, piece in pieces]
    assert [moment for moment, _ in exchange.pieces] == pytest.approx([moment for moment, _ in pieces])
    assert exchange.announced == (len(body) if isinstance(body, bytes) else body.length)


@pytest.mark.parametrize(
    ("settings", "received", "announced", "seconds"),
    [
        ({"truncate": 4}, b"0123", 10, 0.2),
        ({"malformed": True}, b"01234", 5, 0.25),
        ({"delay": 1, "truncate": 4}, b"0123", 10, 1.2),
    ],
)
def test_slow_bytes__that_end_early(settings: dict[str, Any], received: bytes, announced: int, seconds: float) -> None:
    """Only the bytes that are sent take time."""
    exchange = Exchange(b"0123456789").run(make(bytes_per_second=20, **settings))

    assert (exchange.received, exchange.announced) == (received, announced)
    assert exchange.seconds == pytest.approx(3 + seconds)


def test_a_stream_can_be_read_again() -> None:
    """A fault keeps nothing of the responses that it changed."""
    fault = make(truncate=5, bytes_per_second=20)
    assert Exchange(FILE).run(fault).received == Exchange(FILE).run(fault).received == b"01234"


@pytest.mark.parametrize(
    ("settings", "headers", "body"),
    [
        ({"malformed": True}, (("content-type", "application/json"), ("webhook-id", "1")), BYTES[: len(BYTES) // 2]),
        ({"content_type": "text/plain"}, (("webhook-id", "1"), ("content-type", "text/plain")), BYTES),
        ({"headers": {"Webhook-Id": "2"}}, (("content-type", "application/json"), ("webhook-id", "2")), BYTES),
        ({"status": 503}, (("content-type", "application/json"), ("webhook-id", "1")), BYTES),
    ],
)
def test_a_delivery__is_malformed(settings: dict[str, Any], headers: tuple[tuple[str, str], ...], body: bytes) -> None:
    """The body of the delivery is changed as that of a response would be."""
    fault = make(operation=DELIVERY, **settings)

    assert fault.alter_delivery((("content-type", "application/json"), ("webhook-id", "1")), BYTES) == (headers, body)


def test_a_delivery__is_duplicated() -> None:
    """The fault says so; the sender sends it twice."""
    assert make(operation=DELIVERY, duplicate=True).duplicate
    assert not make(operation=DELIVERY, delay=1).duplicate
    assert Exchange().run(make(operation=DELIVERY, duplicate=True)).received == BYTES


def test_a_flow_that_is_abandoned() -> None:
    """A client that disconnects while a fault delays it leaves no partial effects."""
    exchange = Exchange()
    flow = make(delay=5).apply(exchange.answer())
    assert next(flow) == Sleep(5)

    flow.close()

    assert exchange.carried_out is None


def test_an_error_response__is_changed_as_well() -> None:
    """A fault applies to error responses, too."""

    def refuse() -> Flow[Response]:
        return json_response(422, {"detail": "no"})
        yield

    response = drive(make(content_type="text/plain").apply(refuse()), VirtualClock())

    assert (response.status, response.header("content-type")) == (422, "text/plain")


def test_a_server__fails_twice_for_each_resource(
    server: MockServer, api: httpx.Client, create: Callable[..., dict[str, Any]]
) -> None:
    """Two 503s for every prediction, at either address; then success."""
    fault = server.faults.add(path="/predictions/*", status=503, times=2, per="resource")
    first, second = create(prompt="a")["id"], create(prompt="b")["id"]
    paths = [first, second, first, first, second, second]

    assert [api.get(f"/predictions/{path}").status_code for path in paths] == [503, 503, 503, 200, 503, 200]
    assert fault.hits == 4
    assert [exchange.fault for exchange in server.journal if exchange.fault] == ["status 503 (hit 1)"] + [
        f"status 503 (hit {number})" for number in (2, 3, 4)
    ]


def test_a_server__loses_a_create(server: MockServer, api: httpx.Client) -> None:
    """The connection is reset, but the prediction exists; the next one is created as usual."""
    server.faults.lost_create()
    body = {"version": VERSION, "input": {"prompt": "a"}}

    with pytest.raises(httpx.ReadError):
        api.post("/predictions", json=body)

    listed = api.get("/predictions").json()["results"]
    assert [prediction["input"] for prediction in listed] == [{"prompt": "a"}]
    assert api.post("/predictions", json=body).status_code == 201


@pytest.mark.parametrize(
    ("settings", "created"),
    [
        ({"status": 503}, 0),
        ({"status": 503, "carried_out": True}, 1),
        ({"html": True}, 0),
        ({"body": "nonsense", "carried_out": True}, 1),
        ({"malformed": True}, 1),
        ({"reset": "before"}, 0),
        ({"reset": "after"}, 1),
        ({"hang": 1}, 0),
        ({"hang": 1, "carried_out": True}, 1),
        ({"hang": 100, "carried_out": True}, 1),
    ],
)
def test_a_server__keeps_what_was_carried_out(
    server: MockServer, api: httpx.Client, settings: dict[str, Any], created: int
) -> None:
    """Whatever response the client received, the list has the real predictions."""
    server.faults.add(operation="createPrediction", **settings)

    with contextlib.suppress(httpx.TransportError):
        assert api.post("/predictions", json={"version": VERSION, "input": {"prompt": "a"}}).status_code != 422

    assert len(api.get("/predictions").json()["results"]) == created


def test_a_server__truncates_a_download(
    server: MockServer, api: httpx.Client, create: Callable[..., dict[str, Any]]
) -> None:
    """The whole length is announced, half of the video arrives, and httpx reports it; the next try succeeds."""
    prediction = create(prompt="a", **SMALL)
    server.clock.advance(600)
    (url,) = api.get(prediction["urls"]["get"]).json()["output"]
    server.faults.add(operation="getOutput", truncate=0.5, times=1)

    received = bytearray()
    with (
        api.stream("GET", url) as response,
        pytest.raises(httpx.RemoteProtocolError, match="peer closed connection"),
    ):
        collect(response, received)

    video = api.get(url).content
    assert response.headers["content-length"] == str(len(video))
    assert bytes(received) == video[: len(video) // 2]


def collect(response: httpx.Response, received: bytearray) -> None:
    """Keeps the pieces before an error."""
    for piece in response.iter_raw():
        received.extend(piece)


def test_a_server__hangs(server: MockServer, api: httpx.Client) -> None:
    """The client's own timeout strikes on the server's clock, or else the server cuts the connection."""
    server.faults.add(hang=True)

    with pytest.raises(httpx.ReadTimeout):
        api.get("/predictions", timeout=10)
    assert server.clock.monotonic() == 10
    with pytest.raises(httpx.ReadError):
        api.get("/predictions", timeout=None)
    assert server.clock.monotonic() == 70


def test_a_server__is_slow(server: MockServer, api: httpx.Client) -> None:
    """A client that waits longer than each pause gets all of it; one that does not times out in the middle."""
    server.faults.add(body="0123456789", bytes_per_second=0.5)

    assert api.get("/predictions", timeout=3).text == "0123456789"
    assert server.clock.monotonic() == 20
    with pytest.raises(httpx.ReadTimeout):
        api.get("/predictions", timeout=1)


def test_a_server__applies_a_fault_to_one_tenant(server: MockServer, api: httpx.Client) -> None:
    """Another token is not affected."""
    server.faults.add(status=503, token="another-token")

    assert api.get("/predictions").status_code == 200
    assert api.get("/predictions", headers={"Authorization": "Bearer another-token"}).status_code == 503


@pytest.mark.parametrize("seed", range(5))
def test_a_client__survives_a_storm(seed: int) -> None:
    """Half of its requests fail; a client that keeps retrying has paid for one video and has it."""
    server = MockServer(seed=seed)
    with server.client() as client:
        storm = server.faults.storm(0.5)
        prediction = insist(lambda: client.predictions.create({"prompt": "a", **SMALL}))
        (video,) = insist(prediction.wait).videos
        content = insist(video.read)
        server.faults.clear()

        assert sum(fault.hits for fault in storm) > 0
        assert [listed.id for listed in client.predictions.list()] == [prediction.id]
        assert content == video.read()


def insist(call: Callable[[], T]) -> T:
    """The result of a call that is retried until it succeeds."""
    for _ in range(20):
        with contextlib.suppress(ZeroscopeError):
            return call()
    raise AssertionError("no try succeeded")
