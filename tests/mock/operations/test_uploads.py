"""Uploads after they were stored: read, listed, fetched, deleted and expired."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from helpers.signed_urls import signed_url
from zeroscope_mock import MockServer
from zeroscope_mock.documents.spec import Spec

RETENTION = Spec.load().document["info"]["x-replicate"]["file-retention-seconds"]


def upload(api: httpx.Client, content: bytes = b"x", name: str = "a.mp4") -> dict[str, Any]:
    response = api.post("/files", files={"content": (name, content, "video/mp4")})
    assert response.status_code == 201, response.text
    body: dict[str, Any] = response.json()
    return body


def listed(api: httpx.Client) -> list[str]:
    body = api.get("/files").json()
    assert (body["next"], body["previous"]) == (None, None)
    return [file["id"] for file in body["results"]]


def test_file__can_be_read_and_listed(server: MockServer, api: httpx.Client) -> None:
    """As the upload returned it, the newest first."""
    first = upload(api)
    server.clock.advance(1)
    second = upload(api, b"y")

    assert api.get(f"/files/{first['id']}").json() == first
    assert api.get("/files").json()["results"] == [second, first]
    assert api.get("/files/unknown").status_code == 404


def test_file__can_be_deleted(api: httpx.Client) -> None:
    """It is removed at once from everywhere, and only once."""
    file, other = upload(api), upload(api)

    response = api.delete(f"/files/{file['id']}")

    assert (response.status_code, response.content) == (204, b"")
    assert api.delete(f"/files/{file['id']}").status_code == 404
    assert api.get(f"/files/{file['id']}").status_code == 404
    assert api.get(file["urls"]["get"]).status_code == 404
    assert listed(api) == [other["id"]]


@pytest.mark.parametrize(("seconds", "there"), [(RETENTION - 0.001, True), (RETENTION, False), (1e9, False)])
def test_file__expires_after_a_day(server: MockServer, api: httpx.Client, seconds: float, there: bool) -> None:
    """Then no operation finds it."""
    file = upload(api)
    server.clock.advance(seconds)

    assert listed(api) == ([file["id"]] if there else [])
    assert api.get(f"/files/{file['id']}").is_success is there
    assert api.get(file["urls"]["get"]).is_success is there
    assert api.delete(f"/files/{file['id']}").is_success is there


def test_file__of_one_token_is_not_anothers(server: MockServer, api: httpx.Client) -> None:
    """Only its bytes need no token, but a signature."""
    file = upload(api)
    with httpx.Client(
        transport=server.transport, base_url=api.base_url, headers={"Authorization": "Bearer another-token"}
    ) as other:
        assert listed(other) == []
        assert other.get(f"/files/{file['id']}").status_code == 404
        assert other.delete(f"/files/{file['id']}").status_code == 404
        assert other.get(file["urls"]["get"]).status_code == 404
        assert other.get(signed_url(api, file)).content == b"x"

    assert listed(api) == [file["id"]]


@pytest.mark.parametrize(("method", "path"), [("GET", "/files"), ("GET", "/files/x"), ("DELETE", "/files/x")])
def test_file__needs_a_token(server: MockServer, method: str, path: str) -> None:
    """Without a token, nothing is returned."""
    with httpx.Client(transport=server.transport, base_url="https://h.test/v1") as anyone:
        assert anyone.request(method, path).status_code == 401


def test_id__of_a_file_is_never_used_again(api: httpx.Client) -> None:
    """Not even once the file is deleted."""
    ids = set[str]()
    for _ in range(5):
        file = upload(api)
        ids.add(file["id"])
        api.delete(f"/files/{file['id']}")

    assert len(ids) == 5
