"""Deadlines on the connections of sync HTTP clients, which know only step timeouts.

httpx applies a timeout to each read of the socket, so a server that sends a byte at a time keeps a request going. Async
code is canceled at its deadline; a thread cannot be. So each connection, when it is opened, gets a `read` and a `write`
that take the deadline of the calling thread's exchange into account.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..clock import Clock

# A write of a large body is split, as httpx applies the timeout to each part that the socket accepts.
_WRITE_LENGTH = 64 * 1024
# The events of httpx's trace extension whose result is a connection.
_OPENED = ("connect_tcp.complete", "connect_unix_socket.complete", "start_tls.complete")


class _Current(threading.local):
    """The deadline of the calling thread: the clock, and the moment on it."""

    clock: Clock | None = None
    until: float = 0.0


_current = _Current()


@contextmanager
def deadline(clock: Clock, until: float) -> Iterator[None]:
    """Limit what the block reads and writes on this thread to a moment on the monotonic clock."""
    before = _current.clock, _current.until
    _current.clock, _current.until = clock, until
    try:
        yield
    finally:
        _current.clock, _current.until = before


def limit_connection(event: str, info: Mapping[str, Any]) -> None:
    """Limit a connection that was just opened; a callback for httpx's trace extension."""
    if not event.endswith(_OPENED):
        return
    connection = info["return_value"]
    read: Callable[..., bytes] = connection.read
    write: Callable[..., None] = connection.write

    def read_in_time(max_bytes: int, timeout: float | None = None) -> bytes:
        return read(max_bytes, timeout=_lowered(timeout, "ReadTimeout"))

    def write_in_time(buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _WRITE_LENGTH):
            write(buffer[start : start + _WRITE_LENGTH], timeout=_lowered(timeout, "WriteTimeout"))

    connection.read, connection.write = read_in_time, write_in_time


def _lowered(timeout: float | None, error: str) -> float | None:
    """The timeout of one read or write, at most the time left; the error's name is that of httpcore's class."""
    if _current.clock is None:
        return timeout
    left = _current.until - _current.clock.monotonic()
    if left <= 0:
        import httpcore

        raise getattr(httpcore, error)
    return left if timeout is None else min(timeout, left)
