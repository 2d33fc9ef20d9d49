"""Access: tokens, tenants, and the journal, which records neither."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer
from zeroscope_mock.dialects import DialectName

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"


def client(server: MockServer, authorization: str | None) -> httpx.Client:
    headers = {"Authorization": authorization} if authorization else {}
    return httpx.Client(transport=server.transport, base_url="https://h.test/v1", headers=headers)


@pytest.mark.parametrize(
    ("token", "authorization", "status"),
    [
        (None, None, 401),
        (None, "Bearer", 401),
        (None, "Bearer  ", 401),
        (None, "Basic dTpw", 401),
        (None, "any", 401),
        (None, "Bearer any", 200),
        (None, "bearer any", 200),
        (None, "Token", 401),
        (None, "Token any", 200),
        (None, "token  any", 200),
        (None, "Tokens any", 401),
        (None, "Key any", 401),
        ("secret", "Token any", 401),
        ("secret", "Token secret", 200),
        ("secret", "Basic secret", 401),
        ("secret", "Bearer any", 401),
        ("secret", "Bearer secre", 401),
        ("secret", "Bearer secret", 200),
    ],
)
def test_a_token_is_needed(token: str | None, authorization: str | None, status: int) -> None:
    """Any token is valid unless the server has one of its own."""
    with client(MockServer(token=token), authorization) as api:
        response = api.get("/predictions")

    assert response.status_code == status
    if status == 401:
        assert response.headers["content-type"] == "application/problem+json"
        assert response.headers["www-authenticate"] == "Bearer"
        assert response.json() == {
            "title": "Unauthenticated",
            "detail": "You did not pass a valid authentication token",
            "status": 401,
        }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/predictions"),
        ("POST", "/predictions"),
        ("GET", "/predictions/x"),
        ("POST", "/predictions/x/cancel"),
        ("POST", "/files"),
        ("GET", "/webhooks/default/secret"),
    ],
)
def test_every_operation_is_protected(server: MockServer, method: str, path: str) -> None:
    """Without a token, not even an error in the request is reported."""
    with client(server, None) as api:
        assert api.request(method, path).status_code == 401


def test_scheme__makes_no_tenant(server: MockServer) -> None:
    """One token under two schemes is one account, also under `/_mock/` and in the journal, which shows neither."""
    with client(server, "Bearer a-long-token") as one, client(server, "Token a-long-token") as two:
        id = one.post("/predictions", json={"version": VERSION, "input": {"prompt": "a-long-token"}}).json()["id"]
        status = two.get(f"/predictions/{id}").status_code
        two.get("https://h.test/_mock/journal").raise_for_status()
        exchanges = two.get("https://h.test/_mock/journal").json()["exchanges"]

    assert status == 200
    assert len(exchanges) == 2
    assert len({exchange["tenant"] for exchange in exchanges}) == 1
    assert "a-long-token" not in str(exchanges)


@pytest.mark.parametrize(
    ("dialect", "accepted", "statuses"),
    [
        ("live", ["Bearer", "Token"], [200, 200, 401]),
        ("live", ["Key"], [200, 401, 200]),
        ("live", None, [200, 401, 401]),
        ("published", ["Bearer", "Token"], [200, 401, 401]),
    ],
)
def test_scheme__is_one_of_the_document(dialect: DialectName, accepted: list[str] | None, statuses: list[int]) -> None:
    """The document names the schemes of the service; the published description has one."""
    document: dict[str, Any] = json.loads(json.dumps(MockServer().core.document))
    scheme = document["components"]["securitySchemes"]["bearerAuth"]
    scheme.pop("x-accepted-schemes")
    scheme |= {} if accepted is None else {"x-accepted-schemes": accepted}
    server = MockServer(spec=document, dialect=dialect)

    assert [
        client(server, f"{name} any").get("/predictions").status_code for name in ("Bearer", "Token", "Key")
    ] == statuses


def test_each_token_sees_only_its_own(server: MockServer) -> None:
    """For another token a prediction does not exist, be it read, listed or canceled."""
    with client(server, "Bearer one") as one, client(server, "Bearer two") as two:
        prediction = one.post("/predictions", json={"version": VERSION, "input": {}}).json()

        assert two.get(f"/predictions/{prediction['id']}").status_code == 404
        assert two.post(f"/predictions/{prediction['id']}/cancel").status_code == 404
        assert two.get("/predictions").json()["results"] == []
        assert one.get(f"/predictions/{prediction['id']}").json()["status"] == "starting"
        assert len(one.get("/predictions").json()["results"]) == 1


def test_tenants_are_independent() -> None:
    """The responses for one token do not depend on other tokens, so that tests can run concurrently."""

    def run(*, disturbed: bool) -> list[Any]:
        server = MockServer()
        with client(server, "Bearer one") as one, client(server, "Bearer two") as two:
            if disturbed:
                two.post("/predictions", json={"version": VERSION, "input": {}})
            return [one.post("/predictions", json={"version": VERSION, "input": {}}).json() for _ in range(2)]

    assert run(disturbed=False) == run(disturbed=True)


def test_each_token_has_its_own_secret(server: MockServer) -> None:
    """The signing key of webhooks stays the same for a token and differs from others'."""
    with client(server, "Bearer one") as one, client(server, "Bearer two") as two:
        keys = [api.get("/webhooks/default/secret").json()["key"] for api in (one, one, two)]

    assert keys[0] == keys[1] != keys[2]
    assert all(key.startswith("whsec_") and key.count("_") == 1 for key in keys)


