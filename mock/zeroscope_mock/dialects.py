"""How the server speaks: as the live service does, or as the published description says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from .messages import Response, json_response

DialectName = Literal["live", "published"]


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs between the two.

    Args:
        bare: whether addresses in answers leave out the prefix under which a request came, such as `/v1`.
        holds: whether `Prefer` and `Cancel-After` are listened to; they must be in order in any case.
        listed: whether a create is answered with 200 and an array of one prediction.
    """

    bare: bool
    holds: bool
    listed: bool

    def created(self, status: int, body: dict[str, Any]) -> Response:
        """The answer to a create that the live service answers with this status."""
        return json_response(200, [body]) if self.listed else json_response(status, body)


DIALECTS: dict[str, Dialect] = {
    "live": Dialect(bare=False, holds=True, listed=False),
    "published": Dialect(bare=True, holds=False, listed=True),
}


def read_events(sent: Any, known: list[str]) -> frozenset[str]:
    """The events that a filter lets through: all without one; of a text, those words in it that are events.

    Args:
        sent: the filter, as a list of events or, as published, a text; None without one.
        known: all events.
    """
    if sent is None:
        return frozenset(known)
    words = re.findall(r"\w+", sent) if isinstance(sent, str) else sent
    return frozenset(words) & frozenset(known)
