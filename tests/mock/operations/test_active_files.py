"""Files that a browser could run: they must not reach the control of the server."""

from __future__ import annotations

import httpx
import pytest

from helpers.signed_urls import signed_url
from zeroscope_mock import MockServer
from zeroscope_mock.messages import Head
from zeroscope_mock.operations.ranges import range_response

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
AUTH = {"Authorization": "Bearer a-token-of-a-test"}
GUARD = ("sandbox", "nosniff")


@pytest.mark.parametrize(
    "kind",
    [
        "text/html",
        "text/html; charset=utf-8",
        "TEXT/HTML",
        " text/html",
        "image/svg+xml",
        "image/SVG+xml; x=image/png",
        "application/xhtml+xml",
        "application/xml",
        "text/xml",
        "text/javascript",
        "multipart/x-mixed-replace; boundary=x",
        "application/x-unknown",
        "video",
        "*/*",
        "x",
        "",
        "text/plain,text/html",
        "video/mp4,text/html",
        "text/html, video/mp4",
    ],
)
def test_active_type__comes_with_a_sandbox(kind: str) -> None:
    """A document of this type, or of one that the browser would have to guess, runs nothing in the server's origin."""
    for headers in ((), (("range", "bytes=0-3"),)):
        response = range_response(Head("GET", "/file", headers=headers), b"<script>", kind)
        assert response.header("content-type") == kind
        assert (response.header("content-security-policy"), response.header("x-content-type-options")) == GUARD


@pytest.mark.parametrize(
    "kind",
    [
        "video/mp4",
        "audio/wav",
        "image/png",
        "image/gif",
        "model/gltf-binary",
        "text/plain; charset=utf-8",
        "text/csv",
        "application/json",
        "application/pdf",
        "application/octet-stream",
    ],
)
def test_inert_type__has_the_headers_of_the_service(kind: str) -> None:
    """Programs get what they got before."""
    response = range_response(Head("GET", "/file"), b"x", kind)
    assert [name for name, _ in response.headers] == ["content-type", "accept-ranges", "etag"]


@pytest.mark.parametrize("suffix", ["html", "svg"])
def test_output__that_could_run_scripts(server: MockServer, api: httpx.Client, suffix: str) -> None:
    """The same file is as safe under each of its addresses."""
    server.scripts.add({"output": [f"mock:file.{suffix}"]})
    id = api.post("/predictions", json={"version": VERSION, "input": {"prompt": "<script>alert(1)</script>"}}).json()[
        "id"
    ]
    server.clock.advance(60)
    with httpx.Client(transport=server.transport, base_url="http://mock.test/_mock/") as control:
        file = control.get(f"predictions/{id}").json()["files"][0]
        for url in (file["url"], f"http://mock.test/_mock/{file['path']}"):
            headers = control.get(url).headers
            assert (headers["content-security-policy"], headers["x-content-type-options"]) == GUARD


def test_upload__that_could_run_scripts(server: MockServer, api: httpx.Client) -> None:
    """The type that a client names decides."""
    file = api.post("/files", files={"content": ("page", b"<script>alert(1)</script>", "text/html")}).json()
    with httpx.Client(transport=server.transport) as anyone:
        headers = anyone.get(signed_url(api, file)).headers
    assert headers["content-type"] == "text/html"
    assert (headers["content-security-policy"], headers["x-content-type-options"]) == GUARD
