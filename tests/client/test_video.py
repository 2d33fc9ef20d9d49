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
