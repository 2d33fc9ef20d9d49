"""The two steps of the model: a draft, and a large video of it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

import zeroscope
from helpers.client import Harness, ScriptedResponses, prediction_body
from zeroscope_mock import MockServer

URLS = ["https://replicate.delivery/a/output-1.mp4", "https://replicate.delivery/a/output-0.mp4"]
DRAFT = {"prompt": "a lighthouse", "num_frames": 36, "fps": 12, "model": "576w", "seed": 7, "width": 576}


def draft(**fields: Any) -> httpx.Response:
    """The answer to a read of a draft that has just ended."""
    body = {"input": DRAFT, "output": URLS, "completed_at": "2023-11-14T22:00:00Z", **fields}
    return httpx.Response(200, json=prediction_body("succeeded", **body))


def upscaled() -> httpx.Response:
    """The answer to the create of the second step, held open to its end."""
    return httpx.Response(201, json=prediction_body("succeeded", output=["https://replicate.delivery/b/output-0.mp4"]))


def second_step(harness: Harness, read: httpx.Response, **arguments: Any) -> tuple[Any, ScriptedResponses]:
    """What the second step of a draft comes to, and what was sent for it."""
    script = ScriptedResponses(read, upscaled())
    client = harness.client(script)
    prediction = harness.do(client.predictions.get, "gm3q")
    return harness.do(client.upscale, prediction, **arguments), script


@pytest.mark.parametrize(
    ("arguments", "changed"),
    [
        ({}, {}),
        ({"strength": 0.7}, {"init_weight": 0.3}),
        ({"strength": 1}, {"init_weight": 0}),
        ({"width": 1280, "height": 720}, {"width": 1280, "height": 720}),
        ({"prompt": "a storm", "guidance_scale": 15}, {"prompt": "a storm", "guidance_scale": 15}),
        ({"extra_input": {"sharpness": 2}}, {"sharpness": 2}),
    ],
)
def test_upscale__sends_the_draft_with_what_belongs_to_it(
    harness: Harness, arguments: dict[str, Any], changed: dict[str, Any]
) -> None:
    """The second step keeps prompt, frames and frame rate, has the cards' size, and takes the draft's first video."""
    (video,), script = second_step(harness, draft(), **arguments)
    assert json.loads(script.requests[1].content)["input"] == {
        "model": "xl",
        "width": 1024,
        "height": 576,
        "prompt": "a lighthouse",
        "num_frames": 36,
        "fps": 12,
        "init_video": URLS[1],
        "init_weight": 0.25,
        **changed,
    }
    assert video.url == "https://replicate.delivery/b/output-0.mp4"


def test_upscale__of_a_draft_with_defaults_names_them(harness: Harness) -> None:
    """What the draft left to the spec's defaults is asked for by name, as the second step resamples to it."""
    _, script = second_step(harness, draft(input={"prompt": "a lighthouse"}))
    sent = json.loads(script.requests[1].content)["input"]
    assert (sent["num_frames"], sent["fps"]) == (24, 8)


def test_upscale__takes_one_of_several_videos(harness: Harness) -> None:
    """A draft of which there are several is chosen by its video."""
    script = ScriptedResponses(draft(), upscaled())
    client = harness.client(script)
    video = harness.do(client.predictions.get, "gm3q").videos[1]
    harness.do(client.upscale, video)
    assert json.loads(script.requests[1].content)["input"]["init_video"] == URLS[0]


@pytest.mark.parametrize("take", [list, tuple, lambda videos: videos[:1]], ids=["list", "tuple", "slice"])
def test_upscale__takes_what_run_returns(harness: Harness, take: Any) -> None:
    """Of the videos of one prediction, the first is taken."""
    script = ScriptedResponses(httpx.Response(201, content=draft().content), upscaled())
    client = harness.client(script)
    videos = harness.do(client.run, **DRAFT)
    harness.do(client.upscale, take(videos))
    sent = json.loads(script.requests[1].content)["input"]
    assert (sent["init_video"], sent["prompt"]) == (URLS[1], "a lighthouse")


