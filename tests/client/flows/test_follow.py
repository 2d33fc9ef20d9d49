"""The events of a prediction, which are the same over a stream and by polling."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest

import zeroscope
from helpers.client import BASE_URL, Harness, prediction_body
from helpers.downloads import ChunkedBody
from helpers.events import event_names
from zeroscope._flows import event_stream
from zeroscope.events import LogLine
from zeroscope_mock import MockServer

STREAM = "https://stream.elsewhere.test/gm3q"


def follow(
    kind: str, server: MockServer, input: dict[str, Any], also: Callable[[Any], Any] | None = None, **options: Any
) -> list[Any]:
    """All events of a new prediction; `also` is called with each."""

    def keep(event: Any) -> Any:
        if also is not None:
            also(event)
        return event

    if kind == "sync":
        with server.client() as client:
            return [keep(event) for event in client.predictions.create(input).events(**options)]

    async def main() -> list[Any]:
        async with server.async_client() as client:
            prediction = await client.predictions.create(input)
            return [keep(event) async for event in prediction.events(**options)]

    return asyncio.run(main())


SCRIPTS: dict[str, dict[str, Any]] = {
    "as the model does it": {"startup": 2, "run": 30},
    "failed": {"startup": 1, "run": 9, "outcome": "failed", "error": "out of memory", "logs": ["a", "b"]},
    "canceled": {"startup": 1, "run": 9, "outcome": "canceled", "logs": ["a", "b"]},
    "aborted": {"startup": 1, "run": 9, "outcome": "aborted"},
    "at once": {"startup": 0, "run": 0, "logs": ["a", "b"]},
    "silent": {"startup": 5, "run": 100, "logs": []},
    "all lines at once": {
        "startup": 1,
        "run": 50,
        "logs": [{"at": 3, "text": f"line {number}"} for number in range(50)],
    },
}


def server_of(script: str, streams: bool) -> MockServer:
    """A server whose predictions do the same, with a stream or without."""
    server = MockServer(seed=4, streams=streams, journal_limit=10_000)
    server.scripts.add(SCRIPTS[script], times=None)
    return server


@pytest.mark.parametrize("script", SCRIPTS)
def test_events__are_the_same_over_a_stream_and_by_polling(kind: str, script: str) -> None:
    """Statuses, lines, progress and end come in the same order, and the last event has the whole prediction."""
    looked = follow(kind, server_of(script, streams=False), {"num_inference_steps": 12})
    server = server_of(script, streams=True)
    streamed = follow(kind, server, {"num_inference_steps": 12})
    assert event_names(streamed) == event_names(looked)
    assert event_names(looked)[0] == "starting" and event_names(looked)[-1].startswith("ended ")
    lines = [event.text for event in streamed if isinstance(event, LogLine)]
    assert lines == streamed[-1].prediction.logs.splitlines()
    requests = Counter(exchange.operation for exchange in server.journal)
    # One that has ended when it is created has nothing more to tell.
    assert (requests["createPrediction"], requests["streamPrediction"]) == (1, script != "at once")


@pytest.mark.parametrize(
    "fault",
    [
        {"reset": "before", "times": 2},
        {"reset": "after", "times": 2},
        {"truncate": 400},
        {"truncate": 700, "times": 3},
        {"truncate": 0.5, "times": 1},
        {"status": 503, "times": 2},
        {"status": 429, "retry_after": 2, "times": 2},
        {"status": 500},
        {"status": 404},
        {"html": True},
        {"content_type": "text/html"},
        {"hang": 100, "times": 1},
        {"hang": 100},
        {"body": "no events at all", "content_type": "text/event-stream"},
        {"body": b"data: \xff\n\nevent: done\n\n", "content_type": "text/event-stream"},
        {"body": "event: done\nid: 1\ndata: {}\n\n", "content_type": "text/event-stream"},
    ],
    ids=lambda fault: " ".join(map(str, fault.values()))[:40],
)
def test_stream_in_trouble__makes_no_difference(kind: str, fault: dict[str, Any]) -> None:
    """Cut off, silent, wrong or missing: the events are the same, none is reported twice, and none is missing."""
    script = "as the model does it"
    looked = follow(kind, server_of(script, streams=False), {"num_inference_steps": 12})
    server = server_of(script, streams=True)
    server.faults.add(operation="streamPrediction", **fault)
    assert event_names(follow(kind, server, {"num_inference_steps": 12})) == event_names(looked)


def test_stream_that_stays_down__is_given_up(kind: str) -> None:
    """After as many attempts in a row as the retry says, looking does the rest."""
    server = server_of("silent", streams=True)
    server.faults.add(operation="streamPrediction", status=500)
    assert event_names(follow(kind, server, {}))[-1] == "ended succeeded"
    requests = Counter(exchange.operation for exchange in server.journal)
    assert requests["streamPrediction"] == zeroscope.Retry().attempts


def test_stream_that_is_cut_again_and_again__is_followed_as_long_as_it_brings_something(harness: Harness) -> None:
    """Only attempts in a row that bring nothing count as failures."""
    lines = 2 * zeroscope.Retry().attempts
    served: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host != httpx.URL(STREAM).host:
            status = "succeeded" if len(served) == lines else "processing"
            return httpx.Response(200, json=prediction_body(status, urls={"stream": STREAM}))
        served.append(request)
        text = f"event: logs\nid: {len(served)}\ndata: {len(served)}\n\n"
        return httpx.Response(200, text=text, headers={"content-type": "text/event-stream"})

    prediction = harness.do(harness.client(answer).predictions.get, "gm3q")
    told = event_names(harness.all(prediction.events))
    assert told == ["processing", *(f"|{line + 1}" for line in range(lines)), "succeeded", "ended succeeded"]
    assert len(served) == lines


def test_reconnection__says_where_it_was(harness: Harness) -> None:
    """After a cut, and the pause that the server asked for, the stream goes on behind the last event."""
    requests: list[httpx.Request] = []
    moments: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host != httpx.URL(STREAM).host:
            status = "succeeded" if len(requests) > 2 else "processing"
            return httpx.Response(200, json=prediction_body(status, urls={"stream": STREAM}, logs=None))
        requests.append(request)
        moments.append(harness.clock.now)
        bodies = [
            "retry: 4000\nevent: logs\nid: 1\ndata: a\n\nevent: logs\nid: 2\ndata: b\n\n",
            "event: logs\nid: 3\ndata: c\n\n",
            "event: logs\nid: 4\ndata: d\n\nevent: done\nid: 5\ndata: {}\n\n",
        ]
        return httpx.Response(200, text=bodies[len(requests) - 1], headers={"content-type": "text/event-stream"})

    client = harness.client(answer)
    prediction = harness.do(client.predictions.get, "gm3q")
    events = event_names(harness.all(prediction.events))
    assert events == ["processing", "|a", "|b", "|c", "|d", "succeeded", "ended succeeded"]
    assert [request.headers.get("last-event-id") for request in requests] == [None, "2", "3"]
    assert moments[1] - moments[0] == pytest.approx(4, rel=0.1)
    assert all("authorization" not in request.headers for request in requests)
    assert all(request.headers["accept"] == "text/event-stream" for request in requests)


@pytest.mark.parametrize("ids", [("1", "2"), ("", "")])
def test_server_that_begins_anew__repeats_nothing(harness: Harness, ids: tuple[str, str]) -> None:
    """A server that ignores `Last-Event-ID`, or sends no ids, sends all again; each line is reported once."""
    served = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal served
        if request.url.host != httpx.URL(STREAM).host:
            status = "succeeded" if served > 2 else "processing"
            return httpx.Response(200, json=prediction_body(status, urls={"stream": STREAM}))
        served += 1
        head = [f"id: {id}\n" if id else "" for id in ids]
        text = f"event: logs\n{head[0]}data: a\n\nevent: logs\n{head[1]}data: b\n\n"
        return httpx.Response(200, text=text, headers={"content-type": "text/event-stream"})

    prediction = harness.do(harness.client(answer).predictions.get, "gm3q")
    assert event_names(harness.all(prediction.events)) == ["processing", "|a", "|b", "succeeded", "ended succeeded"]


@pytest.mark.parametrize("stream", ["ftp://x.test/a", "nonsense", "", 7, None])
def test_stream_that_is_no_address__is_left_alone(harness: Harness, stream: Any) -> None:
    """Without a stream that can be opened, looking does it."""

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        status = "succeeded" if len(requests) > 3 else "processing"
        return httpx.Response(200, json=prediction_body(status, urls={"stream": stream}))

    requests: list[httpx.Request] = []
    prediction = harness.do(harness.client(answer).predictions.get, "gm3q")
    assert event_names(harness.all(prediction.events)) == ["processing", "succeeded", "ended succeeded"]
    assert {request.url.path for request in requests} == {"/v1/predictions/gm3q"}


@pytest.mark.parametrize("streams", [True, False])
def test_timeout__carries_the_prediction(kind: str, streams: bool) -> None:
    """Following has an end, and leaves the prediction running."""
    server = server_of("silent", streams)
    told: list[Any] = []
    with pytest.raises(zeroscope.WaitTimeoutError, match="it goes on") as caught:
        follow(kind, server, {}, also=told.append, timeout=20)
    assert event_names(told)[0] == "starting"
    assert 20 <= server.clock.monotonic() <= 20 + 15
    assert caught.value.prediction.status == "processing"


def test_trouble__carries_the_prediction(harness: Harness) -> None:
    """An error while following tells which prediction it leaves behind."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(201, json=prediction_body()) if request.method == "POST" else httpx.Response(404)

    client = harness.client(answer)
    prediction = harness.do(client.predictions.create, {})
    with pytest.raises(zeroscope.NotFoundError) as caught:
        harness.all(prediction.events)
    assert caught.value.prediction is prediction


