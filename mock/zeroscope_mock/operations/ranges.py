"""Whole files and parts of them, as RFC 9110 asks for them."""

from __future__ import annotations

import hashlib
import re

from ..messages import Head, Headers, Response

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.IGNORECASE)


def ranged(head: Head, content: bytes, content_type: str) -> Response:
    """Answer with a file, or with the part of it that the request asks for.

    Several ranges at once are answered with the whole file, as the standard allows, and HEAD knows no ranges.

    Args:
        head: the head of the request, whose `Range`, `If-Range` and `If-None-Match` are heeded.
        content: the whole file.
        content_type: its media type.
    """
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers: Headers = (("accept-ranges", "bytes"), ("etag", etag))
    if _names(head.header("if-none-match"), etag):
        return Response(304, headers, b"")
    headers = (("content-type", content_type), *headers)
    if_range = head.header("if-range")
    found = _RANGE.fullmatch((head.header("range") or "").strip())
    if head.method == "HEAD" or not found or not (found[1] or found[2]) or (if_range and if_range != etag):
        return Response(200, headers, content)
    start, end = _bounds(found[1], found[2], len(content))
    if start > end:
        if found[1] and found[2] and int(found[1]) > int(found[2]):
            # That is no range at all, and what is no range is passed over.
            return Response(200, headers, content)
        return Response(416, (*headers, ("content-range", f"bytes */{len(content)}")), b"")
    headers = (*headers, ("content-range", f"bytes {start}-{end}/{len(content)}"))
    return Response(206, headers, content[start : end + 1])


def _bounds(first: str, last: str, length: int) -> tuple[int, int]:
    """The first and the last byte; without a first one, `last` counts from the end."""
    if not first:
        return (max(0, length - int(last)), length - 1) if int(last) else (length, length - 1)
    return int(first), min(int(last), length - 1) if last else length - 1


def _names(condition: str | None, etag: str) -> bool:
    """Whether an `If-None-Match` names a file."""
    tags = [tag.strip().removeprefix("W/") for tag in (condition or "").split(",")]
    return etag in tags or "*" in tags
