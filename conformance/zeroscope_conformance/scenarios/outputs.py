"""What comes out of a prediction, and the addresses that it names."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any

import av
import av.error

from ..exchange import Exchange
from ..target import AbandonedError, Target

EVENTS = "text/event-stream"


def walk(target: Target) -> None:
    """Fetch what a prediction has made and look at it."""
    document, results = target.document, target.results
    prediction, _ = target.create(document.shaped_input)
    ended, exchange = target.ended(prediction["id"])
    made = ended.get("output")
    outputs = made if isinstance(made, list) else [made]
    contents: list[bytes] = []
    for url in outputs:
        content, shown = _fetch(target, url, exchange)
        expected, seen = f"the bytes of output {url!r:.80}", shown.seen if shown else "no bytes"
        if results.check("outputs-fetchable", bool(content), expected, seen, shown or exchange):
            contents.append(content)
    if "batch_size" in document.shape:
        number = f"{document.shape['batch_size']} outputs"
        kept = len(outputs) == document.shape["batch_size"]
        results.check("outputs-as-asked", kept, number, f"{len(outputs)} outputs", exchange)
    for content in contents:
        measured = measure(content)
        wanted = {name: value for name, value in document.shape.items() if name != "batch_size"}
        seen = f"a file of {len(content)} bytes with {dict(measured) or 'nothing that can be played'}"
        kept = bool(measured) and all(measured[name] == value for name, value in wanted.items())
        results.check("outputs-as-asked", kept, f"a video with {wanted}", seen, exchange)


def walk_addresses(target: Target) -> None:
    """Follow each address that a prediction and a file name."""
    results = target.results
    prediction, exchange = target.create(target.document.required_input)
    urls = prediction.get("urls")
    for name, url in (urls if isinstance(urls, dict) else {}).items():
        if url is None:
            continue
        method = "POST" if name == "cancel" else "GET"
        if not isinstance(url, str) or "://" not in url:
            results.check("urls-answer", False, f"urls.{name} is an absolute address", repr(url), exchange)
            continue
        answer = target.follow(url, method, body=name != "stream")
        kept = 200 <= answer.status < 400
        if name in {"get", "cancel"}:
            kept = kept and answer.prediction is not None and answer.prediction["id"] == prediction["id"]
        elif name == "stream":
            kept = kept and answer.media_type == EVENTS
        results.check("urls-answer", kept, f"urls.{name} answers for {prediction['id']}", answer.seen, answer)


def measure(content: bytes) -> Mapping[str, Any]:
    """The width, height, frames and frame rate of a video; nothing if it cannot be played."""
    try:
        with av.open(io.BytesIO(content), mode="r") as container:
            stream = container.streams.video[0]
            frames = sum(1 for _ in container.decode(stream))
            rate = float(stream.average_rate or 0)
            return {"width": stream.width, "height": stream.height, "num_frames": frames, "fps": rate}
    except (av.error.FFmpegError, IndexError):
        return {}


def _fetch(target: Target, url: Any, exchange: Exchange) -> tuple[bytes, Exchange | None]:
    if not isinstance(url, str):
        return b"", None
    if url.startswith("data:"):
        _, _, data = url.partition(",")
        return base64.b64decode(data), exchange
    try:
        answer = target.follow(url, with_token=False)
    except AbandonedError:
        return b"", None
    return (answer.content if answer.status == 200 else b""), answer
