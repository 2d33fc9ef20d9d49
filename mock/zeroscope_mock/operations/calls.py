"""Calls: validated requests, and the handlers that answer them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..journal import ExchangeNotes
from ..messages import Request, Response
from ..protocols import Flow


# Not frozen: one is made for every request, and frozen dataclasses take three times as long to make.
@dataclass(slots=True)
class OperationCall:
    """One request that has passed validation.

    Args:
        prefix: The part between the mount and the document's path, such as `/v1`.
        token: Its token; None without one.
        tenant: The tenant of its token; empty without one.
        arguments: Its parameters by name; None for those not sent.
        body: The value of its body.
        notes: Takes notes for the journal.
    """

    request: Request
    prefix: str
    token: str | None
    tenant: str
    arguments: Mapping[str, Any]
    body: Any
    notes: ExchangeNotes


Handler = Callable[[OperationCall], Response | Flow[Response]]
"""Carries out an operation. It holds the server's lock; a flow releases it during each step."""