def test_leaving_early__closes_the_connection(kind: str) -> None:
    """A caller that stops early leaves nothing open, and the prediction goes on."""
    server = MockServer(clock="real", speed=10, streams=True)
    server.scripts.add({"startup": 0, "run": 600, "logs": [{"at": 0.2, "text": "a"}, {"at": 500, "text": "b"}]})
    with server.listen() as listening:
        url = f"{listening.url}/v1"
        if kind == "sync":
            with zeroscope.Zeroscope("token", base_url=url) as client:
                events: Any = client.predictions.create({}).events()
                for event in events:
                    if isinstance(event, LogLine):
                        break
                events.close()
                assert next(client.predictions.list()).status == "processing"
        else:

            async def main() -> None:
                async with zeroscope.AsyncZeroscope("token", base_url=url) as client:
                    events = (await client.predictions.create({})).events()
                    async for event in events:
                        if isinstance(event, LogLine):
                            break
                    await events.aclose()  # type: ignore[attr-defined]  # an async generator, as the iterator it is

            asyncio.run(main())
        gc.collect()


def test_leaving_after_the_client__is_no_error() -> None:
    """A loop that was left, and is thrown away only after its client was closed, ends quietly."""
    server = MockServer(streams=True)
    server.scripts.add({"startup": 1, "run": 600, "logs": [{"at": 1, "text": "a"}, {"at": 500, "text": "b"}]})
    with server.client(http_client=httpx.Client(transport=server.transport)) as client:
        events: Any = client.predictions.create({}).events()
        next(event for event in events if isinstance(event, LogLine))
        client._clients.current().http.close()
    events.close()


