"""Videos: their properties, and saving them completely and under a safe name."""

from __future__ import annotations

import asyncio
import base64
import os
import pickle
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

import zeroscope
from helpers.client import TOKEN, Harness
from helpers.downloads import DATA, URL, ChunkedBody, outputs, video, whole
from zeroscope import AsyncVideo, Video


def test_read__returns_the_bytes_and_sends_no_token(harness: Harness) -> None:
    """The download is a plain GET: the token stays with the API."""
    found, script = video(harness, httpx.Response(200, content=DATA))
    assert harness.do(found.read) == DATA
    (request,) = script.requests
    assert str(request.url) == URL
    assert TOKEN not in str(request.headers) and "authorization" not in request.headers
    assert request.headers["user-agent"] == f"zeroscope/{zeroscope.__version__}"


def test_save__writes_the_file_and_nothing_else(harness: Harness, tmp_path: Path) -> None:
    """The file holds the bytes, its path is returned, and the folder holds nothing besides."""
    found, _ = video(harness, httpx.Response(200, content=DATA))
    target = tmp_path / "astronaut.mp4"
    assert harness.do(found.save, str(target)) == target
    assert target.read_bytes() == DATA
    assert list(tmp_path.iterdir()) == [target]


def test_redirect__is_followed(harness: Harness) -> None:
    """Storage may move a file; a download follows, as it has no token to lose."""
    found, script = video(
        harness,
        httpx.Response(302, headers={"location": "https://other.example.test/a.mp4"}),
        httpx.Response(200, content=DATA),
    )
    assert harness.do(found.read) == DATA
    assert script.requests[1].url.host == "other.example.test"


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (httpx.ConnectError("refused"), zeroscope.TransportError, "refused"),
        (whole(DATA[:1000], length=None, error=httpx.ReadError("reset")), zeroscope.TransportError, "cut short"),
        (whole(DATA[:1000], length=5000), zeroscope.TransportError, "received 1000 of 5000 bytes"),
        (httpx.Response(404, html="<p>gone"), zeroscope.NotFoundError, "404: <p>gone"),
        (httpx.Response(403, content=b"expired"), zeroscope.ForbiddenError, "403: expired"),
        (httpx.Response(503), zeroscope.ServerError, "503"),
        (httpx.Response(206, content=b"part"), zeroscope.APIError, "206"),
        (httpx.Response(200, content=b""), zeroscope.MalformedResponseError, "no video"),
        (
            whole(DATA, length=None, **{"content-encoding": "gzip"}),
            zeroscope.MalformedResponseError,
            "compressed with gzip",
        ),
    ],
)
def test_save__that_fails_leaves_nothing_behind(
    harness: Harness, tmp_path: Path, answer: Any, error: type[Exception], message: str
) -> None:
    """Whatever goes wrong, the target is not there and no part of it either; an old file stays as it was."""
    found, _ = video(harness, answer)
    with pytest.raises(error, match=message):
        harness.do(found.save, tmp_path / "new.mp4")
    assert list(tmp_path.iterdir()) == []
    old = tmp_path / "old.mp4"
    old.write_bytes(b"old")
    with pytest.raises(error):
        harness.do(found.save, old, overwrite=True)
    assert list(tmp_path.iterdir()) == [old] and old.read_bytes() == b"old"


def test_save__refuses_a_bad_target_before_it_asks(harness: Harness, tmp_path: Path) -> None:
    """A missing folder, a folder as the file and a file that exists are named, and nothing is fetched."""
    found, script = video(harness, httpx.Response(200, content=DATA))
    old = tmp_path / "old.mp4"
    old.write_bytes(b"old")
    with pytest.raises(FileNotFoundError, match="no such folder"):
        harness.do(found.save, tmp_path / "missing" / "a.mp4")
    with pytest.raises(IsADirectoryError, match="name a file in it"):
        harness.do(found.save, tmp_path)
    with pytest.raises(FileExistsError, match="overwrite=True"):
        harness.do(found.save, old)
    assert script.requests == [] and old.read_bytes() == b"old"
    harness.do(found.save, old, overwrite=True)
    assert old.read_bytes() == DATA


