"""HTTP Archives (HAR 1.2), as browsers, proxies and the mock server write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..exchange import Exchange
from .bodies import encoded, form
from .fields import Fields, items
from .recorded import Recorded

_FORM = "multipart/form-data"
_BOUNDARY = re.compile(r'boundary="?([^";,]+)', re.IGNORECASE)
# What writers put for a media type that they do not know.
_UNKNOWN = frozenset({"", "x-unknown"})


def entries(log: Any, path: Path) -> Iterator[Recorded]:
    """Yield the exchanges of an archive.

    Args:
        log: The `log` of the archive.
        path: The file.

    Raises:
        RecordingError: If a field that every exchange needs is missing or of another type.
    """
    for number, entry in enumerate(items(Fields(log, str(path), "log").raw.get("entries"), path, "log.entries"), 1):
        place = f"{path}, entry {number}"
        fields = Fields(entry, place)
        request, response = fields.object("request"), fields.object("response")
        sent, received = request.headers(), response.headers()
        request_body = _request_body(request, sent)
        content = response.object("content")
        if (kind := content.text("mimeType", "")) not in _UNKNOWN:
            received.setdefault("content-type", kind)
        text = content.raw.get("text")
        response_body = None
        if text is not None:
            response_body = encoded(text, is_base64=content.raw.get("encoding") == "base64")
        elif content.number("size", -1) == 0:
            response_body = b""
        exchange = Exchange(
            method=request.text("method").upper(),
            url=request.url("url"),
            request_headers=sent,
            request_body=request_body or b"",
            status=int(response.number("status", 0)),
            response_headers=received,
            response_body=response_body or b"",
            started_at=_time(fields.raw.get("startedDateTime")),
            seconds=max(0.0, fields.number("time", 0) / 1000),
        )
        yield Recorded(exchange, place, request_body is not None, response_body is not None)


def _request_body(request: Fields, headers: dict[str, str]) -> bytes | None:
    """Return the body of a request; None if the archive has left it out, or has none that can be read."""
    data = request.object("postData")
    if not data.raw:
        # Browsers leave out the body of a file, but not its size.
        size = request.number("bodySize", -1)
        is_empty = size == 0 or (size < 0 and not {"content-type", "content-length"} & headers.keys())
        return b"" if is_empty or headers.get("content-length") == "0" else None
    kind = data.text("mimeType", "")
    if kind not in _UNKNOWN:
        headers.setdefault("content-type", kind)
    if data.raw.get("text"):
        return encoded(data.raw["text"], is_base64=data.raw.get("encoding") == "base64")
    if not data.raw.get("params"):
        return None
    kind = headers.get("content-type", kind)
    boundary = None
    if kind.lower().startswith(_FORM):
        found = _BOUNDARY.search(kind)
        boundary = found[1] if found else "recorded"
        headers["content-type"] = f"{_FORM}; boundary={boundary}"
    return form(data.raw["params"], boundary)


def _time(text: Any) -> float:
    """Return a time in seconds since 1970; 0 for anything that is none."""
    if not isinstance(text, str):
        return 0.0
    try:
        time = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    except ValueError:
        return 0.0
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
