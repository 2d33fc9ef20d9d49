"""Tenants that share a server see only their own data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zeroscope_mock import MockServer
from zeroscope_mock.tenants import tenant_of

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
MINE, THEIRS = "the-token-of-one-test", "the-token-of-another-test"


def client_of(server: MockServer, token: str) -> httpx.Client:
    return httpx.Client(
        transport=server.transport,
        base_url="https://api.replicate.com/v1",
        headers={"Authorization": f"Bearer {token}"},
    )


@pytest.fixture
def server() -> MockServer:
    return MockServer(receiver=lambda _: None)


@pytest.fixture
def mine(server: MockServer) -> Iterator[httpx.Client]:
    with client_of(server, MINE) as api:
        yield api


@pytest.fixture
def theirs(server: MockServer) -> Iterator[httpx.Client]:
    with client_of(server, THEIRS) as api:
        yield api


def act(api: httpx.Client, kind: str) -> dict[str, Any]:
    """Sends one request and returns its response."""
    match kind:
        case "create":
            sent = {"version": VERSION, "input": {}, "stream": True, "webhook": "https://h.test/hook"}
            response = api.post("/predictions", json=sent)
        case "upload":
            response = api.post("/files", files={"content": b"x"})
        case "refused":
            response = api.post("/predictions", json={"version": VERSION, "input": {"fps": "x"}})
        case "list":
            response = api.get("/predictions")
        case _:
            response = api.get("/webhooks/default/secret")
    body: dict[str, Any] = response.json()
    return body


def ids(api: httpx.Client, path: str) -> list[str]:
    return [one["id"] for one in api.get(path).json()["results"]]


def test_predictions__of_others_do_not_exist(mine: httpx.Client, theirs: httpx.Client) -> None:
    """They cannot be read, canceled or listed, and stay as they are."""
    prediction = act(mine, "create")

    assert theirs.get(prediction["urls"]["get"]).status_code == 404
    assert theirs.post(prediction["urls"]["cancel"]).status_code == 404
    assert ids(theirs, "/predictions") == []
    assert ids(mine, "/predictions") == [prediction["id"]]
    assert mine.get(prediction["urls"]["get"]).json()["status"] == "starting"


def test_pages__hold_only_ones_own(server: MockServer) -> None:
    """Also with the cursor of another."""
    with client_of(server, MINE) as mine, client_of(server, THEIRS) as theirs:
        own = [act(api, "create")["id"] for _ in range(150) for api in (mine, theirs)][::2]
        cursor = theirs.get("/predictions").json()["next"]

        assert ids(mine, cursor) == own[49::-1]


@pytest.mark.parametrize("kind", ["create", "upload"])
def test_ids__are_each_tokens_own(server: MockServer, kind: str) -> None:
    """No two tokens ever make the same."""
    made = set[str]()
    for number in range(20):
        with client_of(server, f"token-number-{number}") as api:
            made |= {act(api, kind)["id"], act(api, kind)["id"]}

    assert len(made) == 40


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from([MINE, THEIRS]), st.sampled_from(["create", "upload", "refused", "list", "secret"])),
        max_size=20,
    )
)
def test_responses__do_not_depend_on_others(actions: list[tuple[str, str]]) -> None:
    """A token gets the same responses as on a server of its own."""
    shared, alone = MockServer(rate_limits="live"), MockServer(rate_limits="live")
    with client_of(shared, MINE) as mine, client_of(shared, THEIRS) as theirs, client_of(alone, MINE) as lonely:
        answers = [act(mine if token == MINE else theirs, kind) for token, kind in actions]
        expected = [act(lonely, kind) for token, kind in actions if token == MINE]
        shared.clock.advance(100)
        alone.clock.advance(100)

        assert [answer for answer, (token, _) in zip(answers, actions, strict=True) if token == MINE] == expected
        assert mine.get("/predictions").json() == lonely.get("/predictions").json()


def test_reset__of_one_token_leaves_the_others_alone(
    server: MockServer, mine: httpx.Client, theirs: httpx.Client
) -> None:
    """Predictions, files, exchanges, deliveries and scripts of that token are removed, and its ids start again."""
    first = {kind: act(mine, kind)["id"] for kind in ("create", "upload")}
    kept = {kind: act(theirs, kind)["id"] for kind in ("create", "upload")}
    server.scripts.add({"run": 1}, token=MINE)
    server.scripts.add({"run": 1}, token=THEIRS)
    server.scripts.add({"run": 1})
    server.clock.advance(60)
    before = [exchange for exchange in server.journal if exchange.tenant == tenant_of(THEIRS)]
    delivered = [attempt for attempt in server.deliveries if attempt.tenant == tenant_of(THEIRS)]
    assert len(server.journal) > len(before) > 0
    assert len(server.deliveries) > len(delivered) > 0

    server.reset(token=MINE)

    assert list(server.journal) == before
    assert list(server.deliveries) == delivered
    assert len(server.scripts) == 2
    assert (ids(mine, "/predictions"), ids(mine, "/files")) == ([], [])
    assert (ids(theirs, "/predictions"), ids(theirs, "/files")) == ([kept["create"]], [kept["upload"]])
    assert {kind: act(mine, kind)["id"] for kind in first} == first


@pytest.mark.parametrize("token", [MINE, None])
def test_reset__removes_the_videos_too(server: MockServer, mine: httpx.Client, token: str | None) -> None:
    """Ids start again, and the video of an id is that of its latest prediction."""
    found = list[tuple[str, bytes]]()
    for prompt in ("one", "two"):
        sent = {"version": VERSION, "input": {"prompt": prompt, "width": 256, "height": 256, "num_frames": 1}}
        prediction = mine.post("/predictions", json=sent).json()
        server.clock.advance(60)
        url = mine.get(prediction["urls"]["get"]).json()["output"][0]
        found.append((url, mine.get(url).content))
        server.reset(token)

    assert found[0][0] == found[1][0]
    assert found[0][1] != found[1][1]


def test_reset__of_an_unused_token_does_nothing(server: MockServer, mine: httpx.Client) -> None:
    """Nor does a reset of the requests without a token."""
    id = act(mine, "create")["id"]

    server.reset(token="unknown")
    assert ids(mine, "/predictions") == [id]
    server.reset()
    assert (ids(mine, "/predictions"), len(server.journal)) == ([], 1)


def test_reset__in_the_middle_of_a_stream(server: MockServer, mine: httpx.Client) -> None:
    """Open streams end, without the remaining events of removed predictions."""
    prediction = act(mine, "create")
    with mine.stream("GET", prediction["urls"]["stream"]) as response:
        pieces = response.iter_raw()
        next(pieces)
        server.reset(token=MINE)
        rest = list(pieces)

    assert not any(b"event: done" in piece for piece in rest)
    assert mine.get(prediction["urls"]["stream"]).status_code == 404


@pytest.mark.parametrize("token", ["x", "a b", "é", "\udcff", "a" * 5000])
def test_tenant__does_not_reveal_the_token(token: str) -> None:
    """Its name is a digest, whatever the token is made of."""
    assert len(tenant_of(token)) == 16
    assert tenant_of(token) != tenant_of(f"{token}.")
    assert len(token) < 2 or token not in tenant_of(token)
