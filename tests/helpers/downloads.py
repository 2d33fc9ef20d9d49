"""What tests of downloads share: a video to fetch, and bodies that break off."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx

from helpers.client import Harness, Script, prediction_body

URL = "https://delivery.example.test/x/output-0.mp4"
DATA = bytes(range(256)) * 40
ETAG: dict[str, Any] = {"etag": '"one"'}


class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that comes in pieces, may break off, and knows whether it was closed."""

    def __init__(self, *pieces: bytes, error: BaseException | None = None) -> None:
        self.pieces = pieces
        self.error = error
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        yield from self.pieces
        if self.error is not None:
            raise self.error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece

    def close(self) -> None:
        """Note the end of a sync download."""
        self.closed = True

    async def aclose(self) -> None:
        """Note the end of an async download."""
        self.closed = True


def whole(*pieces: bytes, length: int | None = len(DATA), error: Any = None, **headers: Any) -> Any:
    """An answer that promises the whole file, in pieces; without a length it says nothing of how long it is."""
    named = {} if length is None else {"content-length": str(length)}
    return lambda _: httpx.Response(200, headers={**named, **headers}, stream=Body(*pieces, error=error))


def cut(at: int, length: int | None = len(DATA), **headers: Any) -> Any:
    """An answer that breaks off after so many bytes."""
    return whole(DATA[:at], length=length, error=httpx.ReadError("reset"), **headers)


def part(start: int, *, end: int = len(DATA), range: str | None = None, error: Any = None, **headers: Any) -> Any:
    """An answer that holds the file from a byte on, under the range that it should name or another one."""
    named = {"content-range": f"bytes {start}-{len(DATA) - 1}/{len(DATA)}" if range is None else range}
    return lambda _: httpx.Response(206, headers={**named, **headers}, stream=Body(DATA[start:end], error=error))


def outputs(harness: Harness, *urls: str, answers: Any, **settings: Any) -> tuple[Any, Script]:
    """A prediction that has succeeded with these outputs, and the script that answers their downloads."""
    script = Script(httpx.Response(200, text=json.dumps(prediction_body("succeeded", output=list(urls)))))
    prediction = harness.do(harness.client(script, **settings).predictions.get, "gm3q")
    script.answers = list(answers)
    script.requests.clear()
    return prediction, script


def video(harness: Harness, *answers: Any, url: str = URL, **settings: Any) -> tuple[Any, Script]:
    """The video of a prediction that has succeeded, and the script that answers its download."""
    prediction, script = outputs(harness, url, answers=answers, **settings)
    return prediction.videos[0], script
