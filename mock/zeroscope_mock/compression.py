"""Compresses the bodies of responses for clients that accept it."""

from __future__ import annotations

import zlib
from functools import lru_cache

from .messages import Head, Headers, Response

LEAST = 1024
"""The length from which bodies are compressed, in bytes; shorter ones gain nothing."""

_ENCODED: Headers = (("content-encoding", "gzip"), ("vary", "accept-encoding"))
# The fastest level, with small tables: making larger ones would take ten times as long as compressing a prediction.
_LEVEL, _GZIP, _WINDOW_BITS, _MEMORY = 1, 16, 12, 5
_SHORT = 2**16


def compress(response: Response, head: Head) -> Response:
    """A response with its body compressed, if that is JSON of some length and the client accepts it.

    Videos and files are compressed already, and streams must arrive piece by piece.

    Args:
        head: The head of the request.
    """
    accepted, body = head.header("accept-encoding"), response.body
    if accepted is None or not isinstance(body, bytes) or len(body) < LEAST or not _accepts_gzip(accepted):
        return response
    kind = response.header("content-type")
    if kind is None or not kind.endswith("json") or response.header("content-encoding"):
        return response
    # A client that polls gets the same body again and again.
    encoded = _cached_gzip(body) if len(body) < _SHORT else _gzip(body)
    # A cache may serve everyone what is not compressed, so only this depends on what the client accepts.
    return Response(response.status, (*response.headers, *_ENCODED), encoded)


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
