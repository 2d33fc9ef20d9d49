"""The token, which is sent to the API's own address and shown nowhere else."""

from __future__ import annotations

import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import zeroscope
from helpers.client import BASE_URL, TOKEN, Harness, ScriptedResponses, prediction_body

ELSEWHERE = "https://files.elsewhere.test/output-0.mp4"


def said(request: httpx.Request) -> str:
    """The data of a request, for a server to repeat."""
    return str(request.headers.get("authorization", "nothing"))


def echo(status: int) -> Callable[[httpx.Request], httpx.Response]:
    """A server that repeats the token in every part of an answer of some status."""

    def answer(request: httpx.Request) -> httpx.Response:
        field = {"type": said(request), "field": said(request), "description": said(request)}
        body = {"title": said(request), "detail": said(request), "invalid_fields": [field]}
        return httpx.Response(status, json=body, headers={"x-echo": said(request), "retry-after": said(request)})

    return answer


def raising(error: type[httpx.HTTPError]) -> Callable[[httpx.Request], httpx.Response]:
    """A network that repeats the token in its errors, chained ones included."""

    def answer(request: httpx.Request) -> httpx.Response:
        try:
            raise ValueError(f"cannot read {said(request)}")
        except ValueError as cause:
            raise error(f"illegal: {said(request)}") from cause

    return answer


def redirect(request: httpx.Request) -> httpx.Response:
    """A server that sends everybody elsewhere, with the token in the address."""
    return httpx.Response(307, headers={"location": f"https://elsewhere.test/?token={said(request)}"})


def elsewhere(request: httpx.Request) -> httpx.Response:
    """A list that goes on elsewhere."""
    return httpx.Response(200, json={"next": f"https://elsewhere.test/{said(request)}?cursor=1", "results": []})


BAD_SERVERS = {
    **{f"echo {status}": echo(status) for status in (200, 201, 302, 401, 402, 403, 404, 422, 429, 500, 529)},
    **{error.__name__: raising(error) for error in (httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError)},
    "redirect": redirect,
    "elsewhere": elsewhere,
}


class Everything:
    """All that can be seen of a client at work: records, errors, their tracebacks, pickles, and requests."""

    def __init__(
        self, harness: Harness, answer: Callable[[httpx.Request], httpx.Response], *, local: bool = False
    ) -> None:
        self.local = local
        self.texts: list[str] = []
        self.pickles: list[bytes] = []
        self.foreign: list[str] = []
        self.answer = answer
        self.harness = harness
        self.client = harness.client(self.serve, retry=zeroscope.Retry(attempts=2))
        self.see(self.client, vars(self.client), self.client.predictions)

    def serve(self, request: httpx.Request) -> httpx.Response:
        if request.url.host != httpx.URL(BASE_URL).host:
            self.foreign += [f"{request.url}", *request.headers.values()]
        return self.answer(request)

    def see(self, *values: Any) -> None:
        self.texts += [text for value in values for text in (repr(value), str(value))]

    def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call a function, and record what it returns or raises."""
        try:
            result = self.harness.do(function, *args, **kwargs)
        except zeroscope.ZeroscopeError as error:
            self.look_at(error)
            return None
        self.see(result)
        if not isinstance(result, bytes | Path):
            self.pickles.append(pickle.dumps(result))
        return result

    def look_at(self, error: BaseException) -> None:
        """All of an error, and if need be the local variables of the frames that it went through in this package."""
        self.texts.append("".join(traceback.format_exception(error)))
        self.pickles.append(pickle.dumps(error))
        for each in (error, error.__cause__):
            self.see(each, vars(each) if each is not None else None, getattr(each, "request", None))
        frame = error.__traceback__
        while self.local and frame is not None:
            module = str(frame.tb_frame.f_globals.get("__name__"))
            if module.partition(".")[0] in {"zeroscope", "zeroscope_api"}:
                self.see(*frame.tb_frame.f_locals.values())
            frame = frame.tb_next


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Every record of the client's own channel."""
    with caplog.at_level(logging.DEBUG, logger="zeroscope"):
        yield caplog


