"""Values and responses that the operations of the control interface share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from ..messages import Response
from ..operations.calls import OperationCall
from ..problems import problem

T = TypeVar("T")

PREFIX = "/_mock"
"""The beginning of the paths of all operations."""

NO_CONTENT = Response(204, (), b"")
"""The response to a call that only changes something."""


def scope(call: OperationCall) -> str | None:
    """The tenant whose data a call concerns; None for all."""
    return call.tenant or None


def latest(values: Sequence[T], call: OperationCall) -> Sequence[T]:
    """The latest of some values, as many as the call's `limit` says; all without one."""
    limit = call.arguments["limit"]
    return values if limit is None else values[-int(limit) :]


def not_found(what: str, path: str) -> Response:
    """404 for an object that the server does not have.

    Args:
        what: What there is none of, such as `delivery 'abc'`.
        path: The path below `/_mock` that lists those that it has.
    """
    return problem(404, f"there is no {what}; {PREFIX}{path} lists them")
