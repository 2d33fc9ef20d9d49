"""Transfers: encodings, pages, limits, rates, redirects and open files."""

from __future__ import annotations

import gzip
import io
import os
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

import zeroscope
from helpers.client import TOKEN, Harness
from helpers.downloads import DATA, ETAG, URL, ChunkedBody, cut, part, video, whole
from helpers.raw_server import RawServer
from helpers.waiting import LONG
from zeroscope import AsyncZeroscope, Zeroscope
from zeroscope._disk.media_types import START_LENGTH
from zeroscope.prediction import AsyncPrediction, Prediction

AT = 4000
ZIPPED = gzip.compress(DATA)
THIRD = len(ZIPPED) // 3


def zipped(*pieces: bytes, encoding: str = "gzip", status: int = 200, **headers: str) -> Any:
    """Return a response with a body that is sent under an encoding."""
    sent = {"content-encoding": encoding, "content-length": str(sum(map(len, pieces))), **headers}
    return lambda _: httpx.Response(status, headers=sent, stream=ChunkedBody(*pieces))


@pytest.mark.parametrize(
    "encoding", ["", "identity", "Identity", "none", "utf-8", "UTF-8", "aws-chunked", "binary", "aws-chunked, identity"]
)
def test_encoding__that_is_none_is_ignored(harness: Harness, encoding: str) -> None:
    """Servers name things that are no encodings, and the file is as it is."""
    found, _ = video(harness, zipped(DATA, encoding=encoding))
    assert harness.do(found.read) == DATA


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZip", "aws-chunked,gzip"])
@pytest.mark.parametrize(
    "pieces",
    [
        [ZIPPED],
        [ZIPPED[:THIRD], ZIPPED[THIRD:]],
        [bytes([byte]) for byte in ZIPPED],
        [gzip.compress(DATA[:AT]), gzip.compress(DATA[AT:])],
        [gzip.compress(DATA[:AT]) + gzip.compress(b"") + gzip.compress(DATA[AT:])],
        [ZIPPED, b"\0" * 100],
    ],
    ids=["whole", "cut", "bytes", "members", "members-at-once", "padded"],
)
def test_gzip__is_decoded(harness: Harness, encoding: str, pieces: list[bytes]) -> None:
    """A file that is sent compressed, though that was not asked for, is decoded, however it is cut and joined."""
    found, script = video(harness, zipped(*pieces, encoding=encoding))
    assert harness.do(found.read) == DATA
    assert script.requests[0].headers["accept-encoding"] == "identity"


def test_gzip__that_is_cut_short_is_fetched_again_from_its_beginning(harness: Harness) -> None:
    """Parts of compressed files cannot be joined."""
    found, script = video(harness, zipped(ZIPPED[:-9], **ETAG), zipped(ZIPPED, **ETAG))
    assert harness.do(found.read) == DATA
    assert all("range" not in request.headers for request in script.requests) and len(script.requests) == 2


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (zipped(DATA), "not compressed with gzip, as its header says"),
        (zipped(DATA, encoding="br"), "compressed with 'br', which was not asked for"),
        (zipped(DATA, encoding="gzip, gzip"), "compressed with 'gzip, gzip', which was not asked for"),
        (zipped(b""), "no video"),
    ],
    ids=["not-gzip", "br", "twice", "empty"],
)
def test_encoding__that_cannot_be_decoded_is_an_error(harness: Harness, response: Any, reason: str) -> None:
    """Another attempt would bring the same, so there is none."""
    found, script = video(harness, response)
    with pytest.raises(zeroscope.MalformedResponseError, match=reason):
        harness.do(found.read)
    assert len(script.requests) == 1


