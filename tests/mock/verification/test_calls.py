"""The calls of a server."""

from __future__ import annotations

import httpx
import pytest

from zeroscope_mock import MockServer

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"


@pytest.fixture
def server() -> MockServer:
    return MockServer(any_model=True)


def test_call__of_a_prediction(server: MockServer, api: httpx.Client) -> None:
    """A create has its input, its webhook, its headers in any case, and the prediction that it made."""
    sent = {"version": VERSION, "input": {"prompt": "x"}, "webhook": "https://receiver.test/hook"}
    created = api.post("/predictions", json=sent, headers=[("X-Trace", "a"), ("x-trace", "b")]).json()
    server.clock.advance(2)
    api.get(f"/predictions/{created['id']}")

    create, read = server.calls()
    assert server.calls("createPrediction") == [create]
    assert (create.operation, create.status, create.prediction) == ("createPrediction", 201, created["id"])
    assert (create.input, create.webhook, create.json) == ({"prompt": "x"}, "https://receiver.test/hook", sent)
    assert create.body == create.exchange.request_body
    assert create.headers["X-TRACE"] == "a, b" and "Prefer" not in create.headers
    assert create.headers["authorization"] == "Bearer [token]"
    assert dict(create.headers).keys() >= {"x-trace", "authorization", "content-type"}
    assert (read.input, read.webhook, read.json, read.body) == ({}, None, None, "")
    assert (read.prediction, read.time - create.time) == (created["id"], 2)
    assert repr(create) == "<Call 1: createPrediction, 201>"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/models/acme/model/predictions", {"input": {"prompt": "x"}, "webhook": "https://receiver.test/h"}),
        (
            "POST",
            "/deployments/acme/live/predictions",
            {"input": {"prompt": "x"}, "webhook": "https://receiver.test/h"},
        ),
        (
            "POST",
            f"/models/anotherjesse/zeroscope-v2-xl/versions/{VERSION}/trainings",
            {"destination": "me/new", "input": {"prompt": "x"}, "webhook": "https://receiver.test/h"},
        ),
    ],
)
def test_call__of_other_creates(
    server: MockServer, api: httpx.Client, method: str, path: str, body: dict[str, object]
) -> None:
    """Models, deployments and trainings have inputs and webhooks as well, whatever the server answers."""
    api.request(method, path, json=body)

    (call,) = server.calls()
    assert (call.input, call.webhook) == ({"prompt": "x"}, "https://receiver.test/h")


@pytest.mark.parametrize("body", [b"[1]", b"{", b'{"input": "x", "webhook": 1}'])
def test_call__with_another_body(server: MockServer, api: httpx.Client, body: bytes) -> None:
    """What is no input and no URL is left out."""
    api.post("/predictions", content=body, headers={"Content-Type": "application/json"})
    (call,) = server.calls("createPrediction")
    assert (call.input, call.webhook) == ({}, None)


def test_calls__of_a_misspelled_operation(server: MockServer) -> None:
    """A typo is an error, not an empty list."""
    with pytest.raises(ValueError, match="did you mean 'createPrediction'"):
        server.calls("createPredictions")
