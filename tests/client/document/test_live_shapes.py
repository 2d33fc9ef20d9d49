"""Responses of the live service in 2025 and 2026, in shapes new to clients."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

import zeroscope
from helpers.client import BASE_URL, Harness, ScriptedResponses, prediction_body, run_many
from helpers.operations import LARGE, SECRET, signed_headers
from zeroscope import AsyncVideo, Video, webhooks
from zeroscope._service.spec import spec
from zeroscope_mock import MockServer

MODEL, VERSION = prediction_body()["model"], prediction_body()["version"]
OUTPUT = ["https://replicate.delivery/x/output-1.mp4", "https://replicate.delivery/x/output-0.mp4"]
URLS = [OUTPUT[1], OUTPUT[0]]
STORED = f"{BASE_URL}/files/abc"


def answer(body: dict[str, Any], status: int = 201, **headers: str) -> httpx.Response:
    """A response with a prediction."""
    return httpx.Response(status, json=body, headers=headers)


# As recorded in 2024: complete outputs, but no log, times and metrics.
BLOCKING = prediction_body("processing", output=OUTPUT)
ENDED = prediction_body("succeeded", output=OUTPUT, completed_at="2023-09-08T16:19:40.123Z", metrics={"total_time": 6})


def test_blocking_create__with_outputs_and_no_end(harness: Harness) -> None:
    """A create that answers `processing` with all outputs has its videos, and has not ended."""
    prediction = harness.do(harness.client(ScriptedResponses(answer(BLOCKING))).predictions.create, {}, prefer_wait=5)
    assert [video.url for video in prediction.videos] == URLS
    assert (prediction.done, prediction.logs, prediction.started_at, prediction.metrics) == (False, "", None, {})
    with pytest.raises(zeroscope.PredictionError, match="is still processing"):
        prediction.raise_for_status()


@pytest.mark.parametrize(
    ("first", "polls"),
    [
        (answer(BLOCKING), 2),
        (answer(prediction_body("starting"), 202, location=f"{BASE_URL}/predictions/gm3q"), 2),
        (answer(prediction_body("processing"), 202, location="https://elsewhere.test/predictions/other"), 2),
        (answer(ENDED), 0),
    ],
)
@pytest.mark.parametrize("many", [False, True])
def test_blocking_create__is_waited_for(harness: Harness, first: httpx.Response, polls: int, many: bool) -> None:
    """A run polls until the prediction has ended, whatever the create answered; `Location` is not followed."""
    listed = {"next": None, "results": [BLOCKING]}

    def serve(request: httpx.Request) -> httpx.Response:
        reads.append(str(request.url))
        is_list = request.url.path.endswith("/predictions")
        if len(reads) < polls:
            return httpx.Response(200, json=listed if is_list else BLOCKING)
        return httpx.Response(200, json={**listed, "results": [ENDED]} if is_list else ENDED)

    reads: list[str] = []
    script = ScriptedResponses(first, serve)
    client = harness.client(script)
    if many:
        (result,) = harness.do(client.run_many, [{}], prefer_wait=5)
        videos = result.raise_for_error().videos
    else:
        videos = harness.do(client.run, prefer_wait=5)
    assert [video.url for video in videos] == URLS and videos[0].prediction.done
    assert script.lines.count("POST /v1/predictions") == 1
    assert bool(reads) is bool(polls) and all(url.startswith(f"{BASE_URL}/predictions") for url in reads)


@pytest.mark.parametrize("script", [{"blocking": "processing"}, {"blocking": "final"}, {"expired_wait": "processing"}])
@pytest.mark.parametrize("seconds", [1, 60])
def test_blocking_create__against_the_mock_server(kind: str, script: dict[str, str], seconds: int) -> None:
    """Whatever the server answers when the outputs are there or the time is up, the input has its videos."""
    server = MockServer()
    server.scripts.add({**script, "startup": 5, "run": 5, "outputs": 2})
    (result,) = run_many(kind, server, [{"batch_size": 2}], prefer_wait=seconds)
    assert [video.index for video in result.raise_for_error().videos] == [0, 1] and result.prediction.done
    assert [exchange.operation for exchange in server.journal].count("createPrediction") == 1


def test_version__of_a_lost_create_against_the_mock_server(kind: str, tmp_path: Path) -> None:
    """A create that named the model alone is found when the batch resumes, and was sent once."""
    server = MockServer()
    server.faults.lost_create()
    for recovered in (False, True):
        (result,) = run_many(kind, server, [{"prompt": "a"}], version=MODEL, journal=tmp_path / "batch.db")
        assert result.recovered is recovered
        assert isinstance(result.error, zeroscope.UnknownOutcomeError) is not recovered
    assert result.prediction.version == VERSION
    assert [exchange.operation for exchange in server.journal].count("createPrediction") == 1


def test_blocking_create__reports_its_end_once(harness: Harness) -> None:
    """The events of a prediction whose outputs came first end with its end."""
    script = ScriptedResponses(answer(BLOCKING), answer(BLOCKING, 200), answer(ENDED, 200))
    prediction = harness.do(harness.client(script).predictions.create, {}, prefer_wait=5)
    names = [type(event).__name__ for event in harness.all(prediction.events)]
    assert names == ["StatusChanged", "StatusChanged", "Ended"]


SHAPES: dict[str, dict[str, Any]] = {
    "hidden version": {"version": "hidden"},
    "echoes": {"webhook": "https://my.app/", "webhook_events_filter": ["start", "completed"]},
    "echo of the published filter": {"webhook": None, "webhook_events_filter": "completed"},
    "no echoes": {"webhook": None, "webhook_events_filter": None, "deployment": None, "deadline": None},
    "deployment": {"deployment": "owner/fast", "source": "web"},
    "URLs": {"urls": dict.fromkeys(["get", "cancel", "stream", "web"], "https://x.test/p/gm3q")},
    **{f"{digits} digits": {"created_at": f"2026-01-01T08:30:00.{'123456789'[:digits]}Z"} for digits in range(3, 10)},
}


@pytest.mark.parametrize("fields", SHAPES.values(), ids=SHAPES)
def test_shape__is_read_in_every_response(harness: Harness, fields: dict[str, Any]) -> None:
    """A create, a read, a cancel, a list and a webhook take it, and keep it as it was sent."""
    body = prediction_body(**fields)
    script = ScriptedResponses(answer(body), answer(body, 200))
    predictions = harness.client(script).predictions
    read = [harness.do(predictions.create, {}), harness.do(predictions.get, "gm3q")]
    read.append(harness.do(predictions.cancel, "gm3q"))
    script.responses = [httpx.Response(200, json={"next": None, "previous": None, "results": [body]})]
    read += harness.all(predictions.list)
    content = json.dumps(body).encode()
    sent = {**signed_headers(content), "user-agent": "Webhooks/1.66.0 (sender-abc)"}
    read.append(webhooks.verify(sent, content, SECRET, now=1_700_000_000).prediction)
    for prediction in read:
        assert prediction.to_dict() == body
        assert (prediction.version, prediction.deployment, prediction.urls) == (
            body["version"],
            body.get("deployment"),
            body["urls"],
        )
        if "created_at" in fields:
            moment = datetime(2026, 1, 1, 8, 30, 0, int(f"{body['created_at'][20:-1]:0<6}"[:6]), UTC)
            assert prediction.created_at == moment


FORMS = (VERSION, f"{MODEL}:{VERSION}", MODEL)


@pytest.mark.parametrize("version", FORMS)
@pytest.mark.parametrize("of_the_client", [True, False])
def test_version__is_sent_in_the_form_it_was_given(harness: Harness, version: str, of_the_client: bool) -> None:
    """Client, create and `run_many` take all three forms, which are the examples of the spec."""
    request = spec()["components"]["schemas"]["CreatePredictionRequest"]
    assert version in request["properties"]["version"]["examples"]
    script = ScriptedResponses(answer(ENDED))
    client = harness.client(script, **({"version": version} if of_the_client else {}))
    options = {} if of_the_client else {"version": version}
    harness.do(client.predictions.create, {}, **options)
    harness.do(client.run_many, [{}], **options)
    assert [json.loads(request.content)["version"] for request in script.requests] == [version] * 2


def test_version__that_is_none_is_the_services_to_refuse(harness: Harness) -> None:
    """The spec allows any string, so the error has the service's own explanation; a number is refused before."""
    problem = {"title": "Invalid version or not permitted", "detail": "The specified version does not exist"}
    script = ScriptedResponses(httpx.Response(422, json=problem))
    create = harness.client(script).predictions.create
    with pytest.raises(zeroscope.ValidationError, match="Invalid version or not permitted: The specified version"):
        harness.do(create, {}, version="rubbish")
    assert len(script.requests) == 1
    with pytest.raises(zeroscope.InvalidInputError, match="version: 5 is not of type string"):
        harness.do(create, {}, version=5)
    assert len(script.requests) == 1