PAGE = b"<!DOCTYPE html><title>Sign in</title>" + b" " * 100
PROBLEM = b'{"detail": "Not here", "status": 404}'
PAGES = [
    ("text/html", PAGE),
    ("video/mp4", PAGE),
    ("", b"\n  <HTML><body>busy"),
    ("video/mp4", b"\xef\xbb\xbf<html>busy"),
    ("application/octet-stream", "\ufeff<html>busy</html>".encode("utf-16-le")),
    ("application/octet-stream", "\ufeff<html>busy</html>".encode("utf-16-be")),
    ("text/html; charset=utf-8", b"busy"),
    ("application/xhtml+xml", b"busy"),
    ("application/json", PROBLEM),
    ("application/problem+json", PROBLEM),
    ("video/mp4", PROBLEM),
    ("video/mp4", b'{\r\n  "detail": "Not here"}'),
    ("binary/octet-stream", b'[\n {"error": 1}]'),
    ("video/mp4", b"{}"),
    ("application/xml", b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'),
    ("video/mp4", b"<Error><Code>AccessDenied</Code></Error>"),
    ("video/mp4", b"<!-- busy -->"),
]


@pytest.mark.parametrize(("media_type", "page"), PAGES)
@pytest.mark.parametrize("length", [1, 1000], ids=["bytes", "whole"])
def test_page__in_place_of_a_video_is_an_error(
    harness: Harness, tmp_path: Path, media_type: str, page: bytes, length: int
) -> None:
    """A page or a document is not saved as a video, whatever its media type is and however it arrives."""
    pieces = [page[start : start + length] for start in range(0, len(page), length)]
    found, script = video(harness, whole(*pieces, length=len(page), **{"content-type": media_type}))
    with pytest.raises(zeroscope.MalformedResponseError, match="not a file") as caught:
        harness.do(found.save, tmp_path / "a.mp4")
    assert list(tmp_path.iterdir()) == [] and len(script.requests) == 1
    assert caught.value.prediction is found.prediction and caught.value.body


VIDEOS = [
    b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41",
    b"\0\0\0\x14ftypqt  \0\0\2\0qt  ",
    b"\0\0\0\x08wide\0\0\0\x08mdat",
    b"\0\0\x10\0moov\0\0\0\x6cmvhd",
    b"\x1aE\xdf\xa3\x9fB\x86\x81\1B\xf7\x81\1B\xf2\x81\4B\xf3\x81\x08B\x82\x84webm",
    b"RIFF\0\0\1\0AVI LIST",
]


@pytest.mark.parametrize("start", VIDEOS, ids=["mp4", "mov", "mov-without-type", "old-mov", "webm", "avi"])
@pytest.mark.parametrize("media_type", ["text/html", "application/json", "application/xml"])
def test_video__under_the_type_of_a_page_is_accepted(harness: Harness, start: bytes, media_type: str) -> None:
    """Some servers send everything as a page, and the file tells what it is."""
    for data in (start + DATA, start):
        # Byte by byte, until well after the start, which tells what the file is.
        end = 4 * START_LENGTH
        pieces = [data[at : at + 1] for at in range(len(data[:end]))]
        found, _ = video(harness, whole(*pieces, data[end:], length=len(data)))
        assert harness.do(found.read) == data
        found, _ = video(harness, whole(data, length=len(data), **{"content-type": media_type}))
        assert harness.do(found.read) == data


LARGE = [
    whole(DATA, length=len(DATA)),
    whole(*(DATA[at : at + 100] for at in range(0, len(DATA), 100)), length=None),
    zipped(ZIPPED),
]


@pytest.mark.parametrize("response", LARGE, ids=["announced", "not-announced", "decoded"])
def test_max_bytes__is_the_largest_file(harness: Harness, tmp_path: Path, response: Any) -> None:
    """A file of that length is accepted; one byte more is an error that says what to do, and leaves nothing behind."""
    for name, more in (("read", ()), ("save", (tmp_path / "a.mp4",))):
        found, script = video(harness, response)
        with pytest.raises(zeroscope.MalformedResponseError, match=rf"more than {len(DATA) - 1} bytes.*larger max_b"):
            harness.do(getattr(found, name), *more, max_bytes=len(DATA) - 1)
        assert len(script.requests) == 1 and list(tmp_path.iterdir()) == []
    found, _ = video(harness, response)
    assert harness.do(found.read, max_bytes=len(DATA)) == DATA


def test_max_bytes__holds_for_data_urls(harness: Harness) -> None:
    """An output within the response has the same limit."""
    found, _ = video(harness, url="data:video/mp4,abc")
    assert harness.do(found.read, max_bytes=3) == b"abc"
    with pytest.raises(zeroscope.MalformedResponseError, match="3, more than 2 bytes"):
        harness.do(found.read, max_bytes=2)


class TimedBody(ChunkedBody):
    """A body whose pieces each take some time on the client's clock."""

    def __init__(self, harness: Harness, *pieces: tuple[float, bytes], error: BaseException | None = None) -> None:
        super().__init__(*(piece for _, piece in pieces), error=error)
        self._clock = harness.clock
        self._times = [seconds for seconds, _ in pieces]

    def __iter__(self) -> Iterator[bytes]:
        for seconds, piece in zip(self._times, self.pieces, strict=True):
            self._clock.now += seconds
            yield piece
        if self.error is not None:
            self._clock.now += 30
            raise self.error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


FAST_THEN_STALLED = [*[(0.1, b"x" * 1000)] * 298, (29.0, b"y" * 10), *[(0.1, b"z" * 1000)] * 30]


@pytest.mark.parametrize(
    ("pieces", "limits"),
    [
        ([(1.0, b"x" * 1100)] * 100, {}),
        ([(1.0, b"x" * 100)] * 100, {"min_rate": 99}),
        ([(40.0, b"x")] * 5, {"min_rate": 0}),
        (FAST_THEN_STALLED, {}),
        ([(29.0, b"x" * 10), (0.5, b"x" * 100_000), (29.0, b"x" * 10)] * 3, {}),
    ],
    ids=["enough", "settable", "any", "stall-at-the-end-of-a-window", "bursts"],
)
def test_rate__that_is_high_enough_is_accepted(harness: Harness, pieces: Any, limits: dict[str, float]) -> None:
    """What counts is the rate over a window, and not a pause within it."""
    data = b"".join(piece for _, piece in pieces)
    found, script = video(harness, lambda _: httpx.Response(200, stream=TimedBody(harness, *pieces)))
    assert harness.do(found.read, **limits) == data
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    ("pieces", "error", "message"),
    [
        ([(1.0, b"x" * 1000)] * 500, None, "was too slow: 30000 bytes in 30 s, less than min_rate=1024"),
        ([(1.0, b"x")], httpx.ReadTimeout("silent"), "was cut short: received"),
    ],
    ids=["slow", "a-byte-and-silence"],
)
@pytest.mark.parametrize("is_resumed", [False, True])
def test_rate__that_is_too_low_ends_the_download(
    harness: Harness, pieces: Any, error: Any, message: str, is_resumed: bool
) -> None:
    """Progress that is too slow does not start the attempts anew, or a download would go on for an hour."""

    def respond(request: httpx.Request) -> httpx.Response:
        start = int(request.headers.get("range", "bytes=0-")[6:-1])
        headers = {**ETAG, "content-range": f"bytes {start}-999999/1000000"} if is_resumed else {}
        body = TimedBody(harness, *pieces, error=error)
        return httpx.Response(206 if start else 200, headers=headers, stream=body)

    found, script = video(harness, respond, retry=zeroscope.Retry(attempts=3))
    with pytest.raises(zeroscope.TransportError, match=message):
        harness.do(found.read)
    assert len(script.requests) == 3


