"""Deadlines of exchanges, also on the connections of sync HTTP clients.

httpx applies a timeout to each read of the socket, so a server that sends a byte at a time keeps a request going. Async
code is canceled at its deadline; a thread cannot be. So each connection, when it is opened, gets a `read` and a `write`
that take the deadline of the calling thread's exchange into account.
"""

from __future__ import annotations

import math
import os
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import ModuleType
from typing import Any

from ..clock import Clock

# A write of a large body is split, as httpx applies the timeout to each part that the socket accepts.
_WRITE_LENGTH = 64 * 1024
# The events of httpx's trace extension whose result is a connection, and the one after which a request is sent.
_OPENED = ("connect_tcp.complete", "connect_unix_socket.complete", "start_tls.complete")
_BEGUN, _SENT = "send_request_headers.started", "receive_response_headers.started"


class Deadline:
    """The moment at which an exchange fails.

    Args:
        clock: The client's clock.
        until: The moment on its monotonic clock.
        limit: How long the response may take once the request is sent, in seconds, if that ends before.
    """

    def __init__(self, clock: Clock, until: float, limit: float = math.inf) -> None:
        self._clock = clock
        self._until = until
        self._limit = limit
        self._is_traced = self._is_begun = False

    @property
    def is_unsent(self) -> bool:
        """Whether certainly nothing of the request was sent; a transport without connections does not tell."""
        return self._is_traced and not self._is_begun

    @property
    def left(self) -> float:
        """How much time is left, in seconds."""
        return self._until - self._clock.monotonic()

    def trace(self, event: str, info: Mapping[str, Any]) -> bool:
        """Take note of an event of httpx's trace extension; the result is whether the time became shorter."""
        self._is_traced = True
        # Before it, a proxy is asked for a connection to the server.
        if event.endswith(_BEGUN) and info["request"].method != b"CONNECT":
            self._is_begun = True
        if event.endswith(_SENT) and self._limit < self.left:
            self._until = self._clock.monotonic() + self._limit
            return True
        return False


class Interruption:
    """Ends what a thread reads from its connection, at the request of another thread; it then reads an end."""

    def __init__(self) -> None:
        self._connection: Any = None
        self._is_set = False
        self._process = os.getpid()

    def set(self) -> None:
        """End the read that the thread is in, and every later one."""
        self._is_set = True
        if (connection := self._connection) is not None:
            with suppress(OSError, AttributeError):
                end: socket.socket = connection.get_extra_info("socket")
                if self._process == os.getpid():
                    # Closing the socket would not wake the thread.
                    end.shutdown(socket.SHUT_RDWR)
                else:
                    # A forked process has no such thread, and its parent still reads from the connection.
                    end.close()

    def is_set_for(self, connection: Any) -> bool:
        """Whether the thread may no longer read; otherwise it reads from this connection now."""
        # In this order: one of the two sides sees the other.
        self._connection = connection
        return self._is_set


class _Current(threading.local):
    """The deadline and the interruption of the calling thread."""

    deadline: Deadline | None = None
    interruption: Interruption | None = None


_current = _Current()


class applied:
    """Applies a deadline to what the `with` block reads and writes on this thread."""

    # Not a generator, which takes twice as long.
    __slots__ = ("_before", "_deadline")

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def __enter__(self) -> None:
        self._before, _current.deadline = _current.deadline, self._deadline

    def __exit__(self, *_: object) -> None:
        _current.deadline = self._before


def make_interruptible(interruption: Interruption) -> None:
    """Let an interruption end what this thread reads, as long as it lives."""
    _current.interruption = interruption


def trace(event: str, info: Mapping[str, Any], errors: ModuleType | None = None) -> None:
    """Limit each connection when it is opened; a callback for the trace extension of sync requests.

    Args:
        errors: The package whose exceptions the connection raises; by default httpcore.
    """
    if _current.deadline is not None:
        _current.deadline.trace(event, info)
    if event.endswith(_OPENED):
        _limit(info["return_value"], errors)


def _limit(connection: Any, errors: ModuleType | None) -> None:
    read: Callable[..., bytes] = connection.read
    write: Callable[..., None] = connection.write

    def read_in_time(max_bytes: int, timeout: float | None = None) -> bytes:
        if _current.interruption is not None and _current.interruption.is_set_for(connection):
            return b""
        return read(max_bytes, timeout=_lowered(timeout, "ReadTimeout", errors))

    def write_in_time(buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _WRITE_LENGTH):
            write(buffer[start : start + _WRITE_LENGTH], timeout=_lowered(timeout, "WriteTimeout", errors))

    connection.read, connection.write = read_in_time, write_in_time


def _lowered(timeout: float | None, error: str, errors: ModuleType | None) -> float | None:
    """The timeout of one read or write, at most the time left, or the named error if there is none."""
    if _current.deadline is None:
        return timeout
    left = _current.deadline.left
    if left <= 0:
        if errors is None:
            import httpcore as errors
        raise getattr(errors, error)
    return left if timeout is None else min(timeout, left)
