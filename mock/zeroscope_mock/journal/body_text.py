"""Bodies as texts, with the length and digest of binary content in its place."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterator

from .redaction import Redactor

_BINARY = ("audio/", "image/", "video/", "font/", "model/", "application/octet-stream")
_TEXTUAL = re.compile(r"text/|application/(.*[+-])?(json|xml|yaml|javascript|x-www-form-urlencoded)\b", re.IGNORECASE)
_BOUNDARY = re.compile(r'\bboundary=(?:"([^"]+)"|([^\s;]+))', re.IGNORECASE)
_PART_TYPE = re.compile(rb"^content-type:[ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
# How much of content of another type is looked at, in bytes.
_LOOKED_AT = 10_000
# Not `str`, since a look may end within a character.
_decoder = codecs.getincrementaldecoder("utf-8")
_BLANK_LINE = b"\r\n\r\n"


def body_text(body: bytes, content_type: str, redactor: Redactor, limit: int) -> str:
    """A body as a text without tokens.

    Args:
        body: The body.
        content_type: Its `Content-Type`; empty if it has none.
        redactor: Redacts the tokens, before the text is cut, which could leave a part of one.
        limit: The maximum length, in bytes.
    """
    if not body:
        return ""
    if content_type[:10].lower() == "multipart/" and (found := _BOUNDARY.search(content_type)):
        body = b"".join(_without_files(body, (found[1] or found[2]).encode("latin-1", "replace")))
    elif _is_binary(body, content_type):
        body = _digest(body, content_type)
    return redactor.content(body)[:limit].decode("utf-8", "replace")


def is_textual(content_type: str) -> bool:
    """Return whether content of a type is a text."""
    return _TEXTUAL.match(content_type) is not None


def _is_binary(body: bytes | memoryview, content_type: str) -> bool:
    if content_type.lower().startswith(_BINARY):
        return True
    if is_textual(content_type):
        return False
    try:
        return "\0" in _decoder().decode(body[:_LOOKED_AT])
    except UnicodeDecodeError:
        return True


def _digest(body: bytes | memoryview, content_type: str) -> bytes:
    kind = content_type or "unknown type"
    return f"[{len(body)} bytes of {kind}, sha256 {hashlib.sha256(body).hexdigest()}]".encode("latin-1", "replace")


def _without_files(form: bytes, boundary: bytes) -> Iterator[bytes]:
    """The pieces of a form, with a digest in place of each part that is binary."""
    # An upload may be large, so that its parts are not copied.
    view, delimiter, start = memoryview(form), b"--" + boundary, 0
    while start < len(form):
        end = form.find(b"\r\n" + delimiter, start)
        end = len(form) if end < 0 else end
        content = form.find(_BLANK_LINE, start, end)
        if content < 0:
            yield form[start:end]
        else:
            content += len(_BLANK_LINE)
            head = form[start:content]
            found = _PART_TYPE.search(head)
            kind = found[1].decode("latin-1") if found else ""
            part = view[content:end]
            yield head
            yield _digest(part, kind) if part and _is_binary(part, kind) else bytes(part)
        start = end + 2 if end < len(form) else end
        yield b"\r\n" if end < len(form) else b""
