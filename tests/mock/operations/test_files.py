"""Files that are uploaded as inputs."""

from __future__ import annotations

import hashlib
from typing import Any

import httpx
import pytest

from helpers.signed_urls import signed_url
from zeroscope_mock import MockServer
from zeroscope_mock.documents.spec import Spec

RETENTION = Spec.load().document["info"]["x-replicate"]["file-retention-seconds"]
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
    """The response describes the file and has the URL of this description, which needs the token."""
    response = api.post(
        "/files",
        files={"content": ("draft.mp4", b"\x00\r\n--b\xff", "video/mp4")},
        data={"metadata": '{"take": 2}'},
    )

    assert response.status_code == 201
    body = response.json()
    md5 = hashlib.md5(b"\x00\r\n--b\xff").hexdigest()
    assert body == {
        "id": body["id"],
        "name": "draft.mp4",
        "content_type": "video/mp4",
        "size": 7,
        "etag": md5,
        "checksums": {"sha256": hashlib.sha256(b"\x00\r\n--b\xff").hexdigest(), "md5": md5},
        "metadata": {"take": 2},
        "created_at": "2026-01-01T00:00:00.000000Z",
        "expires_at": "2026-01-02T00:00:00.000000Z",
        "urls": {"get": f"https://api.replicate.com/v1/files/{body['id']}"},
    }
    with httpx.Client(transport=server.transport) as anyone:
        stored = anyone.get(signed_url(api, body))
        assert anyone.get(body["urls"]["get"]).status_code == 401
    assert api.get(body["urls"]["get"]).json() == body
    assert (stored.content, stored.headers["content-type"]) == (b"\x00\r\n--b\xff", "video/mp4")


def test_a_file_expires_after_a_day(server: MockServer, api: httpx.Client) -> None:
    """Then its URL is a 404."""
    url = api.post("/files", files={"content": b"x"}).json()["urls"]["get"]
    server.clock.advance(RETENTION - 1)
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


def test_a_file_over_the_size_of_the_document(document: dict[str, Any]) -> None:
    """The document's bound is for the file alone, without its form."""
    document["info"]["x-replicate"]["file-bytes"] = 500
    server = MockServer(spec=document)
    with httpx.Client(
        transport=server.transport, base_url="https://h/v1", headers={"Authorization": "Bearer x"}
    ) as api:
        assert api.post("/files", files={"content": b"x" * 500}).status_code == 201
        refused = api.post("/files", files={"content": b"x" * 501})

    assert (refused.status_code, refused.json()["detail"]) == (413, "The file must not be larger than 500 bytes.")


def test_download__has_the_digest_of_the_description(api: httpx.Client) -> None:
    """A client that knows the description of a file need not download it again."""
    file = api.post("/files", files={"content": b"x"}).json()
    url = signed_url(api, file)

    assert api.get(url).headers["etag"] == f'"{file["etag"]}"'
    assert api.get(url, headers={"If-None-Match": f'"{file["etag"]}"'}).status_code == 304


@pytest.mark.parametrize("name", ["content", "filename"])
def test_a_field_that_is_sent_twice(api: httpx.Client, name: str) -> None:
    """The server does not guess which of the two to use."""
    parts = [('; name="content"', b"x"), (f'; name="{name}"', b"a"), (f'; name="{name}"', b"b")]

    response = api.post("/files", content=form(*parts), headers={"Content-Type": FORM})

    assert response.status_code == 422
    assert response.json()["detail"] == f"- {name}: Invalid type. Expected: string, given: array\n"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, 200),
        ({"owner": "someone-else"}, 404),
        ({"owner": None}, 404),
        ({"expiry": 4102444800}, 404),
        ({"expiry": "tomorrow"}, 404),
        ({"expiry": None}, 404),
        ({"signature": "AAAA"}, 404),
        ({"signature": "\u00e9"}, 404),
        ({"signature": None}, 404),
    ],
)
def test_download__needs_a_signature(
    server: MockServer, api: httpx.Client, changes: dict[str, Any], status: int
) -> None:
    """Owner, expiry and signature must fit; no token is needed."""
    file = api.post("/files", files={"content": b"x"}).json()

    with httpx.Client(transport=server.transport) as anyone:
        assert anyone.get(signed_url(api, file, **changes)).status_code == status


def test_download__ends_with_its_url(server: MockServer, api: httpx.Client) -> None:
    """A URL ends at its expiry, and in any case with its file."""
    file = api.post("/files", files={"content": b"x"}).json()
    short, long = signed_url(api, file, seconds=60), signed_url(api, file, seconds=10 * RETENTION)

    server.clock.advance(59)
    assert (api.get(short).status_code, api.get(long).status_code) == (200, 200)
    server.clock.advance(1)
    assert (api.get(short).status_code, api.get(long).status_code) == (404, 200)
    server.clock.advance(RETENTION - 60)
    assert api.get(long).status_code == 404


def test_download__is_signed_by_the_account_of_the_file(server: MockServer, api: httpx.Client) -> None:
    """Another account cannot sign for it, not even in the name of the owner."""
    file = api.post("/files", files={"content": b"x"}).json()
    owner = api.get("/account").json()["username"]

    with httpx.Client(
        transport=server.transport, base_url=api.base_url, headers={"Authorization": "Bearer other"}
    ) as another:
        assert another.get(signed_url(another, file)).status_code == 404
        assert another.get(signed_url(another, file, owner=owner)).status_code == 404


def test_retention__of_a_document_without_one(document: dict[str, Any]) -> None:
    """Files are then kept as long as the data of predictions."""
    del document["info"]["x-replicate"]["file-retention-seconds"]
    server = MockServer(spec=document)

    with httpx.Client(
        transport=server.transport, base_url="https://h.test/v1", headers={"Authorization": "Bearer me"}
    ) as api:
        file = api.post("/files", files={"content": b"x"}).json()

    assert file["expires_at"] == "2026-01-01T01:00:00.000000Z"
