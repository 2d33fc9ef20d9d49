"""Compresses the bodies of responses for clients that accept it."""

from __future__ import annotations

import zlib
from functools import lru_cache

from .messages import COMPRESSIBLE, Head, Response

# The fastest level, with small tables: making larger ones would take ten times as long as compressing a prediction.
_LEVEL, _GZIP, _WINDOW_BITS, _MEMORY = 1, 16, 12, 5
_SHORT = 2**16


def compress(response: Response, head: Head) -> Response:
    """A response with its body compressed, if its headers say that it may be and the client accepts it.

    Videos and files are compressed already, and streams must arrive piece by piece.

    Args:
        head: The head of the request.
    """
    accepted, body = head.header("accept-encoding"), response.body
    if accepted is None or not isinstance(body, bytes) or COMPRESSIBLE[0] not in response.headers:
        return response
    if not _accepts_gzip(accepted):
        return response
    # A client that polls gets the same body again and again.
    encoded = _cached_gzip(body) if len(body) < _SHORT else _gzip(body)
    return Response(response.status, (*response.headers, ("content-encoding", "gzip")), encoded)


@lru_cache(maxsize=1000)
def _accepts_gzip(accepted: str) -> bool:
    qualities = {}
    for coding in accepted.lower().split(","):
        name, _, parameter = coding.partition(";")
        qualities[name.strip()] = parameter.strip().removeprefix("q=").rstrip("0.") != "" if parameter else True
    return qualities.get("gzip", qualities.get("*", False))


def _gzip(body: bytes) -> bytes:
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP + _WINDOW_BITS, _MEMORY)
    return compressor.compress(body) + compressor.flush()


_cached_gzip = lru_cache(maxsize=256)(_gzip)