def test_interrupt__leaves_nothing_behind(tmp_path: Path) -> None:
    """Ctrl-C in the middle of a download removes what was written, and nothing is tried again."""
    harness = Harness("sync")
    found, script = video(harness, whole(DATA[:1000], error=KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        found.save(tmp_path / "a.mp4")
    assert list(tmp_path.iterdir()) == [] and len(script.requests) == 1


def test_task__that_is_canceled_leaves_nothing_behind(tmp_path: Path) -> None:
    """A task that is canceled while the server is silent closes the download and removes what was written."""
    harness = Harness("async")
    began: list[anyio.Event] = []

    class Silent(ChunkedBody):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield DATA
            began[0].set()
            await anyio.sleep_forever()

    body = Silent()
    found, _ = video(harness, lambda _: httpx.Response(200, stream=body))

    async def main() -> None:
        began.append(anyio.Event())
        task = asyncio.create_task(found.save(tmp_path / "a.mp4"))
        await began[0].wait()
        assert len(os.listdir(tmp_path)) == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    anyio.run(main)
    assert list(tmp_path.iterdir()) == [] and body.closed


@pytest.mark.parametrize(
    "url",
    [
        "data:video/mp4;base64," + base64.b64encode(b"\x00\x01mp4").decode(),
        "data:video/mp4,%00%01mp4",
        "data:,%00%01mp4",
        "DATA:;BASE64,AAFtcDQ=",
    ],
)
def test_data_url__needs_no_download(harness: Harness, tmp_path: Path, url: str) -> None:
    """An output that came within the answer is decoded without a request."""
    found, script = video(harness, httpx.Response(500), url=url)
    assert harness.do(found.read) == b"\x00\x01mp4"
    harness.do(found.save, tmp_path / "a.mp4")
    assert (tmp_path / "a.mp4").read_bytes() == b"\x00\x01mp4"
    assert script.requests == []


@pytest.mark.parametrize("url", ["data:video/mp4;base64,@@@", "data:nothing", "data:,\ud800", "data:video/mp4,"])
def test_data_url__that_makes_no_sense_is_malformed(harness: Harness, tmp_path: Path, url: str) -> None:
    """A data: URL that cannot be decoded, or holds nothing, is an error of the tree and no file."""
    found, _ = video(harness, httpx.Response(500), url=url)
    with pytest.raises(zeroscope.MalformedResponseError):
        harness.do(found.read)
    with pytest.raises(zeroscope.MalformedResponseError):
        harness.do(found.save, tmp_path / "a.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("status", "error"), [(404, None), (200, KeyboardInterrupt())], ids=["refused", "interrupted"])
def test_download__is_closed_however_it_ends(harness: Harness, status: int, error: Any) -> None:
    """A download that is not read to its end gives its connection back all the same."""
    body = ChunkedBody(DATA, DATA, error=error)
    found, _ = video(harness, lambda _: httpx.Response(status, stream=body))
    with pytest.raises((zeroscope.NotFoundError, KeyboardInterrupt)):
        harness.do(found.read)
    assert body.closed


def test_save__writes_while_it_reads(harness: Harness, tmp_path: Path) -> None:
    """A chunk is on the disk before the next is fetched, so a long video does not have to fit into memory."""
    sizes: list[int] = []

    class Observed(ChunkedBody):
        def __iter__(self) -> Iterator[bytes]:
            yield DATA
            sizes.extend(path.stat().st_size for path in tmp_path.iterdir())
            yield DATA

    found, _ = video(harness, lambda _: httpx.Response(200, stream=Observed()))
    harness.do(found.save, tmp_path / "a.mp4")
    assert len(sizes) == 1 and sizes[0] > 0
    assert (tmp_path / "a.mp4").read_bytes() == DATA * 2


def test_save__keeps_a_file_that_appeared_meanwhile(harness: Harness, tmp_path: Path) -> None:
    """A file that something else made during the download is not replaced, and no part of the video is left."""
    target = tmp_path / "a.mp4"

    def answer(_: httpx.Request) -> httpx.Response:
        target.write_bytes(b"theirs")
        return httpx.Response(200, content=DATA)

    found, _ = video(harness, answer)
    with pytest.raises(FileExistsError, match="overwrite=True"):
        harness.do(found.save, target)
    assert list(tmp_path.iterdir()) == [target] and target.read_bytes() == b"theirs"


def test_save__has_a_part_of_its_own(tmp_path: Path) -> None:
    """Two downloads into one file at a time do not get in each other's way."""
    harness = Harness("sync")
    target = tmp_path / "a.mp4"
    other, _ = video(harness, httpx.Response(200, content=b"other"))

    def answer(_: httpx.Request) -> httpx.Response:
        other.save(target)
        return httpx.Response(200, content=DATA)

    found, _ = video(harness, answer)
    found.save(target, overwrite=True)
    assert list(tmp_path.iterdir()) == [target] and target.read_bytes() == DATA


def test_download__asks_for_the_file_as_it_is(harness: Harness) -> None:
    """Compression is declined, as the length that the server names would not be the file's."""
    found, script = video(harness, httpx.Response(200, content=DATA))
    harness.do(found.read)
    assert script.requests[0].headers["accept-encoding"] == "identity"
    assert script.requests[0].headers["accept"] == "*/*"


def test_download__survives_a_length_that_makes_no_sense(harness: Harness) -> None:
    """A content-length that is no number says nothing about the file."""
    found, _ = video(harness, whole(DATA, length=None, **{"content-length": "many"}))
    assert harness.do(found.read) == DATA


def test_download__from_an_address_that_makes_no_sense_is_an_error_of_the_tree(harness: Harness) -> None:
    """A URL that cannot be requested is reported as any other download that failed, and not tried again."""
    found, script = video(harness, httpx.Response(200, content=DATA), url="https://x.test:port/output-0.mp4")
    with pytest.raises(zeroscope.TransportError, match=r"x\.test:port"):
        harness.do(found.read)
    assert script.requests == [] and harness.clock.sleeps == []


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (URL, "output-0.mp4"),
        (f"{URL}?signature=a/b.exe#c/d.exe", "output-0.mp4"),
        ("https://x.test/a%20lighthouse%20%F0%9F%8C%8A.mp4", "a lighthouse 🌊.mp4"),
        ("https://x.test/%FF.mp4", "\ufffd.mp4"),
        ("https://x.test/a%0Ab%1B%5B2J%E2%80%AE.mp4", "a_b_[2J_.mp4"),
        ("https://x.test/a%3Cb%3E%22c%7C%3F%2Ad.mp4", "a_b__c___d.mp4"),
        ("https://x.test/stream.mp4%3Ahidden", "stream.mp4_hidden"),
        ("https://x.test/\ud800.mp4", "_.mp4"),
        ("https://x.test/.bashrc", "_bashrc"),
        ("https://x.test/...mp4", "_mp4"),
        ("https://x.test/a.mp4.%20.", "a.mp4"),
        ("https://x.test/NUL.mp4", "_NUL.mp4"),
        ("https://x.test/com1", "_com1"),
        ("https://x.test/common.mp4", "common.mp4"),
        (f"https://x.test/{'a' * 300}.mp4", f"{'a' * 200}.mp4"),
        (f"https://x.test/{'%C3%A4' * 300}.mp4", f"{'ä' * 100}.mp4"),
        (f"https://x.test/a.{'b' * 300}", f"a.{'b' * 198}"),
        ("https://x.test/%252e%252e%252fa.mp4", "%2e%2e%2fa.mp4"),
        ("https://x.test/", "output-7.mp4"),
        ("https://x.test", "output-7.mp4"),
        ("https://x.test/%20", "output-7.mp4"),
        ("https://[x.test/a.mp4", "output-7.mp4"),
        ("https://x.test/..", "output-7.mp4"),
        ("https://x.test/..%2F..%2Fetc%2Fpasswd", "output-7.mp4"),
        ("data:video/mp4;base64,AAAA", "output-7.mp4"),
        ("data:video/webm;codecs=vp9;base64,AAAA", "output-7.webm"),
        ("DATA:IMAGE/GIF,abc", "output-7.gif"),
        ("data:application/octet-stream;base64,AA/a.exe", "output-7.mp4"),
        ("data:video/never-seen,abc", "output-7.mp4"),
        ("data:,abc", "output-7.mp4"),
    ],
)
def test_name__is_the_urls_own_made_safe(url: str, name: str) -> None:
    """The last part of the path, decoded, without what steers a terminal or means something to a file system."""
    assert Video(url, 7).name == AsyncVideo(url, 7).name == name


@pytest.mark.parametrize(
    ("url", "index"),
    [
        ("https://x.test/output-12.mp4", 12),
        ("https://x.test/output%2D12.mp4?output-3.mp4", 12),
        ("https://x.test/output.mp4", 0),
        ("data:video/mp4,output-12.mp4", 0),
        ("https://[x.test/output-12.mp4", 0),
    ],
)
def test_index__is_the_number_in_the_name(harness: Harness, url: str, index: int) -> None:
    """Where a name has no number, the position in the output counts."""
    found, _ = video(harness, url=url)
    assert found.index == index


def round_trip(value: Any) -> Any:
    """Pickle a value and load the pickle."""
    return pickle.loads(pickle.dumps(value))


def test_pickle__keeps_what_is_known_and_neither_client_nor_token(harness: Harness) -> None:
    """A video and its prediction come back equal, without a client, and say so when they are used."""
    prediction, _ = outputs(harness, URL, responses=[httpx.Response(500)])
    (made,) = prediction.videos
    back = round_trip(made)
    assert back == made and hash(back) == hash(made) and type(back) is type(made)
    assert back.prediction == prediction == round_trip(prediction)
    assert round_trip(prediction).videos == [made]
    assert TOKEN.encode() not in pickle.dumps(made) + pickle.dumps(prediction)
    for call in (back.read, lambda: back.save("a.mp4"), lambda: round_trip(prediction).save_all("a")):
        with pytest.raises(zeroscope.ConfigurationError, match=r"client\.predictions\.get"):
            harness.do(call)


def test_equality__is_of_url_index_and_kind(harness: Harness) -> None:
    """Two videos are equal whichever client they come from, unless one is sync and the other async."""
    found, _ = video(harness)
    kind = type(found)
    assert found == kind(URL, 0) and {found, kind(URL, 0)} == {found}
    other = AsyncVideo if kind is Video else Video
    assert found not in [kind(URL, 1), kind(f"{URL}?", 0), other(URL, 0), URL]


def test_prediction__is_the_one_that_made_the_video(harness: Harness) -> None:
    """Each video knows where it comes from; one that was made by hand does not."""
    prediction, _ = outputs(harness, URL, f"{URL}?", responses=[])
    assert all(each.prediction is prediction for each in prediction.videos)
    assert Video(URL, 0).prediction is None


def test_repr__is_short_and_without_the_client(harness: Harness) -> None:
    """A repr names kind, index and URL, and ends before a data: URL gets long."""
    found, _ = video(harness)
    assert repr(found) == f"<{type(found).__name__} 0 {URL}>"
    assert len(repr(Video("data:video/mp4;base64," + "A" * 10_000, 0))) < 150
