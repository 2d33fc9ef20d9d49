"""One request that was found to be in order, and what answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..messages import Request, Response
from ..steps import Flow


# Not frozen: one is made for every request, and frozen ones take three times as long to make.
@dataclass(slots=True)
class Call:
    """One request, found to be in order.

    Args:
        request: the request.
        prefix: what stood between the host and the path, for the addresses in the answer.
        tenant: whose token it bears; empty without one.
        arguments: its parameters by name; None for those not sent.
        body: the value of its body.
        notes: takes what the journal is to say besides.
    """

    request: Request
    prefix: str
    tenant: str
    arguments: Mapping[str, Any]
    body: Any
    notes: list[str]


Handler = Callable[[Call], Response | Flow[Response]]
"""Carries out an operation. It runs alone; a flow lets others run while it waits."""
