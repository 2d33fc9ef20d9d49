"""The open connections of an HTTP server, and its tasks."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Protocol

from .request_parser import KnownHeads

# In seconds: the time for requests in progress once the server is closed, and that for clients over TLS to agree to the
# end of an idle connection, which some never do.
_GRACE = 0.5
_CLOSE_DELAY = 0.005
# In seconds: how long a connection that is cut may take to send what has been written, how often that is checked, and
# how long the system may then take.
_CUT_TIMEOUT = 1.0
_CUT_INTERVAL = 0.002
_CUT_DELAY = 0.02


class Connection(Protocol):
    """A connection, as the server ends it."""

    @property
    def is_idle(self) -> bool:
        """Whether all responses have been sent."""
        ...

    def shut_down(self) -> None:
        """Close the connection as soon as there is no request in progress."""
        ...

    def abort(self) -> None:
        """Close the connection at once."""
        ...


class Connections:
    """The open connections of a server, and the tasks for its requests.

    Attributes:
        heads: The heads that they have parsed.
        tasks: What takes time of the requests in progress.
    """

    def __init__(self) -> None:
        self.heads = KnownHeads()
        self.tasks: set[asyncio.Task[None]] = set()
        self._open: set[Connection] = set()
        self._closing = False
        self._quiet = asyncio.Event()
        self._quiet.set()

    def add(self, connection: Connection) -> None:
        """Add a new connection."""
        self._open.add(connection)
        self._quiet.clear()
        if self._closing:
            connection.shut_down()

    def discard(self, connection: Connection) -> None:
        """Forget a connection that is closed."""
        self._open.discard(connection)
        self._update()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a task."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        self._quiet.clear()
        task.add_done_callback(self._discard_task)
        return task

    async def close(self) -> None:
        """Close all connections, and give clients time to get their responses."""
        self._closing = True
        for connection in tuple(self._open):
            connection.shut_down()
        await self._wait(_CLOSE_DELAY)
        # Over TLS, a connection that is being closed waits for the consent of the client, up to half a minute.
        for connection in tuple(self._open):
            if connection.is_idle:
                connection.abort()
        await self._wait(_GRACE)
        for connection in tuple(self._open):
            connection.abort()
        for task in self.tasks:
            task.cancel()
        await self._wait(_CLOSE_DELAY)

    def _discard_task(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        self._update()

    def _update(self) -> None:
        if not self._open and not self.tasks:
            self._quiet.set()

    async def _wait(self, seconds: float) -> None:
        """Wait until there is neither a connection nor a task, at most for some seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._quiet.wait()


async def cut(transport: asyncio.Transport) -> None:
    """Reset a connection as a crash would, once what has been written is on its way."""
    try:
        async with asyncio.timeout(_CUT_TIMEOUT):
            await asyncio.sleep(0)
            while not transport.is_closing():
                # A reset drops what is on its way, and a transport over TLS may just be passing something on.
                if not _unsent(transport):
                    await asyncio.sleep(_CUT_DELAY)
                    if transport.is_closing() or not _unsent(transport):
                        break
                await asyncio.sleep(_CUT_INTERVAL)
    except TimeoutError:
        # The client does not read.
        pass
    finally:
        reset(transport)


def _unsent(transport: asyncio.Transport) -> int:
    """How many bytes have been written and, as far as the system tells, not reached that of the client."""
    kept = transport.get_write_buffer_size()
    if kept == 0 and sys.platform == "linux" and (wire := transport.get_extra_info("socket")) is not None:
        import fcntl
        import termios

        (kept,) = struct.unpack("i", fcntl.ioctl(wire.fileno(), termios.TIOCOUTQ, bytes(4)))
    return kept


def reset(transport: asyncio.Transport) -> None:
    """Close a connection at once, unless it is being closed, with a reset (RST) instead of an orderly end."""
    if not transport.is_closing():
        reset_on_close(transport)
        transport.abort()


def reset_on_close(transport: asyncio.Transport, value: bool = True) -> None:
    """Decide whether the system resets a connection, whatever closes it, or ends it in order."""
    # Over TLS, there may be no socket any more a moment before the connection is lost.
    if (wire := transport.get_extra_info("socket")) is not None:
        # A linger time of 0 makes the socket reset the connection.
        linger = struct.pack("hh" if sys.platform == "win32" else "ii", value, 0)
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
