"""Paths, methods and the absolute URLs in responses."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import anyio
import httpx
import pytest

from helpers.tls import connect
from zeroscope_mock import MockServer
from zeroscope_mock.messages import Head, Request

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
AUTH = {"Authorization": "Bearer a-token-of-a-test"}


@pytest.mark.parametrize("prefix", ["/v1", ""])
@pytest.mark.parametrize("origin", ["https://api.replicate.com", "http://127.0.0.1:8000", "http://[::1]:8000"])
def test_addresses_are_those_the_client_uses(server: MockServer, origin: str, prefix: str) -> None:
    """Scheme, host, port and prefix of every URL in a response are the request's own, and each URL works."""
    with httpx.Client(transport=server.transport, headers=AUTH) as api:
        sent = {"version": VERSION, "input": {"num_frames": 1}}
        created = [api.post(f"{origin}{prefix}/predictions", json=sent).json() for _ in range(101)]
        server.clock.advance(60)
        address = f"{origin}{prefix}/predictions/{created[-1]['id']}"
        body = api.get(address).json()
        listed = api.get(f"{origin}{prefix}/predictions").json()
        file = api.post(f"{origin}{prefix}/files", files={"content": b"x"}).json()

        assert body["urls"] == {
            "get": address,
            "cancel": f"{address}/cancel",
            "stream": f"{origin}{prefix}/streams/{body['id']}",
            "web": f"https://replicate.com/p/{body['id']}",
        }
        assert body["output"] == [f"{origin}{prefix}/outputs/{body['id']}/output-0.mp4"]
        assert listed["next"].startswith(f"{origin}{prefix}/predictions?cursor=")
        assert file["urls"]["get"].startswith(f"{origin}{prefix}/files/")
        for url in (body["urls"]["get"], body["output"][0], listed["next"], file["urls"]["get"]):
            assert api.get(url).status_code == 200


@pytest.mark.parametrize("host", ["evil.test/path", "a b", "user@host", "", "h:port"])
def test_a_forged_host_is_not_repeated(server: MockServer, host: str) -> None:
    """Where the `Host` header is invalid, the address of the connection is used."""
    with httpx.Client(transport=server.transport, base_url="https://real.test/v1", headers=AUTH) as api:
        response = api.post("/predictions", json={"version": VERSION, "input": {}}, headers={"Host": host})

    assert response.json()["urls"]["get"].startswith("https://real.test/v1/")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/predictions", "GET, HEAD, OPTIONS, POST"),
        ("DELETE", "/v1/predictions", "GET, HEAD, OPTIONS, POST"),
        ("POST", "/v1/predictions/x", "GET, HEAD, OPTIONS"),
        ("GET", "/v1/predictions/x/cancel", "OPTIONS, POST"),
        ("HEAD", "/v1/predictions/x/cancel", "OPTIONS, POST"),
        ("PUT", "/v1/files", "GET, HEAD, OPTIONS, POST"),
        ("BREW", "/v1/predictions", "GET, HEAD, OPTIONS, POST"),
    ],
)
def test_a_method_that_a_path_does_not_have(server: MockServer, method: str, path: str, allow: str) -> None:
    """A 405 names all methods of the path."""
    with httpx.Client(transport=server.transport, base_url="https://h.test", headers=AUTH) as api:
        response = api.request(method, path)

    assert response.status_code == 405
    assert response.headers["allow"] == allow
    if method != "HEAD":
        assert response.json() == {"detail": f'Method "{method}" not allowed.', "status": 405}


def test_a_method_that_a_video_does_not_have(server: MockServer) -> None:
    """Videos can only be read."""
    with httpx.Client(transport=server.transport, base_url="https://h.test", headers=AUTH) as api:
        api.post("/predictions", json={"version": VERSION, "input": {}})
        server.clock.advance(60)
        output = api.get("/predictions").json()["results"][0]["output"][0]

        response = api.delete(output)

    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("headers", [AUTH, {}])
@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("/predictions", "GET, HEAD, OPTIONS, POST"),
        ("/v1/predictions/x", "GET, HEAD, OPTIONS"),
        ("/v1/predictions/x/cancel", "OPTIONS, POST"),
        ("/v1/models/anotherjesse/zeroscope-v2-xl/versions", "GET, HEAD, OPTIONS"),
        ("/v1/outputs/x/output-0.mp4", "GET, HEAD, OPTIONS"),
    ],
)
def test_options__name_the_methods(server: MockServer, path: str, allow: str, headers: dict[str, str]) -> None:
    """OPTIONS is answered for every path, without a token and whatever exists."""
    with httpx.Client(transport=server.transport, base_url="https://h.test", headers=headers) as api:
        response = api.options(path)
        unknown = api.options("/v1/nowhere")

    assert (response.status_code, response.headers["allow"], response.content) == (204, allow, b"")
    assert "access-control-allow-origin" not in response.headers
    assert unknown.status_code == 404
    assert server.journal[0].operation is None


