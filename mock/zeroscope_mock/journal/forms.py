"""Multipart forms, split into their parts as they were sent."""

from __future__ import annotations

import re
from collections.abc import Iterator

_BOUNDARY = re.compile(r'\bboundary=(?:"([^"]+)"|([^\s;]+))', re.IGNORECASE)
_TYPE = re.compile(rb"^content-type:[ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_BLANK_LINE = b"\r\n\r\n"


def boundary_of(content_type: str) -> bytes | None:
    """The boundary of a form, by its `Content-Type`; None if it is no multipart form or names none."""
    found = _BOUNDARY.search(content_type) if content_type[:10].lower() == "multipart/" else None
    return None if found is None else (found[1] or found[2]).encode("latin-1", "replace")


def parts(form: bytes, boundary: bytes) -> Iterator[tuple[bytes, memoryview | None]]:
    """The head of each part, which ends with a blank line, and its content; None for what is no part.

    Line breaks in between complete the form.
    """
    # An upload may be large, so that its parts are not copied.
    view, delimiter, start = memoryview(form), b"\r\n--" + boundary, 0
    while start < len(form):
        end = form.find(delimiter, start)
        end = len(form) if end < 0 else end
        content = form.find(_BLANK_LINE, start, end)
        if content < 0:
            yield form[start:end], None
        else:
            content += len(_BLANK_LINE)
            yield form[start:content], view[content:end]
        start = end + 2


def part_type(head: bytes) -> str:
    """The `Content-Type` of a part; empty if it has none."""
    found = _TYPE.search(head)
    return found[1].decode("latin-1") if found else ""
