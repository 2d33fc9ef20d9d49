"""The answers to blocking creates, as recorded and as the service documents them."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, Literal

import httpx
import pytest

from zeroscope_mock import MockServer

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
AUTH = {"Authorization": "Bearer a-token-of-a-test"}
UNFINISHED = {"started_at", "completed_at", "metrics"}


def hold(server: MockServer, script: dict[str, Any] | None = None, prefer: str = "wait") -> httpx.Response:
    """The response to a create that waits for a prediction with a script."""
    server.scripts.add(script or {})
    with httpx.Client(transport=server.transport, base_url="https://h.test/v1", headers=AUTH, timeout=None) as api:
        sent = {"version": VERSION, "input": {"width": 256, "height": 256, "num_frames": 2}}
        return api.post("/predictions", json=sent, headers={"Prefer": prefer})


def read(server: MockServer, url: str) -> dict[str, Any]:
    with httpx.Client(transport=server.transport, headers=AUTH) as api:
        body: dict[str, Any] = api.get(url).json()
        return body


@pytest.mark.parametrize(
    ("script", "output"),
    [
        ({"outputs": 2}, None),
        ({"output": {"a": 1}}, {"a": 1}),
        ({"output": ["a", "b"]}, ["a", "b"]),
        ({"output": ["a", "b"], "gradual": True}, ["a", "b"]),
        ({"output": "text", "startup": 0, "run": 0}, "text"),
        ({"outputs": 1, "progression": "once"}, None),
    ],
)
def test_success__is_shown_as_processing(server: MockServer, script: dict[str, Any], output: Any) -> None:
    """All outputs are there, but no times, metrics or logs; a read shows the end, with the same outputs."""
    response = hold(server, {"blocking": "processing", **script})

    body = response.json()
    ended = read(server, body["urls"]["get"])
    assert (response.status_code, body["status"], body["logs"], body["error"]) == (201, "processing", "", None)
    assert UNFINISHED & body.keys() == set()
    assert "location" not in response.headers
    assert body["output"] == ended["output"] is not None
    assert output in (None, body["output"])
    assert (ended["status"], body["created_at"]) == ("succeeded", ended["created_at"])


def test_success__has_inline_videos(server: MockServer) -> None:
    """The outputs of an unfinished answer are `data:` URIs as well, where the script wants them."""
    body = hold(server, {"blocking": "processing", "inline": True, "outputs": 1}).json()

    assert body["status"] == "processing"
    assert body["output"] == read(server, body["urls"]["get"])["output"]
    assert body["output"][0].startswith("data:video/mp4;base64,")


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ({"error": "x"}, "failed"),
        ({"outcome": "canceled"}, "canceled"),
        ({"outcome": "aborted"}, "aborted"),
        ({"removed": True}, "succeeded"),
        ({"outputs": 0}, "succeeded"),
        ({"output": []}, "succeeded"),
    ],
)
def test_end__without_outputs_is_shown(server: MockServer, script: dict[str, Any], status: str) -> None:
    """A prediction that ended without outputs is answered as a read answers it, whatever the script says."""
    response = hold(server, {"blocking": "processing", **script})

    assert (response.status_code, response.json()["status"]) == (201, status)
    assert response.json() == read(server, response.json()["urls"]["get"])


def test_seed__decides_by_default() -> None:
    """Three of four answers to a success are unfinished; equal seeds give equal answers, others do not."""

    def statuses(seed: int) -> list[str]:
        server = MockServer(seed=seed)
        return [hold(server).json()["status"] for _ in range(60)]

    first = statuses(1)
    counts = Counter(first + statuses(2))
    assert first == statuses(1) != statuses(2)
    assert counts.keys() == {"processing", "succeeded"}
    assert 0.6 < counts["processing"] / counts.total() < 0.9


@pytest.mark.parametrize(("setting", "status"), [("processing", "processing"), ("final", "succeeded")])
def test_setting__decides_for_all(setting: Literal["processing", "final"], status: str) -> None:
    """A setting holds for every create, and a script overrides it."""
    server = MockServer(blocking=setting)

    assert {hold(server).json()["status"] for _ in range(10)} == {status}
    assert hold(server, {"blocking": "final"}).json()["status"] == "succeeded"
    assert hold(server, {"blocking": "processing"}).json()["status"] == "processing"


@pytest.mark.parametrize(
    ("setting", "script", "status"),
    [
        (None, {}, "starting"),
        (None, {"expired_wait": "processing"}, "processing"),
        ("processing", {}, "processing"),
        ("processing", {"expired_wait": "starting"}, "starting"),
    ],
)
@pytest.mark.parametrize("startup", [0, 600])
def test_expired_wait(
    setting: Literal["processing"] | None, script: dict[str, Any], status: str, startup: float
) -> None:
    """A wait that ran out is answered with 202 and the address of the prediction, whatever runs by then."""
    server = MockServer() if setting is None else MockServer(expired_wait=setting)
    response = hold(server, {"startup": startup, "run": 600, **script}, "wait=5")

    body = response.json()
    assert (response.status_code, response.headers["preference-applied"]) == (202, "wait=5")
    assert response.headers["location"] == body["urls"]["get"]
    assert (body["status"], body["output"], body["logs"], body["error"]) == (status, None, "", None)
    assert UNFINISHED & body.keys() == set()
    assert read(server, response.headers["location"])["id"] == body["id"]


@pytest.mark.parametrize(("status", "made"), [("starting", None), ("processing", 4)])
def test_expired_wait__with_some_outputs(server: MockServer, status: str, made: int | None) -> None:
    """Outputs that exist by then are shown with `processing` only."""
    script = {"startup": 0, "run": 10, "output": list(range(9)), "gradual": True, "expired_wait": status}
    body = hold(server, script, "wait=4").json()

    assert (body["status"], body["output"]) == (status, None if made is None else list(range(made)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"blocking": "sometimes"}, "blocking must be 'processing' or 'final' or None, not 'sometimes'"),
        ({"expired_wait": "final"}, "expired_wait must be 'starting' or 'processing', not 'final'"),
        ({"webhook_events": "logs"}, "webhook_events must be a list of events, not 'logs'"),
        ({"webhook_events": ["log"]}, "there is no event 'log'; did you mean 'logs'?"),
    ],
)
def test_setting__that_is_unknown(options: dict[str, Any], message: str) -> None:
    """The server is not made, and the error names the choices."""
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        MockServer(**options)
