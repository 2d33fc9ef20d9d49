"""VCR cassettes, as vcrpy and the library of Ruby write them."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from ..exchange import Exchange
from .bodies import encoded
from .fields import Fields, items
from .recorded import Recorded


def entries(interactions: Any, path: Path) -> Iterator[Recorded]:
    """Yield the exchanges of a cassette.

    Args:
        interactions: The `interactions` of the cassette, in Ruby the `http_interactions`.
        path: The file.

    Raises:
        RecordingError: If a field that every exchange needs is missing or of another type.
    """
    for number, interaction in enumerate(items(interactions, path, "interactions"), 1):
        place = f"{path}, interaction {number}"
        fields = Fields(interaction, place)
        request, response = fields.object("request"), fields.object("response")
        status = response.raw.get("status")
        # With httpx, vcrpy has written the status as a field of its own.
        code = response.object("status").number("code") if isinstance(status, dict) else response.number("status_code")
        request_body = _body(request.raw.get("body"))
        response_body = _body(response.raw.get("body", response.raw.get("content")))
        exchange = Exchange(
            method=request.text("method").upper(),
            url=request.url("uri"),
            request_headers=request.headers(),
            request_body=request_body or b"",
            status=int(code),
            response_headers=response.headers(),
            response_body=response_body or b"",
            started_at=_time(fields.raw.get("recorded_at")),
        )
        yield Recorded(exchange, place, request_body is not None, response_body is not None)


def _body(value: Any) -> bytes | None:
    """Return a body: text, or an object that has it as `string` or, in base64, as `base64_string`; None for others."""
    if isinstance(value, dict):
        if value.get("base64_string") is not None:
            return encoded(value["base64_string"], is_base64=True)
        value = value.get("string")
    return b"" if value is None else encoded(value, is_base64=False)


def _time(text: Any) -> float:
    if not isinstance(text, str):
        return 0.0
    try:
        return parsedate_to_datetime(text).timestamp()
    except ValueError:
        return 0.0
