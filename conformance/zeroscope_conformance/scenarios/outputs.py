"""The output of a prediction, and the URLs in its `urls`."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import av
import av.error

from ..exchange import Exchange
from ..target import ScenarioAbandonedError, Target

EVENT_STREAM = "text/event-stream"

_METHODS = {"get": "GET", "cancel": "POST", "stream": "GET"}


def download_outputs(target: Target) -> None:
    """Download the videos of a prediction, and compare them with its input."""
    document, results = target.document, target.results
    prediction, _ = target.create(document.shaped_input)
    ended, exchange = target.wait(prediction["id"])
    output = ended.get("output")
    urls = output if isinstance(output, list) else [output]
    contents: list[bytes] = []
    for url in urls:
        content, download = _download(target, url, exchange)
        expected, seen = f"the bytes of output {url!r:.80}", download.summary if download else "no bytes"
        if results.check("outputs-fetchable", bool(content), expected, seen, download or exchange):
            contents.append(content)
    if "batch_size" in document.shape:
        expected = f"{document.shape['batch_size']} outputs"
        passed = len(urls) == document.shape["batch_size"]
        results.check("outputs-as-asked", passed, expected, f"{len(urls)} outputs", exchange)
    for content in contents:
        measured = measure_video(content)
        wanted = {name: value for name, value in document.shape.items() if name != "batch_size"}
        seen = f"a file of {len(content)} bytes with {dict(measured) or 'nothing that can be played'}"
        passed = bool(measured) and all(measured[name] == value for name, value in wanted.items())
        results.check("outputs-as-asked", passed, f"a video with {wanted}", seen, exchange)


def follow_urls(target: Target) -> None:
    """Check each URL in the `urls` of a prediction, and send requests to those of the API."""
    document, results = target.document, target.results
    properties: dict[str, Any] = {"stream": True} if "stream" in document.create_body["properties"] else {}
    prediction, exchange = target.create(document.required_input, **properties)
    urls = _urls(prediction)
    for shown, source in ((prediction, exchange), target.get(prediction["id"])):
        missing = [name for name in document.constant_urls if _urls(shown).get(name) is None]
        expected = f"urls of {prediction['id']} with {', '.join(document.constant_urls)}"
        seen = f"no {', no '.join(missing)} in {source.summary}"
        results.check("urls-present", not missing, expected, seen, source)
    if urls.get("stream") is None:
        results.exempt("stream-answers", "a prediction that asked for a stream has no urls.stream")
    for name, url in urls.items():
        if url is None:
            continue
        absolute = isinstance(url, str) and urlsplit(url).scheme in {"http", "https"} and bool(urlsplit(url).netloc)
        expected = f"urls.{name} is an absolute URL"
        # A page for people, `urls.web` is not requested.
        if results.check("urls-absolute", absolute, expected, repr(url), exchange) and name in _METHODS:
            _follow_url(target, name, url, prediction["id"])


def _urls(prediction: dict[str, Any]) -> dict[str, Any]:
    urls = prediction.get("urls")
    return urls if isinstance(urls, dict) else {}


def _follow_url(target: Target, name: str, url: str, id: str) -> None:
    # A stream may not end for a long time.
    response = target.follow(url, _METHODS[name], read_body=name != "stream")
    if name == "stream":
        passed = response.status == 200 and response.media_type == EVENT_STREAM
        expected = f"200 and {EVENT_STREAM} from urls.stream of {id}"
        target.results.check("stream-answers", passed, expected, response.summary, response)
        return
    passed = response.prediction is not None and response.prediction["id"] == id
    target.results.check("urls-answer", passed, f"urls.{name} responds for {id}", response.summary, response)


def measure_video(content: bytes) -> Mapping[str, Any]:
    """Return the width, height, number of frames and frame rate of a video; empty if it cannot be played."""
    try:
        with av.open(io.BytesIO(content), mode="r") as container:
            stream = container.streams.video[0]
            frames = sum(1 for _ in container.decode(stream))
            rate = float(stream.average_rate or 0)
            return {"width": stream.width, "height": stream.height, "num_frames": frames, "fps": rate}
    except (av.error.FFmpegError, IndexError):
        return {}


def _download(target: Target, url: Any, exchange: Exchange) -> tuple[bytes, Exchange | None]:
    """Return the content of an output, with the exchange that brought it; a `data:` URL is part of the prediction."""
    if not isinstance(url, str):
        return b"", None
    if url.startswith("data:"):
        _, _, data = url.partition(",")
        return base64.b64decode(data), exchange
    try:
        download = target.follow(url, with_token=False)
    except ScenarioAbandonedError:
        return b"", None
    return (download.response_body if download.status == 200 else b""), download
