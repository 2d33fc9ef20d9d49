"""The protocol of what makes the responses: the core, or a stand-in."""

from __future__ import annotations

from typing import Protocol

from ..messages import Head, Request, Response
from ..protocols import Clock, Flow


class Responder(Protocol):
    """Makes the responses."""

    @property
    def body_limit(self) -> int:
        """The length of the longest body of a request, in bytes."""
        ...

    @property
    def clock(self) -> Clock:
        """The clock that the flows run on."""
        ...

    def flow(self, request: Request) -> Flow[Response]:
        """Answer one request.

        Raises:
            ConnectionCutError: If the connection is to be cut.
        """
        ...

    def record_refusal(self, head: Head, response: Response) -> None:
        """Record a request that the HTTP server has refused by itself.

        Args:
            head: What is known of its head.
            response: The refusal.
        """
        ...
