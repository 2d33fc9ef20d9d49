"""Answers about predictions, kept for as long as they stay true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..lifecycle.timeline import Record, moves_on
from ..messages import Response
from ..state import Links

LIMIT = 10_000
"""How many answers are kept."""


@dataclass(slots=True)
class _Kept:
    response: Response
    since: float
    until: float
    depends: tuple[Any, ...]


class Answers:
    """The latest answer about each prediction, to be given again until the prediction has moved on.

    Who polls asks the same again and again, and to write the answer takes longer than all else.
    """

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}

    def find(self, record: Record, now: float, addresses: Links) -> Response | None:
        """The answer about a prediction; None if there is none that is true now.

        Args:
            record: the prediction.
            now: the moment, in seconds since 1970.
            addresses: the URLs in the answer.
        """
        kept = self._kept.get(record.id)
        # The clock can be set back, too.
        if kept is None or not kept.since <= now < kept.until or kept.depends != _depends(record, addresses):
            return None
        return kept.response

    def keep(self, response: Response, record: Record, now: float, addresses: Links) -> Response:
        """Keep an answer that is true at a moment, and return it; see `find`."""
        if len(self._kept) >= LIMIT:
            self._kept.clear()
        self._kept[record.id] = _Kept(response, now, moves_on(record, now), _depends(record, addresses))
        return response


def _depends(record: Record, addresses: Links) -> tuple[Any, ...]:
    """What an answer depends on besides the time."""
    return record, record.canceled, record.reads, addresses.origin, addresses.prefix, addresses.spec
