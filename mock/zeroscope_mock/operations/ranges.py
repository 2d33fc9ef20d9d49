"""Responses with a file or a range of it, by RFC 9110."""

from __future__ import annotations

import hashlib
import re

from ..messages import Head, Headers, Response

# What a browser shows without running anything: media, data and plain text.
_INERT = re.compile(
    # Of several types with commas between them, browsers take one.
    r"(audio|font|model|video)/[^,\s]+|image/(?!svg)[^,\s]+|text/(plain|csv|markdown|vtt)"
    r"|application/(octet-stream|json|jsonl|pdf|zip|gzip|x-tar|x-subrip)",
    re.IGNORECASE,
)
# In a browser, a page or a picture in SVG is of the origin of the server, where its scripts could control the server.
_SANDBOX: Headers = (("content-security-policy", "sandbox"), ("x-content-type-options", "nosniff"))
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.IGNORECASE)


def range_response(head: Head, content: bytes, content_type: str) -> Response:
    """A response with a file, or with the range of it that the request names.

    A request for several ranges gets the whole file, as the standard allows; HEAD ignores ranges. A file that could run
    scripts in a browser comes with headers that keep it from that.

    Args:
        head: The head of the request; `Range`, `If-Range` and `If-None-Match` have an effect.
        content: The whole file.
        content_type: Its media type.
    """
    # The service describes uploaded files by the same digest.
    etag = f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
    headers: Headers = (("accept-ranges", "bytes"), ("etag", etag))
    if names_etag(head.header("if-none-match"), etag):
        return Response(304, headers, b"")
    guard = () if _INERT.fullmatch(content_type.partition(";")[0].strip()) else _SANDBOX
    headers = (("content-type", content_type), *headers, *guard)
    if_range = head.header("if-range")
    found = _RANGE.fullmatch((head.header("range") or "").strip())
    if head.method == "HEAD" or not found or not (found[1] or found[2]) or (if_range and if_range != etag):
        return Response(200, headers, content)
    start, end = _bounds(found[1], found[2], len(content))
    if start > end:
        if found[1] and found[2] and int(found[1]) > int(found[2]):
            # An invalid range is ignored.
            return Response(200, headers, content)
        return Response(416, (*headers, ("content-range", f"bytes */{len(content)}")), b"")
    headers = (*headers, ("content-range", f"bytes {start}-{end}/{len(content)}"))
    return Response(206, headers, content[start : end + 1])


def _bounds(first: str, last: str, length: int) -> tuple[int, int]:
    """The first and the last byte; without a first one, `last` counts from the end."""
    if not first:
        return (max(0, length - int(last)), length - 1) if int(last) else (length, length - 1)
    return int(first), min(int(last), length - 1) if last else length - 1


def names_etag(condition: str | None, etag: str) -> bool:
    """Return whether an `If-None-Match` names the file's tag."""
    tags = [tag.strip().removeprefix("W/") for tag in (condition or "").split(",")]
    return etag in tags or "*" in tags
