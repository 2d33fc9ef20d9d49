"""The limits of the store, which drops the oldest data and reports it."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zeroscope_mock import MockServer, store
from zeroscope_mock.lifecycle.record import Record
from zeroscope_mock.lifecycle.script import Script
from zeroscope_mock.store import Store

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
SCRIPT = Script(seed=0, startup_seconds=0, run_seconds=0, steps=1, rate=1)
PAGE = 3


def client_of(server: MockServer, token: str = "a-token-of-a-test") -> httpx.Client:
    return httpx.Client(
        transport=server.transport, base_url="https://h.test/v1", headers={"Authorization": f"Bearer {token}"}
    )


def create(api: httpx.Client) -> str:
    response = api.post("/predictions", json={"version": VERSION, "input": {}})
    assert response.status_code == 201
    id: str = response.json()["id"]
    return id


def listed(api: httpx.Client) -> list[str]:
    """The ids on all pages."""
    ids, url = list[str](), "/predictions"
    while url:
        body = api.get(url).json()
        ids += [prediction["id"] for prediction in body["results"]]
        url = body["next"]
    return ids


def upload(api: httpx.Client, size: int) -> str:
    id: str = api.post("/files", files={"content": b"x" * size}).json()["id"]
    return id


def test_predictions__beyond_the_limit_drop_the_oldest() -> None:
    """They are removed everywhere, the rest is unchanged, and ids continue as if nothing were dropped."""
    limited, unlimited = MockServer(prediction_limit=5), MockServer()
    with client_of(limited) as api, client_of(unlimited) as other:
        ids = [create(api) for _ in range(8)]

        assert ids == [create(other) for _ in range(8)]
        assert listed(api) == ids[:2:-1]
        assert [api.get(f"/predictions/{id}").status_code for id in ids] == [404] * 3 + [200] * 5
        assert api.post(f"/predictions/{ids[0]}/cancel").status_code == 404
    assert limited.dropped == {"predictions": 3, "files": 0, "exchanges": 0, "deliveries": 0}
    assert unlimited.dropped["predictions"] == 0


def test_predictions__of_all_tokens_count() -> None:
    """The limit is the server's, so the oldest is dropped, whichever token it has."""
    server = MockServer(prediction_limit=3)
    with client_of(server, "token-of-one") as one, client_of(server, "token-of-two") as two:
        first, second = create(one), create(two)
        third, fourth, fifth = create(one), create(one), create(two)

        assert (listed(one), listed(two)) == ([fourth, third], [fifth])
        assert first != second


def test_predictions__at_a_limit_of_one() -> None:
    """The newest always exists."""
    server = MockServer(prediction_limit=1)
    with client_of(server) as api:
        for number in range(5):
            id = create(api)
            assert listed(api) == [id]
            assert server.dropped["predictions"] == number