def test_url_of_the_stream__is_on_any_host(harness: Harness) -> None:
    """A redirect of the stream is followed, without the token."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "more.elsewhere.test":
            assert "authorization" not in request.headers
            text = "event: logs\ndata: a\n\nevent: done\ndata: {}\n\n"
            return httpx.Response(200, text=text, headers={"content-type": "text/event-stream; charset=utf-8"})
        if request.url.host == httpx.URL(STREAM).host:
            return httpx.Response(307, headers={"location": "https://more.elsewhere.test/"})
        reads.append(request)
        status = "succeeded" if len(reads) > 1 else "processing"
        return httpx.Response(200, json=prediction_body(status, urls={"stream": STREAM, "get": BASE_URL}))

    reads: list[httpx.Request] = []
    prediction = harness.do(harness.client(answer).predictions.get, "gm3q")
    assert event_names(harness.all(prediction.events)) == ["processing", "|a", "succeeded", "ended succeeded"]


class AliveBody(ChunkedBody):
    """A stream that sends comments alone, one each 15 s on the client's clock."""

    def __init__(self, harness: Harness) -> None:
        super().__init__()
        self._clock = harness.clock

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self._clock.now += 15
            yield b": alive\n\n"

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


def test_stream__that_has_lost_the_end_is_left(harness: Harness) -> None:
    """A stream that keeps its connection alive and tells nothing does not hide the end until the time is up."""
    body = AliveBody(harness)
    urls = {**prediction_body()["urls"], "stream": STREAM}
    start = harness.clock.now

    def respond(request: httpx.Request) -> httpx.Response:
        if str(request.url) == STREAM:
            return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=body)
        is_done = harness.clock.now > start + 200
        fields = {"output": ["https://x.test/a.mp4"]} if is_done else {}
        return httpx.Response(200, json=prediction_body("succeeded" if is_done else "processing", urls=urls, **fields))

    prediction = harness.do(harness.client(respond).predictions.get, "gm3q")
    events = harness.all(prediction.events)
    assert event_names(events)[-1].startswith("ended ") and body.closed
    assert harness.clock.now - start < 400


