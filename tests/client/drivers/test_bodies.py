"""Bodies of API responses: their decoding, and their limits."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

import zeroscope
from helpers.client import Harness, ScriptedResponses, prediction_body
from zeroscope._drivers import decoding, exchange

BODY = json.dumps(prediction_body("succeeded")).encode()


class Chunks(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in chunks, as a connection brings it, that counts how many were read."""

    def __init__(self, *chunks: bytes) -> None:
        self.chunks = chunks
        self.read = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self.chunks:
            self.read += 1
            yield chunk

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk


def get(harness: Harness, *chunks: bytes, status: int = 200, **headers: Any) -> tuple[Any, Chunks]:
    """Read a prediction from a response in chunks."""
    body = Chunks(*chunks)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    client = harness.client(lambda _: httpx.Response(status, headers=named, stream=body), retry=None)
    return (lambda: harness.do(client.predictions.get, "gm3q")), body


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP", "identity, gzip"])
@pytest.mark.parametrize("cuts", [1, 7, 10_000])
def test_body__is_decoded_however_it_is_cut(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, encoding: str, cuts: int
) -> None:
    """Compressed bodies are asked for and decoded, in pieces that may be shorter than a chunk."""
    monkeypatch.setattr(decoding, "_PIECE_LENGTH", 10)
    sent = gzip.compress(BODY)
    read, _ = get(harness, *[sent[at : at + cuts] for at in range(0, len(sent), cuts)], content_encoding=encoding)
    assert read().status == "succeeded"


@pytest.mark.parametrize("encoding", ["", "identity", "Identity", "none", "utf-8", "aws-chunked"])
def test_encoding__that_changes_nothing_is_ignored(harness: Harness, encoding: str) -> None:
    """Some servers name encodings that are none."""
    read, _ = get(harness, BODY, content_encoding=encoding)
    assert read().status == "succeeded"


def test_compression__is_asked_for_only_as_it_is_decoded(harness: Harness) -> None:
    """Other encodings would be decoded without a limit, if a package for them is installed."""
    script = ScriptedResponses(httpx.Response(200, json=prediction_body()))
    harness.do(harness.client(script).predictions.get, "gm3q")
    assert script.requests[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("chunks", "encoding", "error", "message"),
    [
        ([BODY], "br", zeroscope.MalformedResponseError, "compressed with 'br', which was not asked for"),
        ([BODY], "gzip", zeroscope.MalformedResponseError, "not compressed with gzip"),
        ([gzip.compress(BODY)[:-9]], "gzip", zeroscope.TransportError, "cut short"),
        ([gzip.compress(BODY)], "gzip, gzip", zeroscope.MalformedResponseError, "was not asked for"),
    ],
)
def test_body__that_cannot_be_decoded(
    harness: Harness, chunks: list[bytes], encoding: str, error: type[Exception], message: str
) -> None:
    """The error says what is wrong with the encoding."""
    read, _ = get(harness, *chunks, content_encoding=encoding)
    with pytest.raises(error, match=message):
        read()


@pytest.mark.parametrize("is_compressed", [False, True])
def test_body__has_a_limit_after_decoding(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, is_compressed: bool
) -> None:
    """A longer body is not read on, and the error shows its start."""
    monkeypatch.setattr(exchange, "MAX_BODY", 100_000)
    monkeypatch.setattr(exchange, "_IN_MEMORY", 10_000)
    monkeypatch.setattr(decoding, "_PIECE_LENGTH", 1_000)
    chunk = b"a" * 1_000
    sent = gzip.compress(b"a" * 10_000_000) if is_compressed else None
    chunks = [sent[at : at + 100] for at in range(0, len(sent), 100)] if sent else [chunk] * 1_000
    headers: dict[str, Any] = {"content_encoding": "gzip"} if is_compressed else {}
    read, body = get(harness, *chunks, **headers)
    with pytest.raises(zeroscope.MalformedResponseError, match=r"longer than 100000 bytes.*: aaa"):
        read()
    assert body.read <= 101


def test_body__of_any_length_up_to_the_limit_is_read(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that is held on disk meanwhile is the same one."""
    monkeypatch.setattr(exchange, "_IN_MEMORY", 1_000)
    body = json.dumps(prediction_body("succeeded", logs="a" * 100_000)).encode()
    read, _ = get(harness, *[body[at : at + 999] for at in range(0, len(body), 999)])
    assert read().logs == "a" * 100_000


def test_create__whose_response_is_too_long_is_not_sent_again(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The prediction was created, whatever its response holds."""
    monkeypatch.setattr(exchange, "MAX_BODY", 1_000)
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(201, stream=Chunks(*[b"a" * 500] * 9))

    with pytest.raises(zeroscope.UnknownOutcomeError, match="longer than 1000 bytes"):
        harness.do(harness.client(answer).predictions.create, {})
    assert len(requests) == 1


@pytest.mark.parametrize("encoding", ["identity", "br"])
def test_error_page__is_cut(harness: Harness, monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    """The status of an error matters more than its body, of which the start is enough."""
    monkeypatch.setattr(exchange, "MAX_ERROR_BODY", 5_000)
    read, body = get(harness, *[b"<p>down</p>" * 100] * 1_000, status=404, content_encoding=encoding)
    with pytest.raises(zeroscope.NotFoundError) as caught:
        read()
    assert body.read < 10 and len(caught.value.body) < 7_000


class SlowChunks(Chunks):
    """A body whose chunks take a minute each."""

    def __init__(self, harness: Harness, *chunks: bytes) -> None:
        super().__init__(*chunks)
        self.clock = harness.clock

    def __iter__(self) -> Iterator[bytes]:
        for chunk in super().__iter__():
            self.clock.now += 60
            yield chunk


@pytest.mark.parametrize(
    ("settings", "options", "limit"),
    [
        ({}, {}, 120),
        ({"timeout": 30}, {}, 30),
        ({"timeout": 300}, {}, 300),
        ({"timeout": httpx.Timeout(5)}, {}, 120),
        ({"timeout": httpx.Timeout(None)}, {}, 120),
        ({}, {"prefer_wait": 60}, 180),
    ],
)
def test_exchange__ends_at_its_limit(
    harness: Harness, settings: dict[str, Any], options: dict[str, Any], limit: int
) -> None:
    """A body that drips is read up to the limit of the whole exchange, on the client's clock."""
    body = SlowChunks(harness, *[b"a"] * 1_000)
    client = harness.client(lambda _: httpx.Response(201, stream=body), **settings)
    with pytest.raises(zeroscope.UnknownOutcomeError, match="the time for the whole exchange was up"):
        harness.do(client.predictions.create, {}, **options)
    assert body.read == limit // 60 + 1


@pytest.mark.parametrize("value", ["[]", "{}", "1", '{"id": "a", "status": "s"}'])
def test_body__of_very_many_values_is_refused(harness: Harness, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """The objects of a body take many times the memory of its text, which may be short enough."""
    monkeypatch.setattr(exchange, "MAX_VALUES", 1_000)
    body = json.dumps(prediction_body())[:-1] + ', "x": [' + ",".join([value] * 1_001) + "]}"
    read, _ = get(harness, body.encode())
    with pytest.raises(zeroscope.MalformedResponseError, match="more than 1000 values"):
        read()
    text = json.dumps(prediction_body(logs="a" * 10_000)).encode()
    assert get(harness, text)[0]().logs == "a" * 10_000
