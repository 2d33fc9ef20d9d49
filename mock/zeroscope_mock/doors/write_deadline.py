"""The deadline of a client that does not read."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from math import inf

from . import limits
from .connections import reset_on_close
from .deadline import Deadline

# Where Linux has the number of bytes that the client's system has acknowledged, in its structure `tcp_info`.
_ACKNOWLEDGED = struct.Struct("=120xQ")


class WriteDeadline:
    """Resets a connection whose client reads nothing for `WRITE_TIMEOUT`, so that no task or buffer stays for ever.

    Args:
        loop: The event loop that measures the time.
        transport: The transport of the connection.
    """

    __slots__ = ("_deadline", "_lost", "_seen", "_transport")

    def __init__(self, loop: asyncio.AbstractEventLoop, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._deadline = Deadline(loop, self._check)
        self._seen = 0
        self._lost = False

    def start(self) -> None:
        """Begin to wait for the client, unless the connection is lost."""
        if not self._lost:
            self._seen = _progress(self._transport)
            self._deadline.set(limits.WRITE_TIMEOUT)

    def stop(self) -> None:
        """End the wait, because the client has read enough."""
        self._deadline.set(inf)

    def close(self) -> None:
        """Never wait again, because the connection is lost."""
        self._lost = True
        self._deadline.close()

    def _check(self) -> None:
        if _progress(self._transport) != self._seen:
            self.start()
        else:
            reset_on_close(self._transport)
            self._transport.abort()


def _progress(transport: asyncio.Transport) -> int:
    """A number that changes whenever the client has read much of what waits for it."""
    # Over TLS, there may be no socket any more a moment before the connection is lost.
    if sys.platform == "linux" and (wire := transport.get_extra_info("socket")) is not None:
        # The buffer of the system takes megabytes, and that of the transport changes only once a good part is read.
        found = wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _ACKNOWLEDGED.size)
        if len(found) == _ACKNOWLEDGED.size:
            (acknowledged,) = _ACKNOWLEDGED.unpack(found)
            return int(acknowledged)
    return transport.get_write_buffer_size()
