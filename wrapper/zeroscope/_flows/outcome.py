"""The outcome of a request that must not be executed twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import httpx

from ..errors import (
    APIError,
    CertificateError,
    MalformedResponseError,
    TransportError,
    UnknownOutcomeError,
    ZeroscopeError,
)

T = TypeVar("T")

NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.InvalidURL,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    UnicodeError,
)
"""The request was not sent if one of these was raised."""
# The service may have begun to execute a request before one of these; 499 is the edge's own.
_AMBIGUOUS = {408, 499}


def settle(read: Callable[[], T], lost: Callable[[ZeroscopeError], UnknownOutcomeError]) -> T:
    """Return what the response to a request holds, or raise an error.

    Args:
        read: Returns what the response holds, or raises an error.
        lost: Returns the error to raise if the request may have been executed.
    """
    try:
        return read()
    except (APIError, TransportError, MalformedResponseError) as error:
        if _was_not_executed(error):
            raise
        raise lost(error) from error


def _was_not_executed(error: ZeroscopeError) -> bool:
    """Whether the service certainly did not execute the request that failed with an error."""
    if isinstance(error, APIError):
        return error.status_code < 500 and error.status_code not in _AMBIGUOUS
    is_certificate = isinstance(error, CertificateError)
    return is_certificate or (isinstance(error, TransportError) and isinstance(error.__cause__, NOT_SENT))
