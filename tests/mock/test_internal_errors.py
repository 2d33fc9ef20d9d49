"""Internal errors, and changes during a request that waits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest

from zeroscope_mock import MockServer
from zeroscope_mock.media.output_file import OutputFile
from zeroscope_mock.messages import Head, Request

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
API = "https://api.replicate.com/v1"
AUTH = {"Authorization": "Bearer a-token-of-a-test"}
SENT = {"version": VERSION, "input": {"prompt": "A lighthouse", "num_frames": 1}}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_internal_error__is_a_500_with_its_reason_in_the_journal(
    server: MockServer, api: httpx.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The client and the journal both get the reason."""

    def fail(*_: Any) -> None:
        raise ZeroDivisionError("a planted mistake")

    monkeypatch.setattr(server.core.state.store, "page", fail)
    response = api.get("/predictions")

    assert (response.status_code, response.headers["content-type"]) == (500, "application/problem+json")
    assert "ZeroDivisionError: a planted mistake" in response.json()["detail"]
    assert server.journal[0].status == 500
    assert "in fail" in (server.journal[0].note or "")
    assert "GET /v1/predictions could not be answered" in caplog.text


@pytest.mark.anyio
@pytest.mark.parametrize("change", [MockServer.reset, lambda server: server.restore(server.before)])
async def test_a_held_request__ends_when_its_prediction_is_gone(change: Callable[[Any], None]) -> None:
    """After a reset or a restore, no prediction is left to wait for."""
    server: Any = MockServer()
    server.before = server.snapshot()
    server.scripts.add({"run": 600})
    headers = {**AUTH, "Prefer": "wait=60"}
    answers: list[httpx.Response] = []
    async with httpx.AsyncClient(transport=server.transport, base_url=API, timeout=None) as api:

        async def create() -> None:
            answers.append(await api.post("/predictions", json=SENT, headers=headers))

        async with anyio.create_task_group() as group:
            group.start_soon(create)
            await server.clock.sleep_async(5)
            change(server)

    assert [answer.status_code for answer in answers] == [404]
    assert server.clock.monotonic() < 10


@pytest.mark.anyio
async def test_a_held_request__does_not_wait_longer_when_the_time_of_day_is_set_back(server: MockServer) -> None:
    """The wait is in seconds, not until a time of day."""
    server.scripts.add({"run": 600})
    headers = {**AUTH, "Prefer": "wait=6"}
    async with (
        httpx.AsyncClient(transport=server.transport, base_url=API, timeout=None) as api,
        anyio.create_task_group() as group,
    ):
        group.start_soon(lambda: api.post("/predictions", json=SENT, headers=headers))
        await server.clock.sleep_async(1)
        server.clock.set(1000.0)

    assert server.clock.monotonic() == pytest.approx(6)


def test_a_stream__ends_when_the_server_is_reset(server: MockServer, api: httpx.Client) -> None:
    """No further event of a removed prediction is sent."""
    server.scripts.add({"startup": 0, "run": 600, "logs": ["one", "two", "three"]})
    urls = api.post("/predictions", json={**SENT, "stream": True}).json()["urls"]
    with api.stream("GET", urls["stream"], timeout=None) as response:
        pieces = response.iter_raw()
        assert b"one" in next(pieces)
        server.reset()
        assert list(pieces) == []


def test_a_stream_that_waits_for_reads__lets_a_virtual_clock_stand_still(server: MockServer) -> None:
    """On a socket, its client waits in real time; other clients' predictions do not advance."""
    server.scripts.add({"reads": 2, "logs": ["one"]})
    with server.listen() as listening, httpx.Client(base_url=f"{listening.url}/v1", headers=AUTH) as api:
        urls = api.post("/predictions", json={**SENT, "stream": True}).json()["urls"]
        with api.stream("GET", urls["stream"]) as response:
            lines = response.iter_lines()
            api.get(urls["get"])
            assert next(lines) == "event: logs"
            api.get(urls["get"])
            assert "event: done" in list(lines)

    assert server.clock.monotonic() == 0


def test_a_script_that_creates_predictions__fails_its_own(server: MockServer) -> None:
    """The nested create would interfere with the prediction that the script is for."""
    with server.client(retry=None) as client:
        server.scripts.add(lambda _: {"outputs": len(client.run(prompt="another one"))})
        failed = client.predictions.create({"prompt": "the first"}).wait()

        assert failed.status == "failed"
        assert len(list(client.predictions.list())) == 1
    notes = " ".join(exchange.note or "" for exchange in server.journal)
    assert "a script cannot create predictions while it decides on one" in notes


def test_a_video__is_rendered_once_for_concurrent_requests(server: MockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests that arrive during the rendering wait for it."""
    made = threading.Event()
    calls: list[str] = []

    def render(file: OutputFile) -> bytes:
        calls.append(file.text)
        assert made.wait(10)
        return b"a video"

    monkeypatch.setattr("zeroscope_mock.media.video.render", render)
    with server.client() as client:
        url = client.predictions.create({"prompt": "x"}).wait().videos[0].url
    request = Request(Head("GET", httpx.URL(url).path))
    answers: list[Any] = []
    threads = [threading.Thread(target=lambda: answers.append(server.core.handle(request).body)) for _ in range(4)]
    for thread in threads:
        thread.start()
    made.set()
    for thread in threads:
        thread.join(10)

    assert answers == [b"a video"] * 4
    assert calls == ["x"]
