"""The compression of bodies for clients that accept it."""

from __future__ import annotations

import gzip
import json
from typing import Any

import anyio
import httpx
import pytest

from zeroscope_mock import MockServer
from zeroscope_mock.compression import LEAST, compress
from zeroscope_mock.messages import Head, Response, Stream, json_response

JSON = (("content-type", "application/json"),)
VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
AUTH = {"Authorization": "Bearer a-token-of-a-test"}


def answered(response: Response, accepted: str | None) -> Response:
    """The response to a client that accepts some codings."""
    return compress(response, Head("GET", "/", headers=() if accepted is None else (("accept-encoding", accepted),)))


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("gzip", True),
        ("gzip, deflate", True),
        ("br, GZIP ;q=0.5", True),
        ("*", True),
        ("identity;q=0, *;q=0.1", True),
        (None, False),
        ("", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip;q=0.000, *", False),
        ("*;q=0", False),
        ("gzipped", False),
    ],
)
def test_body__is_compressed_if_accepted(accepted: str | None, expected: bool) -> None:
    """A cache is told that what is compressed depends on what the client accepts."""
    plain = json_response(200, {"logs": "x" * LEAST})
    body = plain.body
    response = answered(plain, accepted)

    assert isinstance(response.body, bytes)
    assert response.header("content-encoding") == ("gzip" if expected else None)
    assert response.header("vary") == ("accept-encoding" if expected else None)
    assert (gzip.decompress(response.body) if expected else response.body) == body
    assert len(response.body) < 100 or not expected


@pytest.mark.parametrize("size", [LEAST, 2**16 - 1, 2**16, 2**20])
def test_body__of_any_length_is_the_same_when_read(size: int) -> None:
    """Short and long bodies are compressed alike, and equal ones to equal bytes."""
    body = json.dumps([str(number) for number in range(size)])[:size].encode()
    first, second = (answered(Response(200, JSON, body), "gzip").body for _ in range(2))

    assert isinstance(first, bytes)
    assert gzip.decompress(first) == body
    assert first == second


@pytest.mark.parametrize(
    ("response", "compressible"),
    [
        (json_response(200, "x" * (LEAST - 2)), True),
        (json_response(404, "x" * (LEAST - 2), content_type="application/problem+json"), True),
        (json_response(200, "x" * (LEAST - 3)), False),
        (Response(200, (("content-type", "video/mp4"),), b"x" * LEAST), False),
        (Response(200, (*JSON, ("content-encoding", "br")), b"x" * LEAST), False),
        (Response(200, (), b"x" * LEAST), False),
        (Response(206, (("content-type", "video/mp4"), ("content-range", "bytes 0-1023/2000")), b"x" * LEAST), False),
        (Response(200, JSON, Stream(lambda: iter([b"x" * LEAST]))), False),
    ],
)
def test_body__that_is_short_or_no_json_stays(response: Response, compressible: bool) -> None:
    """Small bodies gain nothing, and videos are compressed already."""
    assert (answered(response, "gzip") is not response) is compressible


@pytest.mark.parametrize("asynchronous", [False, True])
def test_server__compresses_in_process(server: MockServer, asynchronous: bool) -> None:
    """Httpx decodes the body, and the journal has it as it was; videos and streams stay as they are."""
    settings: Any = {"transport": server.transport, "base_url": "https://h.test/v1/", "headers": AUTH}

    async def get(*paths: str) -> list[httpx.Response]:
        async with httpx.AsyncClient(**settings) as api:
            return [await api.get(path) for path in paths]

    with httpx.Client(**settings) as api:
        id = api.post("predictions", json={"version": VERSION, "input": {"num_frames": 1}}).json()["id"]
        server.clock.advance(60)
        paths = (f"predictions/{id}", "predictions/x", f"streams/{id}", f"outputs/{id}/output-0.mp4")
        responses = anyio.run(get, *paths) if asynchronous else [api.get(path) for path in paths]
        plain = api.get(paths[0], headers={"Accept-Encoding": "identity"})

    assert [response.headers.get("content-encoding") for response in responses] == ["gzip", None, None, None]
    assert responses[0].content == plain.content
    assert int(responses[0].headers["content-length"]) < len(plain.content) == int(plain.headers["content-length"])
    assert server.journal[1].response_body == server.journal[-1].response_body
    assert id in server.journal[1].response_body


def test_server__compresses_over_a_socket() -> None:
    """The length announced is that of the compressed body, also for HEAD."""
    with (
        MockServer() as server,
        server.listen() as listening,
        httpx.Client(base_url=f"{listening.url}/v1", headers=AUTH) as api,
    ):
        for _ in range(3):
            api.post("/predictions", json={"version": VERSION, "input": {}})
        page, head = api.get("/predictions"), api.head("/predictions")

    assert len(page.json()["results"]) == 3
    assert page.headers["content-encoding"] == head.headers["content-encoding"] == "gzip"
    assert page.headers["content-length"] == head.headers["content-length"]
    assert int(page.headers["content-length"]) < len(page.content)


def test_fault__that_truncates_a_body(server: MockServer) -> None:
    """A fault takes the body as it is, so a cut one is not taken for a bad compression."""
    server.faults.add(operation="listPredictions", truncate=0.5)
    with httpx.Client(transport=server.transport, base_url="https://h.test/v1", headers=AUTH) as api:
        for _ in range(3):
            api.post("/predictions", json={"version": VERSION, "input": {}})
        with pytest.raises(httpx.RemoteProtocolError):
            api.get("/predictions")
