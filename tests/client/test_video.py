"""Fetching videos: whole or not at all, and without the token."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import zeroscope
from support import TOKEN, Script, Shell, prediction_body

URL = "https://delivery.example.test/x/output-0.mp4"
DATA = bytes(range(256)) * 4096


def video(shell: Shell, *answers: Any, url: str = URL) -> tuple[Any, Script]:
    """The video of a prediction that has succeeded, and the script that answers its download."""
    script = Script(httpx.Response(200, text=json.dumps(prediction_body("succeeded", output=[url]))))
    prediction = shell.do(shell.client(script).predictions.get, "gm3q")
    script.answers = list(answers)
    script.requests.clear()
    return prediction.videos[0], script


class Cut(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that breaks off."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def __iter__(self) -> Iterator[bytes]:
        yield DATA[:1000]
        if self.error:
            raise self.error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk


def test_read__returns_the_bytes_and_sends_no_token(shell: Shell) -> None:
    """The download is a plain GET: the token stays with the API."""
    found, script = video(shell, httpx.Response(200, content=DATA))
    assert shell.do(found.read) == DATA
    (request,) = script.requests
    assert str(request.url) == URL
    assert TOKEN not in str(request.headers) and "authorization" not in request.headers
    assert request.headers["user-agent"] == f"zeroscope/{zeroscope.__version__}"


def test_save__writes_the_file_and_nothing_else(shell: Shell, tmp_path: Path) -> None:
    """The file holds the bytes, its path is returned, and the folder holds nothing besides."""
    found, _ = video(shell, httpx.Response(200, content=DATA))
    target = tmp_path / "astronaut.mp4"
    assert shell.do(found.save, str(target)) == target
    assert target.read_bytes() == DATA
    assert list(tmp_path.iterdir()) == [target]


def test_redirect__is_followed(shell: Shell) -> None:
    """Storage may move a file; a download follows, as it has no token to lose."""
    found, script = video(
        shell,
        httpx.Response(302, headers={"location": "https://other.example.test/a.mp4"}),
        httpx.Response(200, content=DATA),
    )
    assert shell.do(found.read) == DATA
    assert script.requests[1].url.host == "other.example.test"


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (httpx.ConnectError("refused"), zeroscope.TransportError, "refused"),
        (lambda _: httpx.Response(200, stream=Cut(httpx.ReadError("reset"))), zeroscope.TransportError, "cut short"),
        (
            lambda _: httpx.Response(200, headers={"content-length": "5000"}, stream=Cut()),
            zeroscope.TransportError,
            "1000 of 5000 bytes came",
        ),
        (httpx.Response(404, html="<p>gone"), zeroscope.NotFoundError, "404: <p>gone"),
        (httpx.Response(403, content=b"expired"), zeroscope.ForbiddenError, "403: expired"),
        (httpx.Response(503), zeroscope.ServerError, "503"),
        (httpx.Response(206, content=b"part"), zeroscope.APIError, "206"),
        (httpx.Response(200, content=b""), zeroscope.MalformedResponseError, "no video"),
        (
            lambda _: httpx.Response(200, headers={"content-encoding": "gzip"}, stream=Cut()),
            zeroscope.MalformedResponseError,
            "compressed with gzip",
        ),
    ],
)
def test_save__that_fails_leaves_nothing_behind(
    shell: Shell, tmp_path: Path, answer: Any, error: type[Exception], message: str
) -> None:
    """Whatever goes wrong, the target is not there and no part of it either; an old file stays as it was."""
    found, _ = video(shell, answer)
    with pytest.raises(error, match=message):
        shell.do(found.save, tmp_path / "new.mp4")
    assert list(tmp_path.iterdir()) == []
    old = tmp_path / "old.mp4"
    old.write_bytes(b"old")
    with pytest.raises(error):
        shell.do(found.save, old, overwrite=True)
    assert list(tmp_path.iterdir()) == [old] and old.read_bytes() == b"old"


def test_save__refuses_a_bad_target_before_it_asks(shell: Shell, tmp_path: Path) -> None:
    """A missing folder, a folder as the file and a file that exists are named, and nothing is fetched."""
    found, script = video(shell, httpx.Response(200, content=DATA))
    old = tmp_path / "old.mp4"
    old.write_bytes(b"old")
    with pytest.raises(FileNotFoundError, match="no such folder"):
        shell.do(found.save, tmp_path / "missing" / "a.mp4")
    with pytest.raises(IsADirectoryError, match="name a file in it"):
        shell.do(found.save, tmp_path)
    with pytest.raises(FileExistsError, match="overwrite=True"):
        shell.do(found.save, old)
    assert script.requests == [] and old.read_bytes() == b"old"
    shell.do(found.save, old, overwrite=True)
    assert old.read_bytes() == DATA


def test_interrupt__leaves_nothing_behind(tmp_path: Path) -> None:
    """Ctrl-C in the middle of a download removes what was written."""
    shell = Shell("sync")

    class Interrupted(Cut):
        def __iter__(self) -> Iterator[bytes]:
            yield DATA
            raise KeyboardInterrupt

    found, _ = video(shell, lambda _: httpx.Response(200, stream=Interrupted()))
    with pytest.raises(KeyboardInterrupt):
        found.save(tmp_path / "a.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url",
    [
        "data:video/mp4;base64," + base64.b64encode(b"\x00\x01mp4").decode(),
        "data:video/mp4,%00%01mp4",
        "data:,%00%01mp4",
        "DATA:;BASE64,AAFtcDQ=",
    ],
)
def test_data_url__needs_no_download(shell: Shell, tmp_path: Path, url: str) -> None:
    """An output that came within the answer is decoded without a request."""
    found, script = video(shell, httpx.Response(500), url=url)
    assert shell.do(found.read) == b"\x00\x01mp4"
    shell.do(found.save, tmp_path / "a.mp4")
    assert (tmp_path / "a.mp4").read_bytes() == b"\x00\x01mp4"
    assert script.requests == []


@pytest.mark.parametrize("url", ["data:video/mp4;base64,@@@", "data:nothing", "data:,\ud800"])
def test_data_url__that_makes_no_sense_is_malformed(shell: Shell, url: str) -> None:
    """A data: URL that cannot be decoded is an error of the tree."""
    found, _ = video(shell, httpx.Response(500), url=url)
    with pytest.raises(zeroscope.MalformedResponseError):
        shell.do(found.read)


class Watched(Cut):
    """A body too long for one chunk, which may break off and knows whether it was closed."""

    closed = False

    def __iter__(self) -> Iterator[bytes]:
        yield DATA
        if self.error:
            raise self.error
        yield DATA

    def close(self) -> None:
        """Note the end of a sync download."""
        self.closed = True

    async def aclose(self) -> None:
        """Note the end of an async download."""
        self.closed = True


@pytest.mark.parametrize(("status", "error"), [(404, None), (200, KeyboardInterrupt())], ids=["refused", "interrupted"])
def test_download__is_closed_however_it_ends(shell: Shell, status: int, error: Any) -> None:
    """A download that is not read to its end gives its connection back all the same."""
    body = Watched(error)
    found, _ = video(shell, lambda _: httpx.Response(status, stream=body))
    with pytest.raises((zeroscope.NotFoundError, KeyboardInterrupt)):
        shell.do(found.read)
    assert body.closed


def test_save__writes_while_it_reads(shell: Shell, tmp_path: Path) -> None:
    """A chunk is on the disk before the next is fetched, so a long video does not have to fit into memory."""
    sizes: list[int] = []

    class Observed(Cut):
        def __iter__(self) -> Iterator[bytes]:
            yield DATA
            sizes.extend(path.stat().st_size for path in tmp_path.iterdir())
            yield DATA

    found, _ = video(shell, lambda _: httpx.Response(200, stream=Observed()))
    shell.do(found.save, tmp_path / "a.mp4")
    assert len(sizes) == 1 and sizes[0] > 0
    assert (tmp_path / "a.mp4").read_bytes() == DATA * 2


def test_save__keeps_a_file_that_appeared_meanwhile(shell: Shell, tmp_path: Path) -> None:
    """A file that something else made during the download is not replaced, and no part of the video is left."""
    target = tmp_path / "a.mp4"

    def answer(_: httpx.Request) -> httpx.Response:
        target.write_bytes(b"theirs")
        return httpx.Response(200, content=DATA)

    found, _ = video(shell, answer)
    with pytest.raises(FileExistsError, match="overwrite=True"):
        shell.do(found.save, target)
    assert list(tmp_path.iterdir()) == [target] and target.read_bytes() == b"theirs"


def test_save__has_a_part_of_its_own(tmp_path: Path) -> None:
    """Two downloads into one file at a time do not get in each other's way."""
    shell = Shell("sync")
    target = tmp_path / "a.mp4"
    other, _ = video(shell, httpx.Response(200, content=b"other"))

    def answer(_: httpx.Request) -> httpx.Response:
        other.save(target)
        return httpx.Response(200, content=DATA)

    found, _ = video(shell, answer)
    found.save(target, overwrite=True)
    assert list(tmp_path.iterdir()) == [target] and target.read_bytes() == DATA