@pytest.mark.parametrize("rate", [-1, float("nan"), "fast", None, True])
def test_rate__that_is_none_is_refused(harness: Harness, rate: Any) -> None:
    """A limit that is not a number is named before anything is requested."""
    found, script = video(harness, whole(DATA))
    with pytest.raises(zeroscope.InvalidInputError, match="min_rate"):
        harness.do(found.read, min_rate=rate)
    assert script.requests == []


def redirect(location: str, body: ChunkedBody | None = None) -> Any:
    """Return a redirect."""
    return lambda _: httpx.Response(302, headers={"location": location}, stream=body or ChunkedBody())


class EndlessBody(ChunkedBody):
    """A body that must not be read."""

    def __iter__(self) -> Iterator[bytes]:
        raise AssertionError("the body of a redirect was read")


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/b.mp4?c=d", "https://delivery.example.test/b.mp4?c=d"),
        ("b.mp4", "https://delivery.example.test/x/b.mp4"),
        ("//other.test/b.mp4", "https://other.test/b.mp4"),
        ("https://other.test:444/b.mp4", "https://other.test:444/b.mp4"),
        ("http://other.test/b.mp4", "http://other.test/b.mp4"),
    ],
)
def test_redirect__is_followed(harness: Harness, location: str, target: str) -> None:
    """Its URL may be relative, and its body is closed without being read."""
    body = EndlessBody()
    found, script = video(harness, redirect(location, body), whole(DATA))
    assert harness.do(found.read) == DATA
    assert script.requests[1].url == target and body.closed


@pytest.mark.parametrize("number", [10, 11])
def test_redirects__are_limited(harness: Harness, number: int) -> None:
    """Ten are followed, the eleventh is not, and none of that is repeated."""
    found, script = video(harness, *(redirect(f"/{each}.mp4") for each in range(number)), whole(DATA))
    if number == 10:
        assert harness.do(found.read) == DATA
    else:
        with pytest.raises(zeroscope.TransportError, match="more than 10 redirects"):
            harness.do(found.read)
    assert len(script.requests) == 11


