"""Responses like the live service's: documented, and read by the client.

The bodies are invented, in the forms that recorded traffic and the service's documentation show: with missing fields,
times of nine digits, invalid times, and the pages and statuses of the edge.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import zeroscope
from helpers.client import Harness
from helpers.operations import CALLS, FixedResponse
from helpers.schemas import SPEC, content, documented_response, resolved, same, validator

RECORDED: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((Path(__file__).parent / "recorded").glob("*.json"))
}

# What each prediction says that is not in its body to the letter.
PREDICTIONS: dict[str, dict[str, Any]] = {
    "created": {"done": False, "videos": [], "started_at": None, "metrics": {}, "progress": None},
    "created-published": {"done": False, "logs": "", "created_at": None, "model": None, "data_removed": False},
    "held-inline": {"done": True, "seed": 4711, "completed_at": "2025-01-19T22:04:09.730655+00:00"},
    "running": {"done": False, "logs": "", "started_at": "2023-10-05T17:20:33.018446+00:00", "metrics": {}},
    "succeeded": {"done": True, "seed": 20951, "progress": (1.0, 50, 50), "completed_at": None},
    "expired": {"done": True, "input": {}, "logs": "", "videos": [], "data_removed": True, "seed": None},
    "aborted": {"done": True, "started_at": None, "metrics": {"total_time": 30.033}, "error": None},
    "canceled": {"done": True, "seed": 88, "output": None, "started_at": "2024-06-30T12:00:03.700000+00:00"},
}
# Why a prediction that has ended has no videos.
ENDS: dict[str, type[zeroscope.PredictionError] | list[str]] = {
    "held-inline": ["data:video/mp4;base64,AAAAGGZ0eXBpc29t"],
    "succeeded": [
        "https://replicate.delivery/pbxt/Kd92fTmX/output-0.mp4",
        "https://replicate.delivery/pbxt/Zw3b7LrQ/output-1.mp4",
    ],
    "expired": zeroscope.OutputExpiredError,
    "aborted": zeroscope.PredictionCanceledError,
    "canceled": zeroscope.PredictionCanceledError,
}
ERRORS: dict[str, tuple[type[zeroscope.ZeroscopeError], dict[str, Any], str]] = {
    "refused-fields": (
        zeroscope.ValidationError,
        {
            "invalid_fields": [
                ("number_lte", "input.guidance_scale", "Must be less than or equal to 100"),
                ("enum", "input.model", 'must be one of the following: "xl", "576w"'),
            ]
        },
        "answered 422: Input validation failed: - input.guidance_scale: Must be less than or equal to 100",
    ),
    "refused-version": (
        zeroscope.ValidationError,
        {"invalid_fields": [], "title": "Invalid version or not permitted"},
        "answered 422: Invalid version or not permitted: The specified version does not exist",
    ),
    "no-credit": (zeroscope.PaymentRequiredError, {"status_code": 402}, "answered 402: Insufficient credit"),
    "throttled": (zeroscope.RateLimitError, {"retry_after": 30}, "answered 429: Request was throttled. Your rate"),
    "throttled-named": (zeroscope.RateLimitError, {"retry_after": 5}, "answered 429: Request was throttled: Request"),
    "throttled-older": (zeroscope.RateLimitError, {"retry_after": 1}, "answered 429: Request was throttled. Expected"),
    "bad-gateway": (
        zeroscope.ServerError,
        {"status_code": 502, "title": None, "detail": None},
        "answered 502: <html> <head><title>502 Bad Gateway</title></head>",
    ),
    "overloaded": (zeroscope.UnknownOutcomeError, {}, "answered 529: <!DOCTYPE html><title>Site is overloaded"),
}

both = pytest.mark.parametrize("kind", ["sync", "async"])


def play(kind: str, name: str) -> tuple[Any, FixedResponse]:
    """What the client makes of a recorded answer, without trying again, and who gave it."""
    recorded = RECORDED[name]
    body = recorded["text"] if "text" in recorded else json.dumps(recorded["body"], ensure_ascii=False)
    headers = [(name.encode(), value.encode()) for name, value in recorded["headers"].items()]
    server = FixedResponse(recorded["status"], body.encode(), headers)
    harness = Harness(kind)
    client = harness.client(server, retry=None, base_url=SPEC["servers"][0]["url"])
    call = CALLS[recorded["operation"]]
    if "body" in recorded and "id" in recorded["body"] and recorded["operation"] != "createPrediction":
        ask = client.predictions.get if recorded["operation"] == "getPrediction" else client.predictions.cancel
        return harness.do(ask, recorded["body"]["id"]), server
    return call(harness, client), server


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_answer__is_in_the_document(name: str) -> None:
    """Status, headers and body are such as the document describes, or a page from the edge where it admits one."""
    recorded = RECORDED[name]
    described = documented_response(recorded["operation"], recorded["status"])
    for header, schema in described.get("headers", {}).items():
        text = recorded["headers"].get(header.lower())
        # A header is a text, which may stand for a number.
        is_valid = validator(resolved(schema)["schema"]).is_valid
        assert text is None or is_valid(text) or (text.isdigit() and is_valid(int(text)))
    if "text" in recorded:
        assert "From the edge the body may be HTML" in described["description"]
        return
    validator(content(described)[1]).validate(recorded["body"])


def test_every_recorded_answer__has_its_reading() -> None:
    """No file is there for nothing."""
    assert {*PREDICTIONS, *ERRORS, "page"} == set(RECORDED)


@both
@pytest.mark.parametrize(("name", "says"), PREDICTIONS.items(), ids=PREDICTIONS)
def test_recorded_prediction__is_read(kind: str, name: str, says: dict[str, Any]) -> None:
    """The prediction keeps all that was sent, and makes sense of what does not speak for itself."""
    prediction, _ = play(kind, name)
    body = RECORDED[name]["body"]
    sent = body[0] if isinstance(body, list) else body
    assert same(prediction.to_dict(), sent)
    read = {attribute: getattr(prediction, attribute) for attribute in says}
    times = {attribute: moment.isoformat() for attribute, moment in read.items() if isinstance(moment, datetime)}
    assert {**read, **times} == says


@both
@pytest.mark.parametrize(("name", "end"), ENDS.items(), ids=ENDS)
def test_recorded_end__is_videos_or_the_error_that_says_why(kind: str, name: str, end: Any) -> None:
    """Videos come in the order of their numbers; where there are none, the error tells why and keeps the prediction."""
    prediction, _ = play(kind, name)
    if isinstance(end, list):
        assert [video.url for video in prediction.raise_for_status().videos] == end
        return
    with pytest.raises(end, match=prediction.id) as caught:
        prediction.raise_for_status()
    assert caught.value.prediction is prediction


@both
def test_recorded_page__is_read_though_entries_leave_things_out(kind: str) -> None:
    """What a list leaves out of its entries is empty, and not taken for gone."""
    listed, server = play(kind, "page")
    assert [(each.id, each.status) for each in listed] == [
        (body["id"], body["status"]) for body in RECORDED["page"]["body"]["results"]
    ]
    assert len(server.requests) == 1
    assert [(each.input, each.logs, each.output, each.videos) for each in listed] == [({}, "", None, [])] * 3
    with pytest.raises(zeroscope.PredictionError, match="came without its output, which lists may omit"):
        listed[1].raise_for_status()
    with pytest.raises(zeroscope.PredictionFailedError, match="CUDA out of memory"):
        listed[2].raise_for_status()


@both
@pytest.mark.parametrize(("name", "refusal"), ERRORS.items(), ids=ERRORS)
def test_recorded_refusal__is_the_error_that_says_why(
    kind: str, name: str, refusal: tuple[type[zeroscope.ZeroscopeError], dict[str, Any], str]
) -> None:
    """Each refusal is its own error, with what the service said, or the beginning of the page that the edge sent."""
    error, says, message = refusal
    with pytest.raises(zeroscope.ZeroscopeError) as caught:
        play(kind, name)
    assert type(caught.value) is error
    assert message in str(caught.value)
    assert {attribute: getattr(caught.value, attribute) for attribute in says} == says
