"""The files among the outputs of a prediction, and the URLs in its `urls`."""

from __future__ import annotations

import base64
import io
import mimetypes
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import av
import av.error

from ..exchange import Exchange
from ..parallel import run_at_once
from ..target import ScenarioAbandonedError, Target

# What servers of files say that do not know the type.
_UNTOLD = {"", "application/octet-stream", "binary/octet-stream"}
_MEDIA = {"audio", "image", "video"}
_VECTORS = {"image/svg+xml"}
_METHODS = {"get": "GET", "cancel": "POST"}


def download_outputs(target: Target) -> None:
    """Download the files that a prediction outputs, decode them, and compare videos with the input."""
    document, results = target.document, target.results
    if "outputs-fetchable" not in results:
        return
    prediction, _ = target.create(document.shaped_input)
    ended, exchange = target.wait(prediction["id"])
    urls = document.output_files(ended.get("output"))
    if not urls:
        for rule in ("outputs-fetchable", "outputs-repeatable", "outputs-decode"):
            results.exempt(rule, "the output of a prediction had no files")
    contents: list[bytes] = []
    for url in urls:
        content, download = _download(target, url, exchange)
        expected, seen = f"the bytes of output {url!r:.80}", download.summary if download else "no bytes"
        if results.check("outputs-fetchable", bool(content), expected, seen, download or exchange):
            contents.append(content)
            _check_content(target, url, content, download or exchange)
    if len(contents) == len(urls) > 0:
        _download_again(target, urls[0], contents[0], exchange)
    if "batch_size" in document.shape:
        expected = f"{document.shape['batch_size']} outputs"
        passed = len(urls) == document.shape["batch_size"]
        results.check("outputs-as-asked", passed, expected, f"{len(urls)} outputs", exchange)
    for content in contents if document.shape else []:
        measured = measure_video(content)
        wanted = {name: value for name, value in document.shape.items() if name != "batch_size"}
        seen = f"a file of {len(content)} bytes with {dict(measured) or 'nothing that can be played'}"
        passed = bool(measured) and all(measured[name] == value for name, value in wanted.items())
        results.check("outputs-as-asked", passed, f"a video with {wanted}", seen, exchange)


def _download_again(target: Target, url: Any, content: bytes, exchange: Exchange) -> None:
    """Download a file twice more, at once."""
    downloads = run_at_once(target.tracker, [partial(_download, target, url, exchange) for _ in range(2)])
    for again, download in filter(None, downloads):
        expected, seen = f"the {len(content)} bytes of output {url!r:.80} again", f"{len(again)} bytes"
        seen = seen if download is None or again == content else f"{seen} in {download.summary}"
        target.results.check("outputs-repeatable", again == content, expected, seen, download or exchange)


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
    for name, url in urls.items():
        if url is None:
            continue
        absolute = isinstance(url, str) and urlsplit(url).scheme in {"http", "https"} and bool(urlsplit(url).netloc)
        expected = f"urls.{name} is an absolute URL"
        # A page for people, `urls.web` is not requested; another scenario reads `urls.stream`.
        if results.check("urls-absolute", absolute, expected, repr(url), exchange) and name in _METHODS:
            _follow_url(target, name, url, prediction["id"])


def _urls(prediction: dict[str, Any]) -> dict[str, Any]:
    urls = prediction.get("urls")
    return urls if isinstance(urls, dict) else {}


def _follow_url(target: Target, name: str, url: str, id: str) -> None:
    response = target.follow(url, _METHODS[name])
    passed = response.prediction is not None and response.prediction["id"] == id
    target.results.check("urls-answer", passed, f"urls.{name} responds for {id}", response.summary, response)


def _check_content(target: Target, url: str, content: bytes, download: Exchange) -> None:
    """Check that a picture, sound or video decodes; other files may be anything."""
    media_type = url.removeprefix("data:").partition(";")[0] if url.startswith("data:") else download.media_type
    if media_type in _UNTOLD:
        media_type = mimetypes.guess_type(urlsplit(url).path)[0] or ""
    if media_type.partition("/")[0] not in _MEDIA or media_type in _VECTORS:
        target.results.exempt("outputs-decode", f"the output of a prediction is {media_type or 'of an unknown type'}")
        return
    seen = f"{len(content)} bytes of {media_type} from {url:.80}, which do not decode"
    target.results.check("outputs-decode", decodes(content), f"{media_type} that decodes", seen, download)


def decodes(content: bytes) -> bool:
    """Return whether each picture, sound and video in a file can be decoded, and there is one."""
    try:
        with av.open(io.BytesIO(content), mode="r") as container:
            return sum(1 for _ in container.decode(container.streams.video, container.streams.audio)) > 0
    except (av.error.FFmpegError, ValueError, IndexError):
        return False


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