class Naive:
    """The predictions of a few tenants, stored in the simplest way."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.kept: list[tuple[str, int]] = []
        self.next: dict[str, int] = {}
        self.dropped = 0

    def add(self, tenant: str) -> int:
        number = self.next.get(tenant, 0)
        self.next[tenant] = number + 1
        self.kept.append((tenant, number))
        if len(self.kept) > self.limit:
            self.kept.pop(0)
            self.dropped += 1
        return number

    def clear(self, tenant: str) -> None:
        self.kept = [one for one in self.kept if one[0] != tenant]
        self.next.pop(tenant, None)

    def numbers(self, tenant: str) -> list[int]:
        return [number for owner, number in reversed(self.kept) if owner == tenant]


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["add", "add", "add", "add", "clear"]), st.sampled_from("ab")), max_size=60
)


@settings(max_examples=200)
@given(limit=st.integers(1, 12), actions=ACTIONS)
def test_pages__stay_right_whatever_is_dropped(limit: int, actions: list[tuple[str, str]]) -> None:
    """From every earlier cursor, pages have the predictions that are left there and lead to all others."""
    real, naive = Store(limit, 1), Naive(limit)
    cursors: dict[str, set[str]] = {"a": set(), "b": set()}
    with patch.object(store, "PAGE_SIZE", PAGE):
        for action, tenant in actions:
            if action == "clear":
                real.clear(tenant)
                naive.clear(tenant)
                cursors[tenant].clear()
                continue
            number = naive.add(tenant)
            assert real.of_tenant(tenant).next == number
            real.add(Record(f"{tenant}{number}", tenant, number, 0.0, "v", {}, SCRIPT))
            assert real.dropped_predictions == naive.dropped
            for owner, known in cursors.items():
                _check(real, owner, naive.numbers(owner), known)

    for tenant in cursors:
        for number in range(naive.next.get(tenant, 0)):
            there = number in naive.numbers(tenant)
            assert (real.prediction(f"{tenant}{number}", tenant) is not None) is there


def _check(real: Store, tenant: str, numbers: list[int], cursors: set[str]) -> None:
    """Follow the pages of a tenant from the newest one and from every cursor that was handed out before."""
    assert _follow(real, tenant, None, "next", cursors) == numbers
    for cursor in list(cursors):
        page = real.page(tenant, cursor)
        assert page is not None
        here = [record.number for record in page.records]
        older = _follow(real, tenant, page.next, "next", cursors) if page.next else []
        newer = _follow(real, tenant, page.previous, "previous", cursors) if page.previous else []
        assert [*sorted(newer, reverse=True), *here, *older] == numbers


def _follow(real: Store, tenant: str, cursor: str | None, way: str, cursors: set[str]) -> list[int]:
    numbers = list[int]()
    while True:
        page = real.page(tenant, cursor)
        assert page is not None
        assert len(page.records) <= PAGE
        numbers += [record.number for record in page.records]
        cursors.update(one for one in (page.next, page.previous) if one)
        cursor = page.next if way == "next" else page.previous
        if cursor is None:
            return numbers


def test_files__beyond_the_limit_drop_the_oldest() -> None:
    """By their bytes; the newest stays even if it alone exceeds the limit."""
    server = MockServer(storage_limit=1000)
    with client_of(server) as api:

        def files() -> list[str]:
            return [file["id"] for file in api.get("/files").json()["results"]]

        first, second = upload(api, 400), upload(api, 600)
        assert files() == [second, first]
        third = upload(api, 1)
        assert files() == [third, second]
        assert api.get(f"/files/{first}").status_code == 404
        fourth = upload(api, 2000)
        assert files() == [fourth]
        fifth = upload(api, 0)
        assert files() == [fifth]

    assert server.dropped["files"] == 4


def test_files__deleted_or_expired_are_not_counted() -> None:
    """Deleted and expired files make room."""
    server = MockServer(storage_limit=1000)
    with client_of(server) as api:
        api.delete(f"/files/{upload(api, 600)}")
        upload(api, 600)
        server.clock.advance(86400)
        upload(api, 600)

        assert server.dropped["files"] == 0
        upload(api, 600)
        assert server.dropped["files"] == 1


def test_journal__beyond_the_limit_drops_the_oldest() -> None:
    """And counts them."""
    server = MockServer(journal_limit=3)
    with client_of(server) as api:
        for number in range(5):
            api.get(f"/predictions/{number}")

    assert [exchange.path for exchange in server.journal] == [f"/v1/predictions/{number}" for number in (2, 3, 4)]
    assert server.journal.dropped == server.dropped["exchanges"] == 2


def test_deliveries__beyond_the_limit_drop_the_oldest() -> None:
    """They share the journal's limit."""
    server = MockServer(journal_limit=3, receiver=lambda _: None)
    server.scripts.add({"startup": 0, "run": 2, "logs": ["a", "b", "c", "d"]})
    with client_of(server) as api:
        sent = {"version": VERSION, "input": {}, "webhook": "https://h.test/hook"}
        api.post("/predictions", json={**sent, "webhook_events_filter": ["start", "logs", "completed"]})
    server.clock.advance(10)

    assert len(server.deliveries) == 3
    assert server.deliveries[-1].event == "completed"
    assert server.dropped["deliveries"] == 3