def test_options__of_the_whole_server(server: MockServer) -> None:
    """The path `*` is answered without methods for OPTIONS, and is unknown otherwise."""
    seen: list[bytes] = []
    with server.listen() as listening:
        for method in (b"OPTIONS", b"GET"):
            with connect(listening.url, None) as wire:
                wire.sendall(method + b" * HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
                seen.append(b"".join(iter(partial(wire.recv, 65536), b"")))

    assert seen[0].startswith(b"HTTP/1.1 204 ") and b"allow" not in seen[0].lower()
    assert seen[1].startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize(
    ("method", "path", "nearest"),
    [
        ("GET", "/v1/prediction/abc", "GET /v1/predictions/{prediction_id}"),
        ("POST", "/v1/prediction", "POST /v1/predictions"),
        ("GET", "/V1/PREDICTIONS/abc", "GET /v1/predictions/{prediction_id}"),
        ("POST", "/v1/Predictions/ABC/Cancel", "POST /v1/predictions/{prediction_id}/cancel"),
        ("GET", "/ACCOUNT", "GET /account"),
    ],
)
def test_unknown_path__names_the_nearest(server: MockServer, method: str, path: str, nearest: str) -> None:
    """The 404 names the operation with the most similar method and path, in upper or lower case."""
    with httpx.Client(transport=server.transport, base_url="https://h.test", headers=AUTH) as api:
        response = api.request(method, path)

    expected = f"The mock server has no operation {method} {path}; the nearest is {nearest}."
    assert response.status_code == 404
    assert response.json()["detail"] == f"The requested resource could not be found. {expected}"


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("predictions", 200),
        ("predictions/{id}", 200),
        ("predictions/x", 404),
        ("streams/{id}", 200),
        ("outputs/{id}/output-0.mp4", 200),
        ("files", 200),
        ("models/anotherjesse/zeroscope-v2-xl", 200),
        ("webhooks/default/secret", 200),
    ],
)
def test_head__is_a_get_without_the_body(server: MockServer, path: str, status: int, asynchronous: bool) -> None:
    """HEAD has the status and the headers of GET, in the same operation, and needs the same token."""
    settings: Any = {"transport": server.transport, "base_url": "https://h.test/v1/"}
    with httpx.Client(headers=AUTH, **settings) as api:
        sent = {"version": VERSION, "input": {"num_frames": 1}}
        path = path.format(id=api.post("predictions", json=sent).json()["id"])
        server.clock.advance(60)
        got = api.get(path)
        head = api.head(path) if not asynchronous else anyio.run(_head, settings, path)
        refused = httpx.Client(**settings).head(path).status_code

    assert (head.status_code, head.content) == (status, b"")
    counted = {"ratelimit-remaining", "ratelimit-reset"}
    assert {name: value for name, value in head.headers.items() if name not in counted} == {
        name: value for name, value in got.headers.items() if name not in counted
    }
    assert server.journal[-2].operation == server.journal[-3].operation
    assert refused == (status if path.startswith(("streams", "outputs")) else 401)


async def _head(settings: Any, path: str) -> httpx.Response:
    async with httpx.AsyncClient(headers=AUTH, **settings) as api:
        return await api.head(path)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1",
        "/v1/",
        "/v2/predictions",
        "/v1/v1/predictions",
        "/v1/predictions/",
        "/v1/predictions//cancel",
        "/v1/predictions/x/cancel/",
        "/v1/predictions/a/../../files",
        "/outputs/x/output-0.mp4",
        f"/outputs/{'a' * 26}/output-0.mp4",
        f"/v1/files/{'a' * 26}/download",
    ],
)
def test_an_unknown_path(server: MockServer, path: str) -> None:
    """Anything else is a 404."""
    # httpx would straighten out some of these paths.
    response = server.core.handle(Request(Head("GET", path, headers=(("authorization", AUTH["Authorization"]),))))

    assert response.status == 404
    assert ("content-type", "application/problem+json") in response.headers


def test_an_encoded_slash_stays_within_its_segment(server: MockServer) -> None:
    """`%2F` in an id is part of the id and reaches no other operation."""
    with httpx.Client(transport=server.transport, base_url="https://h.test/v1", headers=AUTH) as api:
        api.get("/predictions/x%2Fcancel")

    assert server.journal[0].operation == "getPrediction"


def test_the_response_to_a_head_request_has_no_body(server: MockServer) -> None:
    """It has only the length of the response to GET."""
    with httpx.Client(transport=server.transport, base_url="https://h.test/v1", headers=AUTH) as api:
        response = api.head("/predictions")

    assert response.content == b""
    assert int(response.headers["content-length"]) > 0


def test_a_path_may_be_encoded(server: MockServer) -> None:
    """A letter of an id may come percent-encoded."""
    with httpx.Client(transport=server.transport, base_url="https://h.test/v1", headers=AUTH) as api:
        prediction_id = api.post("/predictions", json={"version": VERSION, "input": {}}).json()["id"]

    path = f"/v1/predictions/%{ord(prediction_id[0]):02x}{prediction_id[1:]}"
    response = server.core.handle(Request(Head("GET", path, headers=(("authorization", AUTH["Authorization"]),))))

    assert isinstance(response.body, bytes) and json.loads(response.body)["id"] == prediction_id


@pytest.mark.parametrize(
    ("limits", "status"),
    [({}, 201), ({"json_limit": 200}, 413), ({"json_limit": 10, "file_limit": 10}, 413)],
)
def test_a_body_over_the_limit(limits: dict[str, Any], status: int) -> None:
    """The limit for JSON can be set; a larger body is a 413."""
    server = MockServer(**limits)
    with httpx.Client(transport=server.transport, base_url="https://h.test/v1", headers=AUTH) as api:
        response = api.post("/predictions", json={"version": VERSION, "input": {"prompt": "p" * 200}})

    assert response.status_code == status
