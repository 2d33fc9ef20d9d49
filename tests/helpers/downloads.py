"""A video to download, responses with it or a part of it, and broken bodies."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx

from helpers.client import Harness, ScriptedResponses, prediction_body

URL = "https://delivery.example.test/x/output-0.mp4"
DATA = bytes(range(256)) * 40
ETAG: dict[str, Any] = {"etag": '"one"'}


class ChunkedBody(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that comes in pieces, may break off, and records whether it was closed."""

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
        """Record the end of a sync download."""
        self.closed = True

    async def aclose(self) -> None:
        """Record the end of an async download."""
        self.closed = True


def whole(*pieces: bytes, length: int | None = len(DATA), error: Any = None, **headers: Any) -> Any:
    """Return a response that promises the whole file, in pieces, with a Content-Length unless the length is None."""
    named = {} if length is None else {"content-length": str(length)}
    return lambda _: httpx.Response(200, headers={**named, **headers}, stream=ChunkedBody(*pieces, error=error))


def cut(at: int, length: int | None = len(DATA), **headers: Any) -> Any:
    """Return a response that breaks off after the given number of bytes."""
    return whole(DATA[:at], length=length, error=httpx.ReadError("reset"), **headers)


def part(start: int, *, end: int = len(DATA), range: str | None = None, error: Any = None, **headers: Any) -> Any:
    """Return a partial response with the file from a byte on, under the correct Content-Range or another one."""
    named = {"content-range": f"bytes {start}-{len(DATA) - 1}/{len(DATA)}" if range is None else range}
    return lambda _: httpx.Response(206, headers={**named, **headers}, stream=ChunkedBody(DATA[start:end], error=error))


def outputs(harness: Harness, *urls: str, responses: Any, **settings: Any) -> tuple[Any, ScriptedResponses]:
    """Return a prediction that has succeeded with these outputs, and the responses to their downloads."""
    script = ScriptedResponses(httpx.Response(200, text=json.dumps(prediction_body("succeeded", output=list(urls)))))
    prediction = harness.do(harness.client(script, **settings).predictions.get, "gm3q")
    script.responses = list(responses)
    script.requests.clear()
    return prediction, script


def video(harness: Harness, *responses: Any, url: str = URL, **settings: Any) -> tuple[Any, ScriptedResponses]:
    """Return the video of a prediction that has succeeded, and the responses to its download."""
    prediction, script = outputs(harness, url, responses=responses, **settings)
    return prediction.videos[0], script
