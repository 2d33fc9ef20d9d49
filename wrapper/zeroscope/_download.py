"""Fetching an output, as a flow: to memory, or to a file that appears whole or not at all."""

from __future__ import annotations

import base64
import binascii
import errno
import os
import secrets
from collections.abc import Callable
from functools import partial
from os import PathLike
from pathlib import Path
from urllib.parse import unquote_to_bytes

import httpx

from ._steps import Close, Download, Flow, Open, Read, Work
from ._version import USER_AGENT
from .errors import APIError, MalformedResponseError, TransportError, class_for, excerpt

# Compressed, the length that the server names would not be the file's.
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": USER_AGENT}


def read(url: str) -> Flow[bytes]:
    """Fetch an output into memory."""
    chunks: list[bytes] = []
    yield from _fetch(url, chunks.append)
    return b"".join(chunks)


def save(url: str, path: str | PathLike[str], overwrite: bool) -> Flow[Path]:
    """Fetch an output into a file beside the target, and rename it once it is complete."""
    target = Path(path)
    yield Work(partial(check_target, target, overwrite))
    part = target.with_name(f".{secrets.token_hex(8)}.part")
    # Not as a step: a cancellation could come between the opening and this try.
    file = part.open("xb")
    try:
        yield from _fetch(url, file.write)
        yield Work(file.close)
        yield Work(partial(check_target, target, overwrite))
        yield Work(partial(part.replace, target))
    except BaseException:
        file.close()
        part.unlink(missing_ok=True)
        raise
    return target


def _fetch(url: str, write: Callable[[bytes], object]) -> Flow[None]:
    if url[:5].lower() == "data:":
        yield Work(partial(write, _decode(url)))
        return
    received, happened = 0, "did not begin"
    try:
        download: Download = yield Open(url, _HEADERS)
        happened = "was cut short"
        try:
            if download.response.status_code != 200:
                raise _refused(url, download.response, (yield Read(download)) or b"")
            _check_encoding(url, download.response.headers)
            while (chunk := (yield Read(download))) is not None:
                received += len(chunk)
                yield Work(partial(write, chunk))
            _check_length(url, download.response.headers, received)
        finally:
            yield Close(download)
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        problem = str(error) or type(error).__name__
        raise TransportError(f"the download of {excerpt(url)} {happened}: {problem}") from error


def _check_encoding(url: str, headers: httpx.Headers) -> None:
    """Refuse a compressed body: nobody asked for it, and one that is cut short cannot be told from a whole one."""
    encoding = headers.get("content-encoding", "identity")
    if encoding != "identity":
        reason = f"compressed with {encoding}"
        raise MalformedResponseError(request=f"GET {url}", status_code=200, body="", reason=reason)


def _check_length(url: str, headers: httpx.Headers, received: int) -> None:
    named = headers.get("content-length", "")
    if named.isdecimal() and int(named) != received:
        raise TransportError(f"the download of {url} was cut short: {received} of {named} bytes came; try it again")
    if not received:
        raise MalformedResponseError(request=f"GET {url}", status_code=200, body="", reason="no video")


def _refused(url: str, response: httpx.Response, start: bytes) -> APIError:
    body = start.decode("utf-8", errors="replace")
    headers = {name.lower(): value for name, value in response.headers.items()}
    return class_for(response.status_code)(
        request=f"GET {url}", status_code=response.status_code, headers=headers, body=body
    )


def _decode(url: str) -> bytes:
    """The bytes inside a data: URL."""
    head, comma, data = url.partition(",")
    try:
        if not comma:
            raise ValueError("it has no comma")
        plain = unquote_to_bytes(data)
        return base64.b64decode(plain, validate=True) if head.lower().endswith(";base64") else plain
    except (ValueError, binascii.Error) as error:
        raise MalformedResponseError(
            request="the output", status_code=200, body=url, reason=f"a data: URL that cannot be read: {error}"
        ) from error


def check_target(target: Path, overwrite: bool) -> None:
    """Refuse a target that cannot be written, or must not."""
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "this is a folder, name a file in it for the video", str(target))
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder to save the video in", str(target.parent))
    if os.path.lexists(target) and not overwrite:
        raise FileExistsError(errno.EEXIST, "the file exists, pass overwrite=True to replace it", str(target))
