"""The timeline of a prediction: what has happened and what is to come, in order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
START = 1_767_225_600.0
SCRIPT = {"startup": 1, "run": 4, "logs": [{"at": 0.5, "text": "one\n"}, {"at": 2, "text": "two\n"}]}


class Receiver:
    """A receiver of webhooks that fails at first."""

    def __init__(self) -> None:
        self.statuses = [503, 500]

    def __call__(self, request: httpx.Request) -> int:
        return self.statuses.pop(0) if self.statuses else 200


@pytest.fixture
def server() -> MockServer:
    return MockServer(receiver=Receiver())


@pytest.fixture
def control(server: MockServer) -> Iterator[httpx.Client]:
    with httpx.Client(transport=server.transport, base_url="http://mock.test/_mock") as client:
        yield client


def create(api: httpx.Client, **fields: Any) -> str:
    response = api.post("/predictions", json={"version": VERSION, "input": {"prompt": "x"}, **fields})
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


def timeline(control: httpx.Client, id: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = control.get(f"/predictions/{id}").json()["timeline"]
    assert [one["time"] for one in entries] == sorted(one["time"] for one in entries)
    return entries


def brief(entries: list[dict[str, Any]]) -> list[tuple[float, str, str, bool]]:
    return [(round(one["time"] - START, 3), one["kind"], one["text"], one["due"]) for one in entries]


def test_timeline__of_a_prediction_that_was_just_created(
    server: MockServer, control: httpx.Client, api: httpx.Client
) -> None:
    """All but the creation is still to come."""
    server.scripts.add(SCRIPT)
    id = create(api, webhook="https://x.test/hook", webhook_events_filter=["completed"])

    assert brief(timeline(control, id)) == [
        (0, "created", "prediction of anotherjesse/zeroscope-v2-xl", False),
        (1, "started", "after 1 s", True),
        (1.5, "log", "one", True),
        (3, "log", "two", True),
        (5, "ended", "succeeded", True),
        (5, "webhook", "completed, attempt 1", True),
        (3605, "expires", "input, output and logs are removed", True),
    ]


def test_timeline__has_webhooks_with_their_retries(
    server: MockServer, control: httpx.Client, api: httpx.Client
) -> None:
    """Attempts that were made stand beside those that are due."""
    server.scripts.add(SCRIPT)
    id = create(api, webhook="https://x.test/hook", webhook_events_filter=["start", "completed"])
    server.clock.advance(5.5)

    entries = timeline(control, id)

    assert [one for one in brief(entries) if one[1] in {"webhook", "retry"}] == [
        (1, "webhook", "start, attempt 1: answered with 503", False),
        (5, "webhook", "completed, attempt 1: answered with 500", False),
        (6, "retry", "completed, attempt 2", True),
    ]
    sent = {one["delivery"] for one in entries if one["kind"] == "webhook" and "completed" in one["text"]}
    assert sent == {one["delivery"] for one in entries if one["kind"] == "retry"}
    server.clock.advance(1)
    assert (6, "retry", "completed, attempt 2: answered with 200", False) in brief(timeline(control, id))


def test_timeline__has_reads_and_the_cancel(server: MockServer, control: httpx.Client, api: httpx.Client) -> None:
    """Equal reads in a row are one entry, and each entry names its exchange."""
    server.scripts.add(SCRIPT)
    id = create(api)
    for _ in range(3):
        api.get(f"/predictions/{id}")
    server.clock.advance(2)
    api.get(f"/predictions/{id}")
    api.post(f"/predictions/{id}/cancel")

    entries = timeline(control, id)

    assert brief(entries) == [
        (0, "created", "prediction of anotherjesse/zeroscope-v2-xl", False),
        (0, "read", "getPrediction: starting × 3", False),
        (1, "started", "after 1 s", False),
        (1.5, "log", "one", False),
        (2, "read", "getPrediction: processing", False),
        (2, "canceled", "a request canceled it", False),
        (2, "ended", "canceled", False),
        (3602, "expires", "input, output and logs are removed", True),
    ]
    assert [one["exchange"] for one in entries] == [1, 4, None, None, 5, 6, None, None]


def test_timeline__whose_creation_the_journal_has_dropped(
    server: MockServer, control: httpx.Client, api: httpx.Client
) -> None:
    """The cancel is not taken for what created the prediction."""
    id = create(api)
    server.journal.clear()
    api.get(f"/predictions/{id}")
    api.post(f"/predictions/{id}/cancel")

    found = {one["kind"]: one["exchange"] for one in timeline(control, id)}
    assert (found["created"], found["read"], found["canceled"]) == (None, 1, 2)


def test_timeline__has_outputs_one_by_one(server: MockServer, control: httpx.Client, api: httpx.Client) -> None:
    """Outputs that come one after another have entries of their own."""
    server.scripts.add({"startup": 0, "run": 3, "outputs": 2, "gradual": True, "logs": []})
    id = create(api)
    server.clock.advance(1.5)
    assert [one for one in brief(timeline(control, id)) if one[1] == "output"] == [
        (1, "output", "output 1 of 2", False),
        (2, "output", "output 2 of 2", True),
    ]


def test_timeline__by_reads(server: MockServer, control: httpx.Client, api: httpx.Client) -> None:
    """Where reads move a prediction on, nothing is known beforehand."""
    server.scripts.add({"progression": "reads", "reads": 2, "logs": ["one\n", "two\n"]})
    id = create(api)
    assert [one["kind"] for one in timeline(control, id)] == ["created"]
    for _ in range(2):
        server.clock.advance(1)
        api.get(f"/predictions/{id}")
    found = [one for one in brief(timeline(control, id)) if one[1] != "read"]
    assert [one[:2] for one in found] == [
        (0, "created"),
        (1, "started"),
        (1, "log"),
        (2, "log"),
        (2, "ended"),
        (3602, "expires"),
    ]


@pytest.mark.parametrize(
    ("script", "kinds", "end"),
    [
        ({"outcome": "failed", "error": "no luck", "run": 1, "startup": 1, "logs": []}, ["started"], "failed: no luck"),
        ({"outcome": "aborted", "startup": 1}, [], "aborted"),
        ({"removed": True, "startup": 1, "run": 1, "logs": []}, ["started"], "succeeded"),
    ],
)
def test_timeline__however_it_ends(
    server: MockServer, control: httpx.Client, api: httpx.Client, script: dict[str, Any], kinds: list[str], end: str
) -> None:
    """Only what happens has an entry."""
    server.scripts.add(script)
    entries = timeline(control, create(api))
    assert [one["kind"] for one in entries] == ["created", *kinds, "ended", "expires"]
    assert entries[-2]["text"] == end
    assert (entries[-1]["time"] == entries[-2]["time"]) == script.get("removed", False)


def test_timeline__of_a_training(server: MockServer, control: httpx.Client, api: httpx.Client) -> None:
    """Trainings have the same."""
    model = {
        "owner": api.get("/account").json()["username"],
        "name": "mine",
        "visibility": "private",
        "hardware": "cpu",
    }
    api.post("/models", json=model)
    path = f"/models/anotherjesse/zeroscope-v2-xl/versions/{VERSION}/trainings"
    server.scripts.add({"startup": 1, "run": 1, "logs": []})
    id = api.post(path, json={"destination": f"{model['owner']}/mine", "input": {}}).json()["id"]
    server.clock.advance(5)
    api.get(f"/trainings/{id}")
    assert [(one["kind"], one["due"]) for one in timeline(control, id)] == [
        ("created", False),
        ("started", False),
        ("ended", False),
        ("read", False),
        ("expires", True),
    ]


def test_timeline__is_bounded(server: MockServer, control: httpx.Client, api: httpx.Client) -> None:
    """A log of many lines is cut, and so is a long line."""
    server.scripts.add({"startup": 0, "run": 10, "logs": ["x" * 5000 + "\n"] * 5000})
    logs = [one for one in timeline(control, create(api)) if one["kind"] == "log"]
    assert (len(logs), len(logs[0]["text"])) == (1000, 201)