@pytest.mark.parametrize(
    "location",
    [
        "ftp://x.test/a.mp4",
        "file:///etc/passwd",
        "http:///a",
        "https://x.test:99999/",
        "data:,a",
        "mailto:a",
    ],
)
def test_redirect__to_nothing_is_an_error(harness: Harness, location: str) -> None:
    """A URL that is not of HTTP is not requested, and not tried again."""
    found, script = video(harness, redirect(location))
    with pytest.raises(zeroscope.TransportError, match="nothing can be downloaded from this URL"):
        harness.do(found.read)
    assert len(script.requests) == 1


def test_redirect__from_a_secure_url_to_a_plain_one_leaves_the_token(harness: Harness) -> None:
    """Not even the service's own host gets it over a connection that is not encrypted."""
    secure, plain = "https://replicate.delivery/a.mp4", "http://replicate.delivery/a.mp4"
    found, script = video(harness, httpx.Response(401), redirect(plain), httpx.Response(401), url=secure)
    with pytest.raises(zeroscope.AuthenticationError):
        harness.do(found.read)
    assert [f"{each.url} {TOKEN in str(each.headers.raw)}" for each in script.requests] == [
        f"{secure} False",
        f"{secure} True",
        f"{plain} False",
    ]


class ShortWriter(io.RawIOBase):
    """An unbuffered file that takes three bytes at a time."""

    def __init__(self, most: int | None = 3) -> None:
        super().__init__()
        self.taken = b""
        self.most = most

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int | None:
        if self.most is None:
            return None
        self.taken += bytes(data)[: self.most]
        return min(len(data), self.most)


class Plain:
    """An object that has nothing but `write`, which does not say how much it took."""

    def __init__(self) -> None:
        self.taken = b""

    def write(self, data: bytes) -> None:
        self.taken += data


@pytest.mark.parametrize("make", [io.BytesIO, ShortWriter, Plain])
def test_save__writes_to_an_open_file(harness: Harness, make: Callable[[], Any]) -> None:
    """It gets all bytes, stays open and is returned."""
    found, _ = video(harness, whole(DATA[:AT], DATA[AT:]))
    file = make()
    assert harness.do(found.save, file) is file
    assert (file.getvalue() if isinstance(file, io.BytesIO) else file.taken) == DATA


def test_save__writes_at_the_position_of_a_file(harness: Harness, tmp_path: Path) -> None:
    """An unbuffered file is written where it stands."""
    found, _ = video(harness, whole(DATA))
    with (tmp_path / "a").open("wb", buffering=0) as file:
        file.write(b"before")
        harness.do(found.save, file)
        file.write(b"after")
    assert (tmp_path / "a").read_bytes() == b"before" + DATA + b"after"


def test_save__writes_to_a_pipe(harness: Harness) -> None:
    """A file that cannot be rewound needs no rewinding."""
    reader, writer = os.pipe()
    received: list[bytes] = []

    def receive() -> None:
        with os.fdopen(reader, "rb") as pipe:
            received.append(pipe.read())

    thread = threading.Thread(target=receive)
    thread.start()
    found, _ = video(harness, whole(DATA * 20, length=None))
    with os.fdopen(writer, "wb", buffering=0) as pipe:
        harness.do(found.save, pipe)
    thread.join()
    assert received == [DATA * 20]


@pytest.mark.parametrize("most", [None, 0])
def test_save__does_not_wait_for_a_file_that_takes_nothing(harness: Harness, most: int | None) -> None:
    """A pipe that does not block would lose bytes, or turn the processor for ever."""
    found, _ = video(harness, whole(DATA))
    with pytest.raises(BlockingIOError, match="pass one that blocks"):
        harness.do(found.save, ShortWriter(most))


class AsyncFile:
    """A file that is written with await."""

    async def write(self, data: bytes) -> int:
        return len(data)


@pytest.mark.parametrize("make", [io.StringIO, AsyncFile])
def test_save__refuses_a_file_that_takes_no_bytes(harness: Harness, make: Callable[[], Any]) -> None:
    """Text files and async files are named before anything is requested."""
    found, script = video(harness, whole(DATA))
    with pytest.raises(zeroscope.InvalidInputError, match="not a binary file that is written without await"):
        harness.do(found.save, make())
    assert script.requests == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