def test_reset__counts_from_zero_again() -> None:
    """Whatever was dropped before."""
    server = MockServer(prediction_limit=1, storage_limit=1, journal_limit=1)
    with client_of(server) as api:
        ids = [create(api), create(api)]
        upload(api, 5)
        upload(api, 5)
        assert set(server.dropped.values()) == {0, 1, 3}
        server.reset()

        assert set(server.dropped.values()) == {0}
        assert [create(api), create(api)] == ids


@pytest.mark.parametrize(
    "name",
    ["json_limit", "file_limit", "storage_limit", "prediction_limit", "journal_limit", "journal_body_limit"],
)
@pytest.mark.parametrize("limit", [0, -1])
def test_limit__below_one_is_invalid(name: str, limit: int) -> None:
    """It is refused with its name and value."""
    settings: dict[str, Any] = {name: limit}
    with pytest.raises(ValueError, match=f"{name} must be at least 1, not {limit}"):
        MockServer(**settings)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/predictions"),
        ("POST", "/predictions/x/cancel"),
        ("POST", "/models/anotherjesse/zeroscope-v2-xl/predictions"),
    ],
)
def test_body__over_the_limit_is_refused_unread(method: str, path: str) -> None:
    """On every route that takes JSON, whatever it contains; up to the limit it is read."""
    server = MockServer(json_limit=100)
    with client_of(server) as api:
        statuses = [api.request(method, path, content=b" " * size).status_code for size in (100, 101, 10_000)]

    assert 413 not in statuses[:1]
    assert statuses[1:] == [413, 413]


@pytest.mark.parametrize("settings", [{"json_limit": 50, "file_limit": 500}, {"json_limit": 500, "file_limit": 50}])
def test_form__has_a_limit_of_its_own(settings: dict[str, Any]) -> None:
    """Files may be larger than JSON, or smaller."""
    server = MockServer(**settings)
    with client_of(server) as api:
        form = api.post("/files", files={"content": b"x" * 200}).status_code
        json = api.post("/predictions", content=b" " * 200).status_code

    assert (form, json) == ((201, 413) if settings["file_limit"] == 500 else (413, 400))


@pytest.mark.parametrize("where", ["body", "query", "split"])
def test_journal__redacts_the_token_before_it_cuts(where: str) -> None:
    """No part of a token is left where a long body is cut off."""
    token = "r8_0123456789abcdefghijklmnopqrstuvwxyz"
    server = MockServer()
    filler = {"body": "", "query": "", "split": "x" * 1850}[where]
    with client_of(server, token) as api:
        for shift in range(60 if where == "split" else 1):
            sent = {"version": VERSION, "input": {"prompt": "x" * shift + filler + token}}
            api.post("/predictions", json=sent, params={"q": token} if where == "query" else None)

    for exchange in server.journal:
        assert "r8_0" not in repr(exchange)


def test_tokens__that_only_read_take_no_memory() -> None:
    """However many tokens list their predictions, the server does not grow."""
    server = MockServer()
    for number in range(20):
        with server.client(token=f"token-{number}") as client:
            assert list(client.predictions.list()) == []

    assert server.core.state.store.tenants == {}


def test_webhooks__of_dropped_predictions_are_removed() -> None:
    """They take no memory, and a snapshot of the server can be restored."""
    server = MockServer(prediction_limit=2, receiver=lambda request: 503)
    server.scripts.add({"reads": 2}, times=None)
    with server.client() as client:
        for _ in range(5):
            client.predictions.create({"prompt": "x"}, webhook="https://h.test/hook")

    server.restore(server.snapshot())

    waiting = {entry["prediction"] for entry in server.snapshot()["webhooks"]["watches"]}
    with server.client() as client:
        assert waiting == {prediction.id for prediction in client.predictions.list()}
