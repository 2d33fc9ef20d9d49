"""The flows that download a video into memory or a file, or piece by piece."""

from __future__ import annotations

import base64
import binascii
import errno
import inspect
import io
from functools import partial
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote_to_bytes

from .._disk.outputs import is_data_uri
from .._disk.part_file import PartFile
from .._disk.spool import Spool
from .._steps import Emit, Flow, RunBlocking, Stream
from ..errors import MalformedResponseError, invalid_argument
from ..options import READ_LIMIT, SAVE_LIMIT, DownloadOptions
from ..video_state import VideoState
from .context import attached
from .request import Sender
from .transfer import TOO_LARGE, Sink, Transfer

# How much of a video is held in memory before it is known to be within its limit, in bytes.
_IN_MEMORY = 16 * 1024 * 1024


class _FileSink(Sink):
    """Writes to a file of our own."""

    def __init__(self, file: PartFile | Spool) -> None:
        self._file = file

    def write(self, piece: bytes) -> Flow[None]:
        yield RunBlocking(partial(self._file.write, piece))

    def restart(self) -> Flow[bool]:
        yield RunBlocking(self._file.restart)
        return True


class _AppendingSink(Sink):
    """Writes to the caller's file, which may be a pipe or a socket, so that nothing can be taken back."""

    def __init__(self, file: IO[bytes]) -> None:
        if isinstance(file, io.TextIOBase) or inspect.iscoroutinefunction(file.write):
            raise invalid_argument("path", f"{file!r:.80} is not a binary file that is written without await")
        self._file = file

    def write(self, piece: bytes) -> Flow[None]:
        yield RunBlocking(partial(self._write, piece))

    def _write(self, piece: bytes) -> None:
        while piece:
            written: object = self._file.write(piece)
            # An unbuffered file may take less than it is given, and none while a pipe is full; other objects need not
            # say how much they took.
            if written == 0 or (written is None and isinstance(self._file, io.RawIOBase)):
                raise BlockingIOError(errno.EAGAIN, "the file takes no more bytes now; pass one that blocks")
            piece = piece[written:] if isinstance(written, int) else b""


class _EmittingSink(Sink):
    """Hands the pieces to the caller."""

    def write(self, piece: bytes) -> Stream[bytes]:
        yield Emit(piece)


def read(sender: Sender, video: VideoState, options: DownloadOptions) -> Flow[bytes]:
    spool = Spool(_IN_MEMORY)
    try:
        with attached(video.prediction):
            yield from _download(sender, video.url, _FileSink(spool), options, READ_LIMIT)
        content: bytes = yield RunBlocking(spool.content)
        return content
    finally:
        spool.discard()


def iterate(sender: Sender, video: VideoState, options: DownloadOptions) -> Stream[bytes]:
    with attached(video.prediction):
        yield from _download(sender, video.url, _EmittingSink(), options, SAVE_LIMIT)


def save(sender: Sender, video: VideoState, target: Any, overwrite: bool, options: DownloadOptions) -> Flow[Any]:
    """Download a video into a path or an open file."""
    if callable(getattr(target, "write", None)):
        with attached(video.prediction):
            yield from _download(sender, video.url, _AppendingSink(target), options, SAVE_LIMIT)
        return target
    # Not as a step: a cancellation could come between the opening and this try.
    file = PartFile(Path(target), overwrite)
    try:
        with attached(video.prediction):
            yield from _download(sender, video.url, _FileSink(file), options, SAVE_LIMIT)
        saved: Path = yield RunBlocking(file.commit)
        video._copy.path = saved.absolute()
        return saved
    except BaseException:
        file.discard()
        raise


def _download(sender: Sender, url: str, sink: Sink, options: DownloadOptions, limit: int) -> Flow[None]:
    limit = limit if options.max_bytes is None else options.max_bytes
    if not is_data_uri(url):
        yield from Transfer(sender, url, sink, options, limit).flow()
        return
    content = _decode(url)
    if len(content) > limit:
        raise _malformed(url, TOO_LARGE.format(f"{len(content)}, more than {limit}"))
    yield from sink.write(content)
    if options.on_progress is not None:
        options.on_progress(len(content), len(content))


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
        raise _malformed(url, f"a data: URI that cannot be read: {error}") from error
    return content


def _malformed(url: str, reason: str) -> MalformedResponseError:
    return MalformedResponseError(request="the output", status_code=200, body=url, reason=reason)
