"""Transports of the HTTP clients that callers pass, of httpx and of httpx2.

Neither library has a public attribute for them; this module is the only one that reads the private ones.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Mapping
from typing import Any, Protocol, runtime_checkable

import httpx

# How many transports may wrap one another.
_MAX_DEPTH = 5


@runtime_checkable
class MockServerTransport(Protocol):
    """A transport of the mock server."""

    def read_output(self, url: str) -> bytes | None: ...


@runtime_checkable
class _HttpClient(Protocol):
    """A client of httpx or httpx2."""

    _transport: object
    _mounts: Mapping[Any, object]

    @property
    def base_url(self) -> Any: ...

    def _transport_for_url(self, url: Any) -> object: ...


def has_connections(http: object) -> bool:
    """Whether an HTTP client may hold connections."""
    roots = [http._transport, *http._mounts.values()] if isinstance(http, _HttpClient) else []
    return any(_opens_connections(transport) for root in roots for transport in nested(root))


def survive_interrupts(http: httpx.Client) -> None:
    """Let an interrupt leave no connection pool of a new HTTP client locked, which would block all later requests.

    httpcore takes the lock in Python code, where Ctrl-C may come before the block whose end releases it. It cannot in a
    `with` statement on a lock of the interpreter.
    """
    for transport in (http._transport, *http._mounts.values()):
        pool: Any = getattr(transport, "_pool", None)
        if hasattr(pool, "_optional_thread_lock"):
            pool._optional_thread_lock = threading.Lock()


def transport_for(http: object, url: str) -> object:
    """Return the transport that carries requests to a URL; None if there is none."""
    if not isinstance(http, _HttpClient):
        return None
    try:
        # A URL of the client's own library.
        return http._transport_for_url(type(http.base_url)(url))
    except Exception:
        # The service may send anything for a URL, which the two libraries refuse with exceptions of their own.
        return None


def max_background_downloads(http: object, url: str, most: int) -> int:
    """Return how many downloads may be open in the background while other requests go on, at most a number.

    They take no more than half of the connections, and none of HTTP/2, whose requests share one.
    """
    for transport in nested(transport_for(http, url)):
        pool = getattr(transport, "_pool", None)
        if getattr(pool, "_http2", False):
            return 0
        limit = getattr(pool, "_max_connections", None)
        if isinstance(limit, int):
            most = min(most, limit // 2)
    return most


def opens_connections(http: object, url: str) -> bool:
    """Whether an HTTP client opens a connection for a URL."""
    return any(map(_opens_connections, nested(transport_for(http, url))))


def answers_in_process(http: object, url: str) -> bool:
    """Whether a mock in this process answers the requests of an HTTP client to a URL."""
    transports = list(nested(transport_for(http, url)))
    is_mock = any(isinstance(each, MockServerTransport) or is_one_of(each, "MockTransport") for each in transports)
    return is_mock and not any(map(_opens_connections, transports))


def nested(transport: object, depth: int = 0) -> Iterator[object]:
    """Yield a transport and those within it; one that retries, caches or fails over has others in its attributes."""
    yield transport
    if depth < _MAX_DEPTH and is_one_of(transport, "BaseTransport", "AsyncBaseTransport"):
        for held in list(getattr(transport, "__dict__", {}).values()):
            for each in _members(held):
                yield from nested(each, depth + 1)


def is_one_of(value: object, *names: str) -> bool:
    """Whether a value is of a class of httpx, or of httpx2, which the caller must have imported to have one."""
    libraries = [httpx, *filter(None, [sys.modules.get("httpx2")])]
    return any(isinstance(value, getattr(library, name)) for library in libraries for name in names)


def _members(held: object) -> list[object]:
    """Return the values of a container, or the value itself if it is none."""
    if isinstance(held, Mapping):
        return list(held.values())
    return list(held) if isinstance(held, list | tuple | set | frozenset) else [held]


def _opens_connections(transport: object) -> bool:
    if is_one_of(transport, "HTTPTransport", "AsyncHTTPTransport"):
        return True
    return type(transport).__module__.partition(".")[0] in {"httpcore", "httpcore2"}
