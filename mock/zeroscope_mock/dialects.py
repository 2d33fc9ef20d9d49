"""The dialects: responses as the live service or the description has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from .messages import Response, json_response

DialectName = Literal["live", "published"]


@dataclass(frozen=True, slots=True)
class Dialect:
    """The differences between the two.

    Args:
        bare: Whether URLs in responses leave out the prefix under which a request came, such as `/v1`.
        holds: Whether `Prefer` and `Cancel-After` have an effect; they must be valid in any case.
        listed: Whether the response to a create is 200 with an array of one prediction.
        current: Whether requests and predictions may have what the service has added since the description was
            published, such as further schemes of tokens, forms of versions, filters of lists and URLs. Filters must be
            valid in any case.
    """

    bare: bool
    holds: bool
    listed: bool
    current: bool

    def created(self, status: int, body: dict[str, Any]) -> Response:
        """The response to a create that the live service answers with `status`."""
        return json_response(200, [body]) if self.listed else json_response(status, body)


DIALECTS: dict[str, Dialect] = {
    "live": Dialect(bare=False, holds=True, listed=False, current=True),
    "published": Dialect(bare=True, holds=False, listed=True, current=False),
}
