"""The head cache, whose heads equal those that are parsed again."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer
from zeroscope_mock.doors import head_cache
from zeroscope_mock.doors.head_cache import HeadCache
from zeroscope_mock.messages import Head

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"


def test_find__reads_the_same_head_once() -> None:
    """A head is parsed only when its key is new."""
    known = HeadCache()

    first = known.get("a", lambda: Head("GET", "/a"))

    assert known.get("a", lambda: Head("GET", "/b")) is first
    assert known.get("b", lambda: Head("GET", "/b")).path == "/b"


@pytest.mark.parametrize(
    ("head", "kept"),
    [
        (Head("GET", "/", headers=(("a", "b"),)), True),
        (Head("GET", "/" + "a" * head_cache.LONGEST), False),
        (Head("GET", "/", query="a" * head_cache.LONGEST), False),
        (Head("GET", "/", headers=(("a", "b" * head_cache.LONGEST),)), False),
        (Head("GET", "/", headers=(("a" * head_cache.LONGEST, "b"),)), False),
    ],
    ids=["short", "path", "query", "value", "name"],
)
def test_find__keeps_no_long_ones(head: Head, kept: bool) -> None:
    """No client can fill the memory with long heads, whichever part of them is long."""
    known = HeadCache()
    known.get("a", lambda: head)
    assert (known.get("a", lambda: Head("GET", "/other")) is head) == kept


def test_find__keeps_no_more_than_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor can a client fill it with many heads."""
    monkeypatch.setattr(head_cache, "LIMIT", 3)
    known = HeadCache()
    made = [Head("GET", "/") for _ in range(6)]

    found = [known.get(key, iter([head]).__next__) for key, head in zip("abcada", made, strict=True)]

    assert [made.index(head) for head in found] == [0, 1, 2, 0, 4, 5]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 200),
        ({"method": "DELETE"}, 405),
        ({"url": "http://h.test/v1/prediction"}, 404),
        ({"url": "http://h.test/v1/predictions?cursor=x"}, 422),
        ({"headers": {"Authorization": "Basic a-token-of-a-test"}}, 401),
        ({"url": "http://other.test/v1/predictions"}, 200),
        ({"url": "https://h.test/v1/predictions"}, 200),
    ],
    ids=["nothing", "method", "path", "query", "header", "host", "scheme"],
)
@pytest.mark.anyio
@pytest.mark.parametrize("door", ["transport", "app"])
async def test_head__is_another_one_if_anything_differs(door: str, change: dict[str, Any], status: int) -> None:
    """A change of any part is noticed although the cache has all other parts of the head."""
    server = MockServer()
    transport = server.transport if door == "transport" else httpx.ASGITransport(server.app)
    usual: dict[str, Any] = {
        "method": "GET",
        "url": "http://h.test/v1/predictions",
        "headers": {"Authorization": "Bearer a-token-of-a-test"},
    }
    async with httpx.AsyncClient(transport=transport) as api:
        created = await api.post(usual["url"], headers=usual["headers"], json={"version": VERSION, "input": {}})
        assert (await api.request(**usual)).json()["results"][0]["id"] == created.json()["id"]

        answer = await api.request(**usual | change)

    assert answer.status_code == status
    if status == 200:
        url = httpx.URL(change.get("url", usual["url"]))
        assert answer.json()["results"][0]["urls"]["get"].startswith(f"{url}/")


@pytest.mark.anyio
@pytest.mark.parametrize("door", ["transport", "app"])
async def test_head__is_another_one_where_no_header_names_the_host(door: str) -> None:
    """Then the URLs have the host that the client connected to."""
    server = MockServer()
    transport = server.transport if door == "transport" else httpx.ASGITransport(server.app)
    headers = {"Authorization": "Bearer a-token-of-a-test", "Host": "no host"}
    async with httpx.AsyncClient(transport=transport, headers=headers) as api:
        for host in ["h.test:80", "h.test:81", "other.test:80"]:
            answer = await api.post(f"https://{host}/predictions", json={"version": VERSION, "input": {}})
            assert answer.json()["urls"]["get"].startswith(f"https://{host}/predictions/")