@pytest.mark.parametrize("buffering", [0, -1])
def test_save__reports_a_full_disk(harness: Harness, buffering: int) -> None:
    """An error of the caller's file is raised as it is."""
    found, script = video(harness, whole(DATA * 2, length=None))
    with pytest.raises(OSError, match="No space left"), open("/dev/full", "wb", buffering=buffering) as file:
        harness.do(found.save, file)
    assert len(script.requests) == 1


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="this system does not limit the size of files")
@pytest.mark.parametrize(("size", "total"), [(10, 6000), (100, 6000), (5000, 6000), (10_000, 100_000)])
def test_save__on_a_full_disk_leaves_nothing_behind(harness: Harness, tmp_path: Path, size: int, total: int) -> None:
    """Also where all bytes fit into the buffer, and only the end of the file finds the disk full."""
    import resource

    pieces = [b"x" * size] * (total // size)
    found, _ = video(harness, whole(*pieces, length=None))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            harness.do(found.save, tmp_path / "a.mp4")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


def test_iteration__yields_the_pieces(harness: Harness) -> None:
    """A video can be iterated over, which resumes what breaks off."""
    found, _ = video(harness, cut(AT, **ETAG), part(AT, **ETAG))
    assert b"".join(harness.all(found.iter_bytes)) == DATA


OTHER = DATA[::-1]
SAME: dict[str, Any] = {"etag": '"one"'}


@pytest.mark.parametrize(
    ("responses", "is_same"),
    [
        ([cut(AT, **ETAG), part(AT, **ETAG)], True),
        ([cut(AT, **ETAG), whole(DATA, **SAME)], True),
        ([cut(AT, **ETAG), whole(DATA[:10], DATA[10:], **SAME)], True),
        ([cut(AT, **ETAG), part(AT, etag='"two"'), whole(DATA, **SAME)], True),
        ([cut(AT, **ETAG), whole(OTHER, etag='"two"')], False),
        ([cut(AT, **ETAG), whole(OTHER)], False),
        ([cut(AT, **ETAG), whole(OTHER[:-1], length=len(OTHER) - 1, **SAME)], False),
        ([cut(AT, **ETAG), zipped(gzip.compress(OTHER), **SAME)], False),
        ([cut(AT), whole(DATA)], False),
        ([cut(AT, etag='W/"one"'), whole(DATA, etag='W/"one"')], False),
    ],
)
@pytest.mark.parametrize("way", ["iterate", "file"])
def test_pieces__of_two_files_are_never_mixed(harness: Harness, responses: Any, is_same: bool, way: str) -> None:
    """What was handed on cannot be taken back: it is continued or skipped, or the download ends with an error."""
    found, _ = video(harness, *responses)
    file = io.BytesIO()

    def collect() -> None:
        if way == "file":
            harness.do(found.save, file)
        elif harness.kind == "sync":
            for piece in found.iter_bytes():
                file.write(piece)
        else:
            anyio.run(collect_async)

    async def collect_async() -> None:
        async for piece in found.iter_bytes():
            file.write(piece)

    if is_same:
        collect()
        assert file.getvalue() == DATA
    else:
        with pytest.raises(zeroscope.TransportError, match="cannot be resumed"):
            collect()
        assert file.getvalue() == DATA[:AT]


def test_iteration__that_is_left_early_closes_the_connection(kind: str) -> None:
    """A server sees the end of a download that is not read to its end."""
    from helpers.client import prediction_body
    from zeroscope._service.api import PredictionModel

    def respond(server: RawServer, connection: socket.socket) -> None:
        server.read_head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + DATA)
        server.drip(connection, DATA, interval=0.01)

    with RawServer(respond).running() as server:
        model = PredictionModel.from_dict(prediction_body("succeeded", output=[f"{server.url}/a.mp4"]))
        if kind == "sync":
            with Zeroscope(TOKEN, base_url=URL) as client:
                pieces: Any = Prediction(model, client._driver).videos[0].iter_bytes()
                assert next(pieces)
                pieces.close()
                assert server.closed.wait(LONG)
            return

        async def main() -> None:
            async with AsyncZeroscope(TOKEN, base_url=URL) as client:
                pieces: Any = AsyncPrediction(model, client._driver).videos[0].iter_bytes()
                assert await anext(pieces)
                await pieces.aclose()
                assert server.closed.wait(LONG)

        anyio.run(main)
