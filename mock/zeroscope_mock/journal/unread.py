"""Exchanges as they are recorded, and how they are read when first looked at."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import Any

import orjson

from ..messages import Headers
from .body_text import body_text, is_textual
from .exchange import Exchange, Refusal, header
from .redaction import Redactor

START = 2000
"""The length of the start of a body, in characters, which is kept in any case."""

UnreadExchange = tuple[Any, ...]
"""The arguments of `_exchange` in their order, the number first."""

# The places of some fields.
_NUMBER, _METHOD, _PATH, _HEADERS, _SENT, _STATUS, _RESPONSE_HEADERS, _RECEIVED = 0, 1, 2, 4, 5, 6, 7, 8
_OPERATION, _TENANT = 11, 12
# Method, operation and status.
_KIND = itemgetter(_METHOD, _OPERATION, _STATUS)


def number_of(one: Exchange | UnreadExchange) -> int:
    """The number of an exchange."""
    number: int = one.number if isinstance(one, Exchange) else one[_NUMBER]
    return number


def tenant_of(one: Exchange | UnreadExchange) -> str | None:
    """The tenant of an exchange; None if it had no token."""
    tenant: str | None = one.tenant if isinstance(one, Exchange) else one[_TENANT]
    return tenant


def long_bodies(one: Exchange | UnreadExchange) -> int:
    """The memory of the bodies of an exchange that are longer than their start, in bytes."""
    if isinstance(one, Exchange):
        return sum(sys.getsizeof(body) for body in (one.request_body, one.response_body) if len(body) > START)
    return sum(sys.getsizeof(body) for body in (one[_SENT], one[_RECEIVED]) if len(body) > START)


def is_kept_as_it_is(one: UnreadExchange, limit: int) -> bool:
    """Return whether the bodies of an exchange are kept as they are: texts of at most `limit` bytes each.

    Of others, only the start or a digest is kept.
    """
    return all(
        len(body) <= limit and (not body or is_textual(header(headers, "content-type")))
        for headers, body in ((one[_HEADERS], one[_SENT]), (one[_RESPONSE_HEADERS], one[_RECEIVED]))
    )


def count_kinds(exchanges: Iterable[Exchange | UnreadExchange]) -> Counter[tuple[str, str, int | None]]:
    """The numbers of exchanges by method, operation or path, and status."""
    some = list(exchanges)
    kinds = Counter(map(_KIND, [one for one in some if isinstance(one, tuple)]))
    others = [one for one in some if isinstance(one, Exchange) or one[_OPERATION] is None]
    return Counter({kind: number for kind, number in kinds.items() if kind[1]}) + Counter(map(_kind, others))


def _kind(one: Exchange | UnreadExchange) -> tuple[str, str, int | None]:
    if isinstance(one, Exchange):
        return one.method, one.operation or one.path, one.status
    return one[_METHOD], one[_OPERATION] or Redactor(one[_HEADERS]).url(one[_PATH]), one[_STATUS]


def read_exchange(body_limit: int, one: UnreadExchange) -> Exchange:
    """The exchange that was recorded, without tokens.

    Args:
        body_limit: The length up to which bodies are kept, in bytes.
        one: The exchange as it was recorded.
    """
    return _exchange(body_limit, *one)


def _exchange(
    body_limit: int,
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
) -> Exchange:
    redactor = Redactor(request_headers)
    request_body = body_text(sent, header(request_headers, "content-type"), redactor, body_limit)
    response_body = body_text(received, header(response_headers, "content-type"), redactor, body_limit)
    notes = [
        redactor.text(note or ""),
        *_cut("request", sent, request_body, body_limit),
        *_cut("response", received, response_body, body_limit),
    ]
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