FILE = {
    "id": "abc",
    "name": "a.mp4",
    "content_type": "video/mp4",
    "size": len(LARGE),
    "etag": "d41d8cd98f00b204e9800998ecf8427e",
    "checksums": {"md5": "d41d8cd98f00b204e9800998ecf8427e", "sha256": "e3b0c442"},
    "metadata": {},
    "created_at": "2026-01-01T08:30:00.123Z",
    "expires_at": "2026-01-02T08:30:00.123456789Z",
    "urls": {"get": STORED},
}


@pytest.mark.parametrize(
    "file", [FILE, {"id": "abc", "urls": {"get": STORED}}, {**FILE, "checksums": None, "metadata": None, "new": [1]}]
)
def test_uploaded_file__goes_into_the_input_as_its_metadata_address(harness: Harness, file: dict[str, Any]) -> None:
    """The address that needs the token is sent as it is; the client itself never reads it."""
    script = ScriptedResponses(httpx.Response(201, json=file), answer(ENDED))
    harness.do(harness.client(script).run, init_video=LARGE)
    assert script.lines == ["POST /v1/files", "POST /v1/predictions"]
    assert json.loads(script.requests[1].content)["input"] == {"init_video": STORED}


def test_metadata_address__is_no_video(harness: Harness, tmp_path: Path) -> None:
    """A download of it carries no token, so that the service refuses it; nothing is sent anywhere else."""
    refusal = httpx.Response(401, json={"title": "Unauthenticated"})
    script = ScriptedResponses(answer({**ENDED, "output": [STORED]}), refusal)
    (video,) = harness.do(harness.client(script).run)
    assert isinstance(video, Video | AsyncVideo)
    with pytest.raises(zeroscope.AuthenticationError):
        harness.do(partial(video.save, tmp_path / "a.mp4"))
    assert [str(request.url) for request in script.requests[1:]] == [STORED]
    assert "authorization" not in script.requests[1].headers and list(tmp_path.iterdir()) == []
