"""A cache of the responses about predictions, valid until they change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..documents.links import Links
from ..lifecycle.record import Record
from ..messages import Response

LIMIT = 2**25
"""The maximum memory of the cached responses, in bytes."""

MAX_SITES = 64
"""The maximum number of sites, such as hosts and prefixes, with cached responses."""

# What a response needs beside its body, in bytes; an estimate.
_OVERHEAD = 1000


@dataclass(slots=True)
class _Entry:
    response: Response
    since: float
    until: float
    canceled: float | None
    reads: tuple[float, ...]


class ResponseCache:
    """The latest response about each prediction, sent again until the prediction changes, also within lists.

    Clients that poll repeat the same request, and encoding the response takes longer than the rest of the work.
    """

    def __init__(self) -> None:
        # By what the URLs in them depend on.
        self._entries: dict[tuple[Any, ...], dict[Record, _Entry]] = {}
        self._size = 0

    def get(self, records: Sequence[Record], now: float, links: Links) -> list[Response | None]:
        """The responses about some predictions; None in place of each that is not there or not valid now.

        Args:
            records: The predictions.
            now: The moment, in seconds since 1970.
            links: The URLs in the responses.
        """
        # Anyone may send any host, so that a read must not create an entry.
        entries = self._entries.get(_key(links), {})
        return [
            entry.response
            # The clock may have been set back as well.
            if (entry := entries.get(record)) is not None
            and entry.since <= now < entry.until
            and entry.canceled == record.canceled
            and entry.reads is record.reads
            else None
            for record in records
        ]

    def put(self, response: Response, record: Record, now: float, until: float, links: Links) -> Response:
        """Keep a response that is valid from a moment to another unless a request comes, and return it; see `get`."""
        size, key = _size(response), _key(links)
        if self._size + size > LIMIT or (key not in self._entries and len(self._entries) == MAX_SITES):
            self._entries.clear()
            self._size = 0
        entries = self._entries.setdefault(key, {})
        self._size += size - (_size(entries[record].response) if record in entries else 0)
        entries[record] = _Entry(response, now, until, record.canceled, record.reads)
        return response


def _key(links: Links) -> tuple[Any, ...]:
    return links.spec, links.base_url, links.prefix, links.site


def _size(response: Response) -> int:
    return _OVERHEAD + (len(response.body) if isinstance(response.body, bytes) else 0)
