"""The flows that download a video into memory or into a file."""

from __future__ import annotations

import base64
import binascii
import io
import secrets
from functools import partial
from os import PathLike
from pathlib import Path
from typing import IO
from urllib.parse import unquote_to_bytes

from .._disk.outputs import is_data_uri, require_writable
from .._steps import Flow, RunBlocking
from ..errors import MalformedResponseError, invalid_argument
from ..options import OnProgress
from ..state import VideoState
from .context import attached
from .request import Sender
from .transfer import Transfer


def read(sender: Sender, video: VideoState) -> Flow[bytes]:
    memory = io.BytesIO()
    with attached(video.prediction):
        yield from _download(sender, video.url, memory, None)
    return memory.getvalue()


def save(
    sender: Sender, video: VideoState, path: str | PathLike[str], overwrite: bool, on_progress: OnProgress | None
) -> Flow[Path]:
    """Download a video into a temporary file beside the target, and rename it once it is complete."""
    if on_progress is not None and not callable(on_progress):
        raise invalid_argument("on_progress", f"{on_progress!r} cannot be called")
    target = Path(path)
    yield RunBlocking(partial(require_writable, target, overwrite))
    part = target.with_name(f".{secrets.token_hex(8)}.part")
    # Not as a step: a cancellation could come between the opening and this try.
    file = part.open("xb")
    try:
        with attached(video.prediction):
            yield from _download(sender, video.url, file, on_progress)
        yield RunBlocking(file.close)
        yield RunBlocking(partial(require_writable, target, overwrite))
        yield RunBlocking(partial(part.replace, target))
    except BaseException:
        file.close()
        part.unlink(missing_ok=True)
        raise
    return target


def _download(sender: Sender, url: str, file: IO[bytes], on_progress: OnProgress | None) -> Flow[None]:
    if not is_data_uri(url):
        yield from Transfer(sender, url, file, on_progress).flow()
        return
    content = _decode(url)
    yield RunBlocking(partial(file.write, content))
    if on_progress is not None:
        on_progress(len(content), len(content))


def _decode(url: str) -> bytes:
    head, comma, data = url.partition(",")
    try:
        if not comma:
            raise ValueError("it has no comma")
        decoded = unquote_to_bytes(data)
        content = base64.b64decode(decoded, validate=True) if head.lower().endswith(";base64") else decoded
        if not content:
            raise ValueError("it is empty")
    except (ValueError, binascii.Error) as error:
        raise MalformedResponseError(
            request="the output", status_code=200, body=url, reason=f"a data: URI that cannot be read: {error}"
        ) from error
    return content