def test_download__asks_for_the_file_as_it_is(shell: Shell) -> None:
    """Compression is declined, as the length that the server names would not be the file's."""
    found, script = video(shell, httpx.Response(200, content=DATA))
    shell.do(found.read)
    assert script.requests[0].headers["accept-encoding"] == "identity"
    assert script.requests[0].headers["accept"] == "*/*"


def test_download__survives_a_length_that_makes_no_sense(shell: Shell) -> None:
    """A content-length that is no number says nothing about the file."""
    found, _ = video(shell, lambda _: httpx.Response(200, headers={"content-length": "many"}, stream=Cut()))
    assert shell.do(found.read) == DATA[:1000]


def test_download__from_an_address_that_makes_no_sense_is_an_error_of_the_tree(shell: Shell) -> None:
    """A URL that cannot be requested is reported as any other download that failed."""
    found, script = video(shell, httpx.Response(200, content=DATA), url="https://x.test:port/output-0.mp4")
    with pytest.raises(zeroscope.TransportError, match=r"x\.test:port"):
        shell.do(found.read)
    assert script.requests == []


def test_download__names_a_failure_without_words(shell: Shell) -> None:
    """An httpx error that has no message is named by its class."""
    found, _ = video(shell, httpx.ReadError(""))
    with pytest.raises(zeroscope.TransportError, match=r"did not begin: ReadError$"):
        shell.do(found.read)
