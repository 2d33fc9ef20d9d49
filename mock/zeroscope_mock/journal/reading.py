"""Reads an exchange: its bodies become text, and its tokens are removed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import orjson

from ..messages import Headers
from .body_text import body_text
from .exchange import Exchange, Refusal, header, short_bodies
from .redaction import Redactor
from .secrets import redact_fields


def read(
    body_limit: int,
    length: int | None,
    number: int,
    method: str,
    path: str,
    base_url: str,
    request_headers: Headers,
    sent: bytes,
    status: int | None,
    response_headers: Headers,
    received: bytes,
    time: float,
    duration: float,
    operation: str | None,
    tenant: str | None,
    fault: str | None,
    note: str | None,
    prediction: str | None,
    status_after: str | None,
    refusals: tuple[Refusal, ...],
    secrets: Sequence[str],
) -> Exchange:
    """The exchange with these fields, without tokens and secrets.

    Args:
        length: How many characters of the bodies are kept; None for all up to the limit.
        secrets: The names of the secret fields of the input.
    """
    sent, texts = redact_fields(sent, secrets)
    redactor = Redactor(request_headers, inputs=texts)
    request_body = body_text(sent, header(request_headers, "content-type"), redactor, body_limit, length)
    response_body = body_text(received, header(response_headers, "content-type"), redactor, body_limit, length)
    notes = [redactor.text(note or "")]
    if length is None:
        notes += _cut("request", sent, request_body, body_limit)
        notes += _cut("response", received, response_body, body_limit)
    else:
        notes.append(short_bodies(length))
    return Exchange(
        time=time,
        method=method,
        path=redactor.url(path),
        operation=operation,
        status=status,
        request_body=request_body,
        response_body=response_body,
        tenant=tenant,
        fault=fault and redactor.text(fault),
        note="\n".join(filter(None, notes)) or None,
        number=number,
        duration=duration,
        request_headers=redactor.headers(request_headers),
        response_headers=redactor.headers(response_headers),
        prediction=prediction,
        status_after=status_after or (prediction and _status(received)),
        refusals=tuple([_redacted(one, redactor) for one in refusals]),
        base_url=base_url,
    )


def _cut(message: str, body: bytes, text: str, limit: int) -> Iterator[str]:
    """A note on a body of which only the start is kept."""
    # A character has up to four bytes; what stands in place of binary content is shorter.
    if len(body) > limit and len(text) * 4 >= limit:
        yield f"the journal keeps the first {limit} of the {len(body)} bytes of the {message}'s body"


def _status(body: bytes) -> str | None:
    """The status of the prediction or training that a response shows; None if it shows none."""
    try:
        shown = orjson.loads(body)
    except ValueError:
        return None
    # The published description has creates answered with an array.
    one = shown[0] if isinstance(shown, list) and shown else shown
    status = one.get("status") if isinstance(one, dict) else None
    return status if isinstance(status, str) else None


def _redacted(refusal: Refusal, redactor: Redactor) -> Refusal:
    texts = (refusal.field, refusal.value, refusal.problem, refusal.place, refusal.relation)
    field, value, problem, place, relation = (text and redactor.text(text) for text in texts)
    return Refusal(field or "", value, problem or "", place, relation)
