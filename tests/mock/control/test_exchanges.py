"""The operations under `/_mock/` on the request journal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import jsonschema_rs
import pytest

from helpers.har import HAR
from zeroscope_mock import MockServer
from zeroscope_mock.documents.bundled import control_schema
from zeroscope_mock.journal import News

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
BASE = "https://h.test/_mock"


@pytest.fixture
def control(server: MockServer) -> Iterator[httpx.Client]:
    with httpx.Client(transport=server.transport, base_url=BASE) as client:
        yield client


def ok(response: httpx.Response, status: int = 200) -> Any:
    assert response.status_code == status, response.text
    return response.json()


@pytest.fixture
def exchanges(server: MockServer, api: httpx.Client) -> list[str]:
    """A create, a refused create, an unknown path and a request of another tenant; returns their paths."""
    api.post("/predictions", json={"version": VERSION, "input": {"prompt": "a\nhorse" + "e" * 300}}).raise_for_status()
    api.post("/predictions?b", json={"version": VERSION, "input": {"width": 100}})
    api.get("/nowhere")
    api.get("/predictions", headers={"Authorization": "Bearer another-token"})
    return [one.path for one in server.journal]


def test_exchanges__are_summaries(control: httpx.Client, exchanges: list[str]) -> None:
    """Oldest first, with what happened in short."""
    listed = ok(control.get("/exchanges"))
    create, refused, unknown, other = listed["exchanges"]

    assert (listed["dropped"], listed["last"]) == (0, 4)
    assert [one["number"] for one in listed["exchanges"]] == [1, 2, 3, 4]
    assert [one["path"] for one in listed["exchanges"]] == exchanges
    assert create["prompt"].startswith("a horse") and len(create["prompt"]) == 200
    assert (create["status_after"], create["reason"]) == ("starting", None)
    assert (refused["status"], refused["reason"]) == (422, "input.width: 100 < 256")
    assert (unknown["operation"], other["operation"]) == (None, "listPredictions")
    assert all(not control_schema("ExchangeSummary").invalid_fields(one) for one in listed["exchanges"])


def test_journal__is_read_without_the_lock(
    server: MockServer, control: httpx.Client, exchanges: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other requests are answered while thousands of exchanges are read."""
    lock, news, free = server.core.state.lock, server.journal.news, list[bool]()

    def try_lock(*arguments: Any) -> News:
        with ThreadPoolExecutor(1) as other:
            free.append(other.submit(lock.acquire, blocking=False).result())
            if free[-1]:
                other.submit(lock.release).result()
        return news(*arguments)

    monkeypatch.setattr(server.journal, "news", try_lock)
    for path in ("/exchanges", "/journal", "/journal.har"):
        assert exchanges[-1] in control.get(path).text
    assert free == [True] * 3


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"after": "2"}, [3, 4]),
        ({"limit": "3"}, [2, 3, 4]),
        ({"after": "1", "limit": "2"}, [3, 4]),
        ({"after": "4"}, []),
        ({"after": "99"}, []),
        ({"after": "0"}, [1, 2, 3, 4]),
    ],
)
def test_exchanges__after_a_number(
    control: httpx.Client, exchanges: list[str], query: dict[str, str], numbers: list[int]
) -> None:
    """The latest of those with a higher number."""
    assert [one["number"] for one in ok(control.get("/exchanges", params=query))["exchanges"]] == numbers


def test_exchange__is_whole(control: httpx.Client, exchanges: list[str]) -> None:
    """With headers, bodies and the reasons why it was refused."""
    exchange = ok(control.get("/exchanges/2"))

    assert exchange["path"] == exchanges[1]
    assert json.loads(exchange["request_body"])["input"] == {"width": 100}
    assert ["authorization", "Bearer [token]"] in exchange["request_headers"]
    assert exchange["refusals"][0]["field"] == "input.width"
    assert not control_schema("Exchange").invalid_fields(exchange)
    assert exchange in ok(control.get("/journal"))["exchanges"]


@pytest.mark.parametrize("path", ["/exchanges/5", "/exchanges/1000000"])
def test_exchange__that_is_unknown(control: httpx.Client, exchanges: list[str], path: str) -> None:
    """The error says where to look."""
    assert "/_mock/exchanges lists them" in ok(control.get(path), 404)["detail"]


def test_exchange__that_was_dropped() -> None:
    """Like one that never was."""
    server = MockServer(journal_limit=1)
    with httpx.Client(transport=server.transport, base_url="https://h.test") as client:
        client.get("/a")
        client.get("/b")
        assert client.get("/_mock/exchanges/1").status_code == 404
        listed = ok(client.get("/_mock/exchanges"))
        assert (listed["dropped"], listed["last"], listed["exchanges"][0]["path"]) == (1, 2, "/b")


def test_tenant__sees_its_own_exchanges(control: httpx.Client, exchanges: list[str]) -> None:
    """In lists, archives and by number."""
    headers = {"Authorization": "Bearer another-token"}
    assert [one["number"] for one in ok(control.get("/exchanges", headers=headers))["exchanges"]] == [4]
    assert [one["number"] for one in ok(control.get("/journal", headers=headers))["exchanges"]] == [4]
    assert len(ok(control.get("/journal.har", headers=headers))["log"]["entries"]) == 1
    assert control.get("/exchanges/4", headers=headers).status_code == 200
    assert control.get("/exchanges/1", headers=headers).status_code == 404
    assert control.delete("/journal", headers=headers).status_code == 204
    assert [one["number"] for one in ok(control.get("/exchanges"))["exchanges"]] == [1, 2, 3]


def test_archive__is_that_of_the_journal(control: httpx.Client, exchanges: list[str], server: MockServer) -> None:
    """The same as in Python, and valid."""
    archive = ok(control.get("/journal.har"))
    jsonschema_rs.validator_for(HAR).validate(archive)
    assert archive == json.loads(json.dumps(server.journal.har()))
    assert [one["request"]["url"] for one in archive["log"]["entries"]] == [
        f"https://api.replicate.com{p}" for p in exchanges
    ]


@pytest.mark.parametrize(
    "path", ["/exchanges?after=-1", "/exchanges?limit=0", "/exchanges/0", "/exchanges/x", "/exchanges?x=1"]
)
def test_exchanges__with_invalid_parameters(control: httpx.Client, path: str) -> None:
    """They are refused."""
    assert control.get(path).status_code == 422
