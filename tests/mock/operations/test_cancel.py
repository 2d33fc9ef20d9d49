"""Predictions that are canceled, and the removal of their data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer

Create = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(("seconds", "started"), [(0.1, False), (3.0, True)])
def test_cancel_ends_a_prediction_at_once(
    server: MockServer, api: httpx.Client, create: Create, seconds: float, started: bool
) -> None:
    """The response is the whole prediction, ended at this time, and it stays so."""
    prediction = create(prompt="mock:slow")
    server.clock.advance(seconds)

    response = api.post(prediction["urls"]["cancel"])

    body = response.json()
    assert response.status_code == 200
    assert (body["status"], body["output"], body["error"]) == ("canceled", None, None)
    assert body["metrics"]["total_time"] == pytest.approx(seconds)
    assert ("predict_time" in body["metrics"]) is ("started_at" in body) is started
    server.clock.advance(60)
    assert api.get(prediction["urls"]["get"]).json() == body


def test_cancel_can_be_repeated(server: MockServer, api: httpx.Client, create: Create) -> None:
    """A second cancel returns what the first one returned."""
    prediction = create()
    first = api.post(prediction["urls"]["cancel"]).json()
    server.clock.advance(1)

    assert api.post(prediction["urls"]["cancel"]).json() == first


@pytest.mark.parametrize("prompt", ["x", "mock:fail", "mock:abort", "mock:expire"])
def test_cancel_leaves_an_ended_prediction_alone(
    server: MockServer, api: httpx.Client, create: Create, prompt: str
) -> None:
    """A prediction that has ended stays as it ended."""
    prediction = create(prompt=prompt)
    server.clock.advance(60)
    ended = api.get(prediction["urls"]["get"]).json()

    assert api.post(prediction["urls"]["cancel"]).json() == ended


@pytest.mark.parametrize(
    ("sent", "deadline", "status"),
    [
        ("5", "2026-01-01T00:00:05Z", "canceled"),
        ("5s", "2026-01-01T00:00:05Z", "canceled"),
        ("1m", "2026-01-01T00:01:00Z", "succeeded"),
        ("1h30m45s", "2026-01-01T01:30:45Z", "succeeded"),
        ("9" * 20 + "h", "9999-12-31T00:00:00Z", "succeeded"),
    ],
)
def test_cancel_after(
    server: MockServer, api: httpx.Client, create: Create, sent: str, deadline: str, status: str
) -> None:
    """The response has the deadline, and a prediction that still runs then is canceled."""
    prediction = create(prompt="mock:slow", headers={"Cancel-After": sent})
    server.clock.advance(100)

    body = api.get(prediction["urls"]["get"]).json()

    assert prediction["deadline"] == body["deadline"]
    assert datetime.fromisoformat(body["deadline"]) == datetime.fromisoformat(deadline)
    assert body["status"] == status
    if status == "canceled":
        assert body["completed_at"] == body["deadline"]


def test_an_hour_later_the_data_is_gone(server: MockServer, api: httpx.Client, create: Create) -> None:
    """Input, output, logs and the video itself are removed."""
    prediction = create(prompt="x", num_frames=1)
    server.clock.advance(60)
    output = api.get(prediction["urls"]["get"]).json()["output"][0]
    assert api.head(output).status_code == 200

    server.clock.advance(3600)

    body = api.get(prediction["urls"]["get"]).json()
    assert (body["status"], body["data_removed"]) == ("succeeded", True)
    assert (body["input"], body["output"], body["logs"]) == ({}, None, "")
    assert api.get(output).status_code == 404


@pytest.mark.parametrize("path", ["", "/cancel"])
def test_an_unknown_prediction(api: httpx.Client, path: str) -> None:
    """An unknown id is a 404."""
    response = api.request("POST" if path else "GET", f"/predictions/{'a' * 26}{path}")

    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    missing = f"There is no prediction '{'a' * 26}', or this token may not see it."
    assert response.json() == {"detail": f"The requested resource could not be found. {missing}", "status": 404}
