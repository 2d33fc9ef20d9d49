"""Bodies of recordings: base64, compression, forms that were taken apart."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

# A small file may decompress to more than the memory holds.
_MAX_BYTES = 256 * 1024**2
_GZIP = b"\x1f\x8b"


def encoded(text: Any, *, is_base64: bool) -> bytes | None:
    """Return the bytes of a recorded body.

    Args:
        text: The text, or the bytes.
        is_base64: Whether it is in base64.

    Returns:
        The bytes; None if it is neither text nor bytes, or no base64.
    """
    if isinstance(text, str):
        text = text.encode("utf-8", "surrogatepass")
    if not isinstance(text, bytes):
        return None
    if is_base64:
        try:
            # It may be on several lines.
            return base64.b64decode(b"".join(text.split()), validate=True)
        except binascii.Error:
            return None
    return text


def decompressed(body: bytes, headers: Mapping[str, str]) -> bytes | None:
    """Return a body without its `Content-Encoding`, which most recordings have removed; None if that is impossible."""
    codings = [one.strip().lower() for one in headers.get("content-encoding", "").split(",") if one.strip()]
    for coding in reversed(codings):
        if coding in {"gzip", "x-gzip"} and body.startswith(_GZIP):
            found = _inflated(body, 31)
        elif coding == "deflate" and not _is_text(body):
            found = _inflated(body, 15) or _inflated(body, -15)
        elif coding in {"br", "zstd"} and not _is_text(body):
            # Their decoders are no part of Python.
            found = None
        else:
            found = body
        if found is None:
            return None
        body = found
    return body


def form(params: Any, boundary: str | None) -> bytes | None:
    """Return a form that a recording has taken apart.

    Args:
        params: The fields, with their names and values.
        boundary: The boundary of a multipart form; None for the other kind.

    Returns:
        The form; None if the fields are no list of names and values.
    """
    if not isinstance(params, list) or not all(isinstance(one, Mapping) for one in params):
        return None
    pairs = [(str(one.get("name", "")), str(one.get("value") or ""), one.get("fileName")) for one in params]
    if boundary is None:
        return urlencode([(name, value) for name, value, _ in pairs]).encode()
    parts = []
    for name, value, filename in pairs:
        suffix = f'; filename="{filename}"' if filename else ""
        parts.append(f'--{boundary}\r\ncontent-disposition: form-data; name="{name}"{suffix}\r\n\r\n{value}\r\n')
    return f"{''.join(parts)}--{boundary}--\r\n".encode("utf-8", "replace")


def _inflated(body: bytes, window: int) -> bytes | None:
    inflater = zlib.decompressobj(window)
    try:
        found = inflater.decompress(body, _MAX_BYTES)
    except zlib.error:
        return None
    return found if inflater.eof else None


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