def test_the_journal_records_exchanges(server: MockServer, api: httpx.Client) -> None:
    """Each exchange has its operation, its status and both bodies."""
    api.post("/predictions", json={"version": "x", "input": {"prompt": "p" * 5000}})
    server.clock.advance(5)
    api.get("/predictions", params={"cursor": "?"})
    api.get("/nowhere")

    create, listed, nowhere = server.journal
    assert (create.method, create.path, create.operation, create.status) == (
        "POST",
        "/v1/predictions",
        "createPrediction",
        422,
    )
    assert json.loads(create.request_body) == {"version": "x", "input": {"prompt": "p" * 5000}}
    assert "Invalid version or not permitted" in create.response_body
    assert (listed.path, listed.operation, listed.time - create.time) == (
        "/v1/predictions?cursor=%3F",
        "listPredictions",
        5.0,
    )
    assert (nowhere.operation, nowhere.status) == (None, 404)
    assert server.journal[-1] == nowhere
    assert server.journal[:2] == [create, listed]


def test_the_journal_is_bounded() -> None:
    """The oldest exchanges are dropped first, and counted."""
    server = MockServer(journal_limit=2)
    with client(server, "Bearer one") as api:
        for number in range(5):
            api.get(f"/{number}")

    assert [exchange.path for exchange in server.journal] == ["/v1/3", "/v1/4"]
    assert server.journal.dropped == 3


def test_no_token_is_kept(server: MockServer) -> None:
    """The journal does not record the token even where a client sends it by mistake."""
    token = "r8_a-token-that-must-show-nowhere"
    with client(server, f"Bearer {token}") as api:
        api.get(f"/predictions/{token}?key={token}")
        api.post("/predictions", json={"version": token, "input": {}})

    assert token not in repr(list(server.journal))
    assert token not in repr(vars(server.core))
    assert "[token]" in server.journal[0].path


def test_reset_removes_everything_but_the_time(
    server: MockServer, api: httpx.Client, create: Callable[..., dict[str, Any]]
) -> None:
    """After a reset the same requests get the same ids again."""
    first = create()
    server.clock.advance(60)

    server.reset()

    assert len(server.journal) == 0
    assert api.get(first["urls"]["get"]).status_code == 404
    second = create()
    assert second["id"] == first["id"]
    assert datetime.fromisoformat(second["created_at"]) == datetime(2026, 1, 1, 0, 1, tzinfo=UTC)
