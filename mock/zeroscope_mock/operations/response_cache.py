"""A cache of the responses about predictions, valid until they change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..documents.links import Links
from ..lifecycle.record import Record
from ..lifecycle.timeline import unchanged_until
from ..messages import Response

LIMIT = 10_000
"""The maximum number of cached responses."""


@dataclass(slots=True)
class _Entry:
    response: Response
    since: float
    until: float
    key: tuple[Any, ...]


class ResponseCache:
    """The latest response about each prediction, sent again until the prediction changes.

    Clients that poll repeat the same request, and encoding the response takes longer than the rest of the work.
    """

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}

    def get(self, record: Record, now: float, links: Links) -> Response | None:
        """The response about a prediction; None if there is none that is valid now.

        Args:
            record: The prediction.
            now: The moment, in seconds since 1970.
            links: The URLs in the response.
        """
        entry = self._entries.get(record.id)
        # The clock may have been set back as well.
        if entry is None or not entry.since <= now < entry.until or entry.key != _key(record, links):
            return None
        return entry.response

    def put(self, response: Response, record: Record, now: float, links: Links) -> Response:
        """Keep a response that is valid at a moment, and return it; see `get`."""
        if len(self._entries) >= LIMIT:
            self._entries.clear()
        self._entries[record.id] = _Entry(response, now, unchanged_until(record, now), _key(record, links))
        return response


def _key(record: Record, links: Links) -> tuple[Any, ...]:
    """The values, apart from the time, that determine a response."""
    return record, record.canceled, record.reads, links.base_url, links.prefix, links.spec