@pytest.mark.parametrize("reason", ["too long", "compressed"])
def test_stream__that_cannot_be_read_is_left_for_polling(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    """A stream has a limit for each connection, and may not be compressed, which was not asked for."""
    monkeypatch.setattr(event_stream, "_MAX_LENGTH", 1_000)
    headers = {"content-type": "text/event-stream"} | ({"content-encoding": "gzip"} if reason == "compressed" else {})
    requests: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        if str(request.url) == STREAM:
            lines = b"event: logs\nid: 1\ndata: a\n\n" if reason == "too long" else b""
            return httpx.Response(200, headers=headers, stream=ChunkedBody(*[lines] * 1_000))
        is_done = len(requests) > 3
        fields = {"output": ["https://x.test/a.mp4"], "logs": "a\n"} if is_done else {}
        urls = {**prediction_body()["urls"], "stream": STREAM}
        return httpx.Response(200, json=prediction_body("succeeded" if is_done else "processing", urls=urls, **fields))

    prediction = harness.do(harness.client(respond).predictions.get, "gm3q")
    events = harness.all(prediction.events)
    assert event_names(events)[-1].startswith("ended ")
    streams = [request for request in requests if str(request.url) == STREAM]
    assert len(streams) == 1 and streams[0].headers["accept-encoding"] == "identity"


def test_events__end_with_the_timeout_however_many_there_are(harness: Harness) -> None:
    """A log of any length does not keep the events of a running prediction going."""
    body = prediction_body("processing", logs="line\n" * 10_000)
    prediction = harness.do(harness.client(lambda _: httpx.Response(200, json=body)).predictions.get, "gm3q")
    seen = []

    def follow() -> Any:
        if harness.kind == "sync":
            return slowly(prediction.events(timeout=5))
        return slowly_async(prediction.events(timeout=5))

    def slowly(events: Any) -> Iterator[Any]:
        for event in events:
            seen.append(event)
            harness.clock.now += 1
            yield event

    async def slowly_async(events: Any) -> AsyncIterator[Any]:
        async for event in events:
            seen.append(event)
            harness.clock.now += 1
            yield event

    with pytest.raises(zeroscope.WaitTimeoutError):
        harness.all(follow)
    assert len(seen) < 10
