"""Bodies as texts, with the length and digest of binary content in its place."""

from __future__ import annotations

import codecs
import hashlib
import re

from .forms import boundary_of, part_type, parts
from .redaction import Redactor

_BINARY = ("audio/", "image/", "video/", "font/", "model/", "application/octet-stream")
_TEXTUAL = re.compile(r"text/|application/(.*[+-])?(json|xml|yaml|javascript|x-www-form-urlencoded)\b", re.IGNORECASE)
# How much of content of another type is looked at, in bytes.
_LOOKED_AT = 10_000
# In bytes.
_LONGEST_CHARACTER = 4
# Not `str`, since a look may end within a character.
_decoder = codecs.getincrementaldecoder("utf-8")


def body_text(body: bytes, content_type: str, redactor: Redactor, limit: int, length: int | None = None) -> str:
    """A body as a text without tokens.

    Args:
        body: The body.
        content_type: Its `Content-Type`; empty if it has none.
        redactor: Redacts the tokens, before the text is cut, which could leave a part of one.
        limit: The maximum length, in bytes.
        length: The maximum length, in characters; None for any.
    """
    if not body:
        return ""
    if boundary := boundary_of(content_type):
        body = b"\r\n".join(_part(head, content) for head, content in parts(body, boundary))
    elif _is_binary(body, content_type):
        body = _digest(body, content_type)
    if length is None:
        return redactor.content(body, limit).decode("utf-8", "replace")
    # The less is searched, the better: that takes longer than all else.
    longest = _LONGEST_CHARACTER * length
    least = min(limit, len(body[:longest].decode("utf-8", "replace")[:length].encode()))
    content = redactor.content(body, least)
    if content != body[:least]:
        # After a token, the text has other characters, whose lengths may differ.
        content = redactor.content(body, min(limit, longest))
    return content.decode("utf-8", "replace")[:length]


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


def _part(head: bytes, content: memoryview | None) -> bytes:
    """A part of a form, with a digest in place of binary content."""
    if not content:
        return head
    kind = part_type(head)
    return head + (_digest(content, kind) if _is_binary(content, kind) else content)