def work(seen: Everything) -> None:
    """Use everything that a client has."""
    client = seen.client
    seen.call(client.run, prompt="a lighthouse")
    seen.call(client.run_many, [{"prompt": "a"}, {"prompt": "b"}])
    prediction = seen.call(client.predictions.create, {"prompt": "a"})
    seen.call(client.predictions.get, "gm3q")
    seen.call(client.predictions.cancel, "gm3q")
    seen.call(client.webhook_secret)
    seen.call(client.predictions.with_raw_response.get, "gm3q", extra_headers={"x-trace": "7"})
    seen.call(client.with_options(timeout=5).get, "/account", params={"a": "b"})
    seen.call(client.post, "/account", json={"a": "b"})
    seen.see(client.with_options(timeout=5), client.predictions.with_raw_response)
    try:
        seen.see(seen.harness.all(client.predictions.pages))
    except zeroscope.ZeroscopeError as error:
        seen.look_at(error)
    if prediction is not None:
        seen.call(prediction.wait, timeout=5)
        seen.call(prediction.reload)


@pytest.mark.parametrize("server", BAD_SERVERS)
def test_token__shows_nowhere(harness: Harness, server: str, log: pytest.LogCaptureFixture) -> None:
    """Whatever a server sends back, no repr, record, error, traceback, pickle or request elsewhere holds the token."""
    seen = Everything(harness, BAD_SERVERS[server])
    work(seen)
    texts = [*seen.texts, *log.messages, *(str(vars(record)) for record in log.records)]
    assert log.messages and seen.texts
    assert [text for text in texts if TOKEN in text] == []
    assert [data for data in seen.pickles if TOKEN.encode() in data] == []
    assert [value for value in seen.foreign if TOKEN in value] == []


@pytest.mark.parametrize(
    "trouble", [httpx.Response(401), httpx.Response(503), httpx.ReadTimeout("slow"), httpx.ConnectError("refused")]
)
def test_token__is_in_no_local_variable(harness: Harness, trouble: httpx.Response | Exception) -> None:
    """Error reporters write down local variables; none of ours shows the token, unless the server itself sent it."""
    seen = Everything(harness, ScriptedResponses(trouble), local=True)
    work(seen)
    assert len(seen.texts) > 100
    assert [text for text in seen.texts if TOKEN in text] == []


def test_token__is_not_sent_with_downloads(
    harness: Harness, log: pytest.LogCaptureFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Videos are fetched and saved without the token, through redirects as well, and journals do not hold it."""
    monkeypatch.chdir(tmp_path)

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "files.elsewhere.test":
            return httpx.Response(302, headers={"location": "https://more.elsewhere.test/a.mp4"})
        if request.url.host == "more.elsewhere.test":
            return httpx.Response(200, content=b"video")
        return httpx.Response(201, json=prediction_body("succeeded", output=[ELSEWHERE], error=said(request)))

    seen = Everything(harness, answer)
    (video,) = seen.call(seen.client.run, prompt="a")
    seen.call(video.read)
    seen.call(video.save, "a.mp4")
    seen.call(seen.client.run_many, [{"prompt": "a"}], journal="journal.db")
    assert len(seen.foreign) > 10
    assert [value for value in seen.foreign if TOKEN in value] == []
    assert [message for message in log.messages if TOKEN in message] == []
    assert [path for path in tmp_path.iterdir() if TOKEN.encode() in path.read_bytes()] == []


def test_log__tells_method_path_status_duration_retries_and_request_id(
    harness: Harness, log: pytest.LogCaptureFixture
) -> None:
    """At DEBUG, the channel `zeroscope` tells of every request and its result, and at INFO of every repetition."""

    def late(request: httpx.Request) -> httpx.Response:
        harness.clock.now += 0.25
        return httpx.Response(200, json=prediction_body(), headers={"CF-RAY": "8a3f-FRA"})

    script = ScriptedResponses(httpx.Response(503), httpx.ConnectError("refused"), late)
    harness.do(harness.client(script).predictions.get, "gm3q")
    sent = ("DEBUG", "GET /predictions/gm3q: sending the request")
    assert [(record.levelname, record.getMessage()) for record in log.records] == [
        sent,
        ("DEBUG", "GET /predictions/gm3q: status 503 after 0.000 s"),
        (
            "INFO",
            (
                "attempt 1 failed, the next one follows in 0.50 s: GET /predictions/gm3q answered 503: an empty body "
                "(the service is at fault; try again later)"
            ),
        ),
        sent,
        ("DEBUG", "GET /predictions/gm3q: no response after 0.000 s: refused"),
        (
            "INFO",
            (
                "attempt 2 failed, the next one follows in 1.00 s: GET /predictions/gm3q got no response from "
                f"{BASE_URL}: refused; check the URL and the network"
            ),
        ),
        sent,
        ("DEBUG", "GET /predictions/gm3q: status 200 after 0.250 s, request ID 8a3f-FRA"),
    ]
    assert {record.name for record in log.records} == {"zeroscope"}
