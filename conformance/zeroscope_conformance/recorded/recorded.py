"""Recorded exchange: an exchange with its place in a file."""

from __future__ import annotations

from dataclasses import dataclass

from ..exchange import Exchange


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recorded exchange.

    Args:
        exchange: The exchange.
        place: The file and the number of the exchange in it.
        has_request_body: Whether the recording has the body of the request, or the request had none.
        has_response_body: The same for the response.
    """

    exchange: Exchange
    place: str
    has_request_body: bool = True
    has_response_body: bool = True

    @property
    def unknown_bodies(self) -> int:
        """The number of its bodies that the recording does not have."""
        return (not self.has_request_body) + (not self.has_response_body)
