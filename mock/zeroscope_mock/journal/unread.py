"""Exchanges as they are recorded, before they are first read."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from operator import itemgetter
from typing import Any

from .exchange import Exchange, header

START = 2000
"""The length of the start of a body, in characters, which is kept in any case."""

UnreadExchange = tuple[Any, ...]
"""The arguments of `reading.read` in their order, the number first."""

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
    # Imported here, as below, because the first request does not need to wait for it.
    from .body_text import is_textual

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
    from .redaction import Redactor

    return one[_METHOD], one[_OPERATION] or Redactor(one[_HEADERS]).url(one[_PATH]), one[_STATUS]


def read_exchange(body_limit: int, one: UnreadExchange, length: int | None = None) -> Exchange:
    """The exchange that was recorded, without tokens.

    Args:
        body_limit: The length up to which bodies are kept, in bytes.
        one: The exchange as it was recorded.
        length: How many characters of the bodies are kept; None for all up to the limit.
    """
    from .reading import read

    return read(body_limit, length, *one)