@pytest.mark.parametrize(
    ("drafts", "message"),
    [
        ([], r"\[\] is not a list of a prediction's videos"),
        (["gm3q"], "is not a list of a prediction's videos"),
        (["gm3q.videos", "gm3r.videos"], "are of several predictions; upscale them one by one"),
    ],
)
def test_upscale__refuses_lists_of_anything_else(harness: Harness, drafts: list[str], message: str) -> None:
    """An empty list, a list of predictions, and the videos of several predictions are no draft."""

    def read(request: httpx.Request) -> httpx.Response:
        return draft(id=request.url.path.rpartition("/")[2])

    client = harness.client(read)
    given: list[Any] = []
    for each in drafts:
        id, _, videos = each.partition(".")
        prediction = harness.do(client.predictions.get, id)
        given += prediction.videos if videos else [prediction]
    with pytest.raises(zeroscope.ConfigurationError, match=message):
        harness.do(client.upscale, given)


def test_upscale__reads_a_draft_that_came_from_a_list(harness: Harness) -> None:
    """What a list leaves out of a draft is read first."""
    entry = {"id": "gm3q", "status": "succeeded"}
    script = ScriptedResponses(httpx.Response(200, json={"results": [entry]}), draft(), upscaled())
    client = harness.client(script)
    (listed,) = harness.all(client.predictions.list)
    harness.do(client.upscale, listed)
    assert json.loads(script.requests[2].content)["input"]["prompt"] == "a lighthouse"


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        # The test's clock shows 22:13:20.
        ({"completed_at": "2023-11-14T21:13:20Z"}, zeroscope.OutputExpiredError, "ended 60 minutes ago, .* for 60"),
        ({"data_removed": True, "output": None}, zeroscope.OutputExpiredError, "its videos are gone"),
        ({"output": []}, zeroscope.EmptyOutputError, "without a video"),
        ({"status": "processing"}, zeroscope.PredictionError, "is still processing"),
        ({"status": "failed", "error": "x"}, zeroscope.PredictionFailedError, "failed: x"),
    ],
)
def test_upscale__refuses_what_is_no_draft_any_more(
    harness: Harness, fields: dict[str, Any], error: type[Exception], message: str
) -> None:
    """Without a video to start from nothing is created."""
    body = {"input": DRAFT, "output": URLS, "completed_at": "2023-11-14T22:00:00Z", "status": "succeeded", **fields}
    script = ScriptedResponses(httpx.Response(200, json=prediction_body(**body)))
    client = harness.client(script)
    prediction = harness.do(client.predictions.get, "gm3q")
    with pytest.raises(error, match=message):
        harness.do(client.upscale, prediction)
    assert len(script.requests) == 1


@pytest.mark.parametrize("strength", [-0.1, 1.1, "0.5", None, True, float("nan")])
def test_strength__is_a_number_from_0_to_1(harness: Harness, strength: Any) -> None:
    """Any other strength is refused before anything is sent."""
    with pytest.raises(zeroscope.InvalidInputError, match="strength"):
        second_step(harness, draft(), strength=strength)


def test_upscale__refuses_what_is_no_prediction(harness: Harness) -> None:
    """A URL says nothing of the prompt and the frames, so it is no draft."""
    with pytest.raises(zeroscope.ConfigurationError, match="neither a prediction nor one of its videos"):
        harness.do(harness.client(ScriptedResponses(draft())).upscale, URLS[0])


def test_upscale__against_the_mock_server() -> None:
    """Both steps from end to end: the large video has the frames of the draft."""
    server = MockServer()
    with server.client() as client:
        made = client.predictions.create({"model": "576w", "prompt": "a lighthouse", "num_frames": 12}).wait()
        (video,) = client.upscale(made)
        assert video.read()[4:8] == b"ftyp"
        newest = next(client.predictions.list())
        assert newest.input["num_frames"] == 12 and newest.input["init_video"] == made.videos[0].url
        server.clock.advance(3600)
        with pytest.raises(zeroscope.OutputExpiredError):
            client.upscale(made)
