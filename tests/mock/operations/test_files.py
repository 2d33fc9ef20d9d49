"""Files that are uploaded as inputs."""

from __future__ import annotations

import hashlib
from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer

FORM = "multipart/form-data; boundary=b"


def form(*parts: tuple[str, bytes]) -> bytes:
    """A form of parts, each the rest of its disposition (and further headers) and its content."""
    return (
        b"".join(
            b"--b\r\nContent-Disposition: form-data%s\r\n\r\n%s\r\n" % (head.encode(), content)
            for head, content in parts
        )
        + b"--b--\r\n"
    )


def test_a_file_is_stored(server: MockServer, api: httpx.Client) -> None:
    """The response describes the file and has its URL, which needs no token."""
    response = api.post(
        "/files",
        files={"content": ("draft.mp4", b"\x00\r\n--b\xff", "video/mp4")},
        data={"metadata": '{"take": 2}'},
    )

    assert response.status_code == 201
    body = response.json()
    digest = hashlib.sha256(b"\x00\r\n--b\xff").hexdigest()
    assert body == {
        "id": body["id"],
        "name": "draft.mp4",
        "content_type": "video/mp4",
        "size": 7,
        "etag": digest[:32],
        "checksums": {"sha256": digest},
        "metadata": {"take": 2},
        "created_at": "2026-01-01T00:00:00.000000Z",
        "expires_at": "2026-01-01T01:00:00.000000Z",
        "urls": {"get": f"https://api.replicate.com/v1/files/{body['id']}/download"},
    }
    with httpx.Client(transport=server.transport) as anyone:
        stored = anyone.get(body["urls"]["get"])
    assert (stored.content, stored.headers["content-type"]) == (b"\x00\r\n--b\xff", "video/mp4")


def test_a_file_expires_after_an_hour(server: MockServer, api: httpx.Client) -> None:
    """Then its URL is a 404."""
    url = api.post("/files", files={"content": b"x"}).json()["urls"]["get"]
    server.clock.advance(3599)
    assert api.get(url).status_code == 200

    server.clock.advance(1)

    assert api.get(url).status_code == 404
    assert api.post("/files", files={"content": b"y"}).json()["urls"]["get"] != url


@pytest.mark.parametrize(
    ("parts", "changes"),
    [
        ([('; name="content"', b"x")], {"name": "file", "content_type": "application/octet-stream", "metadata": {}}),
        ([('; name="content"; filename="a"', b""), ('; name="filename"', b"b")], {"name": "b", "size": 0}),
        ([('; name="content"; filename="a"', b"x"), ('; name="type"', b"a/b")], {"content_type": "a/b"}),
        ([('; name="content"', b"x"), ('; name="type"', b"a/b\r\nx: y")], {"content_type": "a/bx: y"}),
        ([('; name="content"', b"x"), ('; name="more"', b"\xff")], {"size": 1}),
        ([('; name="content"; filename="\u00e9.mp4"', b"x")], {"name": "\u00e9.mp4"}),
    ],
)
def test_the_fields_of_a_form(api: httpx.Client, parts: list[tuple[str, bytes]], changes: dict[str, Any]) -> None:
    """Fields override the headers of the file's part, and have defaults."""
    response = api.post("/files", content=form(*parts), headers={"Content-Type": FORM})

    assert response.status_code == 201
    body = response.json()
    assert {name: body[name] for name in changes} == changes
    assert api.get(body["urls"]["get"]).status_code == 200


@pytest.mark.parametrize(
    ("parts", "field", "description"),
    [
        ([('; name="filename"', b"x")], "", "content is required"),
        (
            [('; name="content"', b"x"), ('; name="metadata"', b"[]")],
            "metadata",
            "Invalid type. Expected: object, given: array",
        ),
        (
            [('; name="content"', b"x"), ('; name="metadata"', b"take 2")],
            "metadata",
            "Invalid type. Expected: object, given: string",
        ),
    ],
)
def test_a_form_that_the_document_forbids(
    api: httpx.Client, parts: list[tuple[str, bytes]], field: str, description: str
) -> None:
    """Forms are checked as JSON is."""
    response = api.post("/files", content=form(*parts), headers={"Content-Type": FORM})

    assert response.status_code == 422
    faults = [(fault["field"], fault["description"]) for fault in response.json()["invalid_fields"]]
    assert faults == [(field, description)]


@pytest.mark.parametrize(
    ("content_type", "content", "status"),
    [
        (FORM, b"", 400),
        (FORM, b"no form", 400),
        (FORM, form(('; name="content"', b"x"))[:-9], 400),
        (FORM, form(("", b"x")), 400),
        (FORM, form(('; name="filename"', b"\xff"), ('; name="content"', b"x")), 400),
        ("multipart/form-data", form(('; name="content"', b"x")), 400),
        ('multipart/form-data; boundary="\u20ac"'.encode().decode("latin-1"), b"--b--", 400),
        ("application/json", b"{}", 415),
        ("", b"x", 415),
    ],
)
def test_a_body_that_is_no_form(api: httpx.Client, content_type: str, content: bytes, status: int) -> None:
    """A truncated, unnamed or invalid form is refused."""
    headers = {b"Content-Type": content_type.encode("latin-1")}

    assert api.post("/files", content=content, headers=headers).status_code == status


def test_a_file_over_the_limit() -> None:
    """A form larger than the limit is a 413."""
    server = MockServer(file_limit=1000)
    with httpx.Client(
        transport=server.transport, base_url="https://h/v1", headers={"Authorization": "Bearer x"}
    ) as api:
        assert api.post("/files", files={"content": b"x" * 500}).status_code == 201
        assert api.post("/files", files={"content": b"x" * 1000}).status_code == 413


@pytest.mark.parametrize("name", ["content", "filename"])
def test_a_field_that_is_sent_twice(api: httpx.Client, name: str) -> None:
    """The server does not guess which of the two to use."""
    parts = [('; name="content"', b"x"), (f'; name="{name}"', b"a"), (f'; name="{name}"', b"b")]

    response = api.post("/files", content=form(*parts), headers={"Content-Type": FORM})

    assert response.status_code == 422
    assert response.json()["detail"] == f"- {name}: Invalid type. Expected: string, given: array\n"
