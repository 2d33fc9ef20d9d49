"""Ranges of files, as RFC 9110 has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.signed_urls import signed_url
from zeroscope_mock import MockServer
from zeroscope_mock.messages import Head, Response
from zeroscope_mock.operations.ranges import range_response

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
AUTH = {"Authorization": "Bearer a-token-of-a-test"}
CONTENT = b"0123456789"
SMALL = {"width": 256, "height": 256, "num_frames": 1}


def respond(method: str = "GET", /, content: bytes = CONTENT, **headers: Any) -> Response:
    """The response to a request with these headers."""
    sent = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return range_response(Head(method, "/file", headers=sent), content, "video/mp4")


ETAG = respond().header("etag") or ""


@pytest.mark.parametrize(
    ("range", "status", "body", "content_range"),
    [
        ("bytes=0-0", 206, b"0", "bytes 0-0/10"),
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=0-9", 206, CONTENT, "bytes 0-9/10"),
        ("bytes=8-99", 206, b"89", "bytes 8-9/10"),
        ("bytes=8-" + "9" * 18, 206, b"89", "bytes 8-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=-99", 206, CONTENT, "bytes 0-9/10"),
        ("Bytes=2-4", 206, b"234", "bytes 2-4/10"),
        (" bytes=2-4 ", 206, b"234", "bytes 2-4/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=10-20", 416, b"", "bytes */10"),
        ("bytes=-0", 416, b"", "bytes */10"),
        # Invalid ranges, and several at once, are ignored.
        ("bytes=4-2", 200, CONTENT, None),
        ("bytes=20-10", 200, CONTENT, None),
        ("bytes=0-1,4-5", 200, CONTENT, None),
        ("bytes=-", 200, CONTENT, None),
        ("bytes=", 200, CONTENT, None),
        ("bytes=a-b", 200, CONTENT, None),
        ("bytes=0-" + "9" * 5000, 200, CONTENT, None),
        ("frames=0-1", 200, CONTENT, None),
        ("", 200, CONTENT, None),
    ],
)
def test_range__returns_its_part(range: str, status: int, body: bytes, content_range: str | None) -> None:
    """With the place of the part in the whole, or with the whole length if there is no such part."""
    response = respond(range=range)

    assert (response.status, response.body, response.header("content-range")) == (status, body, content_range)
    assert response.header("accept-ranges") == "bytes"
    assert response.header("etag") == ETAG


@given(content=st.binary(max_size=12), first=st.none() | st.integers(0, 14), last=st.none() | st.integers(0, 14))
def test_range__is_a_slice(content: bytes, first: int | None, last: int | None) -> None:
    """Every part is what Python would cut out, and names its own place."""
    response = respond(content=content, range=f"bytes={'' if first is None else first}-{'' if last is None else last}")

    start = max(0, len(content) - (last or 0)) if first is None else first
    part = content[start:] if first is None or last is None else content[start : last + 1]
    if (first is None and last is None) or (first is not None and last is not None and last < first):
        assert (response.status, response.body) == (200, content)
    elif part:
        assert (response.status, response.body) == (206, part)
        assert response.header("content-range") == f"bytes {start}-{start + len(part) - 1}/{len(content)}"
    else:
        assert (response.status, response.body) == (416, b"")
        assert response.header("content-range") == f"bytes */{len(content)}"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"if_none_match": ETAG}, 304),
        ({"if_none_match": f"W/{ETAG}"}, 304),
        ({"if_none_match": f'"other", {ETAG}'}, 304),
        ({"if_none_match": "*"}, 304),
        ({"if_none_match": '"other"'}, 200),
        ({"if_none_match": ETAG.strip('"')}, 200),
        ({"if_none_match": ""}, 200),
        ({"if_none_match": ETAG, "range": "bytes=0-1"}, 304),
        ({"if_none_match": ETAG, "range": "bytes=20-"}, 304),
        ({"if_none_match": '"other"', "range": "bytes=0-1"}, 206),
        ({"if_range": ETAG, "range": "bytes=0-1"}, 206),
        ({"if_range": '"other"', "range": "bytes=0-1"}, 200),
        ({"if_range": f"W/{ETAG}", "range": "bytes=0-1"}, 200),
        ({"if_range": "Thu, 01 Jan 2026 00:00:00 GMT", "range": "bytes=0-1"}, 200),
        ({"if_range": '"other"', "range": "bytes=20-"}, 200),
        ({"if_range": ETAG}, 200),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_condition__decides_what_is_sent(headers: dict[str, Any], status: int, method: str) -> None:
    """A file that the client has is not sent again, and a range only if the client has the rest of the same file."""
    response = respond(method, **headers)

    # HEAD knows no ranges, so that it describes the whole file.
    assert response.status == (200 if method == "HEAD" and status == 206 else status)
    assert response.header("etag") == ETAG
    assert (response.body == b"") == (status == 304)


def test_condition__without_a_range_is_ignored() -> None:
    """HEAD with an unsatisfiable range returns the whole, too."""
    assert respond("HEAD", range="bytes=20-").status == 200
    assert respond("HEAD", range="bytes=0-1").header("content-range") is None


@pytest.fixture
def addresses(server: MockServer, api: httpx.Client) -> dict[str, str]:
    """The URLs of a video and of an upload, which need no token."""
    sent = {"version": VERSION, "input": {**SMALL, "batch_size": 2}}
    prediction = api.post("/predictions", json=sent).json()
    server.clock.advance(60)
    output = api.get(prediction["urls"]["get"]).json()["output"]
    uploaded = api.post("/files", files={"content": ("a.mp4", b"\x00" * 3000, "video/mp4")}).json()
    return {"video": output[0], "second": output[1], "upload": signed_url(api, uploaded)}


@pytest.fixture(params=["in process", "on a socket"])
def anyone(request: pytest.FixtureRequest, server: MockServer) -> Iterator[httpx.Client]:
    """A client without a token, through two doors."""
    if request.param == "in process":
        with httpx.Client(transport=server.transport) as client:
            yield client
    else:
        with server.listen() as listening, httpx.Client() as client:
            client.event_hooks = {"request": [lambda sent: _redirect(sent, listening.url)]}
            yield client


def _redirect(request: httpx.Request, base: str) -> None:
    request.url = httpx.URL(base).copy_with(raw_path=request.url.raw_path)


@pytest.mark.parametrize("kind", ["video", "upload"])
def test_file__can_be_fetched_in_parts(addresses: dict[str, str], anyone: httpx.Client, kind: str) -> None:
    """The parts make the whole, each announces its length, and all have the same tag."""
    whole = anyone.get(addresses[kind])
    head = anyone.head(addresses[kind])
    tag = whole.headers["etag"]

    parts = [
        anyone.get(addresses[kind], headers={"Range": f"bytes={start}-{start + 999}", "If-Range": tag})
        for start in range(0, len(whole.content), 1000)
    ]

    assert (whole.status_code, head.status_code) == (200, 200)
    assert len(whole.content) > 2000
    assert int(whole.headers["content-length"]) == int(head.headers["content-length"]) == len(whole.content)
    assert head.content == b""
    assert b"".join(part.content for part in parts) == whole.content
    for part in parts:
        assert part.status_code == 206
        assert int(part.headers["content-length"]) == len(part.content)
        assert (part.headers["etag"], part.headers["content-type"]) == (tag, "video/mp4")
    assert anyone.get(addresses[kind], headers={"Range": "bytes=9999999-"}).status_code == 416
    assert anyone.get(addresses[kind], headers={"If-None-Match": tag}).status_code == 304


def test_etag__stays_while_the_video_does(server: MockServer, addresses: dict[str, str], api: httpx.Client) -> None:
    """A video that is rendered again is the same, and another one has another tag."""
    tag = api.get(addresses["video"]).headers["etag"]
    server.core.state.output_files.clear()

    assert api.get(addresses["video"]).headers["etag"] == tag
    assert api.get(addresses["second"]).headers["etag"] != tag
