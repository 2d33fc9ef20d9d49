"""The HTTP server on a socket."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from . import limits
from .connection import HttpConnection
from .connections import Connections
from .responder import Responder

_BACKLOG = 2048
# How long a connection that is being made when the server stops may take, such as for the handshake of TLS, in seconds.
_ACCEPTING = 0.1
# A connection that ends has a deadline of its own (`WriteDeadline`); this one would cut clients that read slowly.
_SHUTDOWN_TIMEOUT = 86_400.0
_ANY_ADDRESS = frozenset({"", "0.0.0.0", "::"})


class HttpServer:
    """A server of HTTP/1.1.

    Args:
        responder: Makes the responses.
        host: The address that its socket is bound to.
        tls: The TLS context, for https.

    Attributes:
        connections: Its open connections.
    """

    def __init__(self, responder: Responder, host: str, tls: ssl.SSLContext | None = None) -> None:
        self._responder = responder
        self._host = None if host in _ANY_ADDRESS else host
        self._tls = tls
        self.connections = Connections()
        self._stopped = False
        self._wake: Callable[[], object] = lambda: None

    def run(self, listener: socket.socket) -> None:
        """Serve until `stop` is called.

        Args:
            listener: A socket that listens.
        """
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(self._serve(listener))

    def stop(self) -> None:
        """Stop the server; may be called from any thread, and more than once."""
        self._stopped = True
        # The event loop may have just been closed.
        with suppress(RuntimeError):
            self._wake()

    async def _serve(self, listener: socket.socket) -> None:
        loop, stopped = asyncio.get_running_loop(), asyncio.Event()
        make = partial(HttpConnection, self._responder, self.connections, "https" if self._tls else "http", self._host)
        settings: dict[str, Any] = {}
        if self._tls:
            settings = {"ssl_handshake_timeout": limits.HEAD_TIMEOUT, "ssl_shutdown_timeout": _SHUTDOWN_TIMEOUT}
        server = await loop.create_server(make, sock=listener, backlog=_BACKLOG, ssl=self._tls, **settings)
        self._wake = lambda: loop.call_soon_threadsafe(stopped.set)
        try:
            # `stop` may have been called before there was anything to wake.
            if not self._stopped:
                await stopped.wait()
        finally:
            self._wake = lambda: None
            await self._finish_accepting(listener)
            server.close()
            listener.close()
            await self.connections.close()

    async def _finish_accepting(self, listener: socket.socket) -> None:
        """Accept no more connections, and let those that have been accepted arrive.

        A server of asyncio would fail to open them once it is closed, and never close their sockets.
        """
        # The loop of Windows opens connections when it accepts them.
        with suppress(NotImplementedError):
            asyncio.get_running_loop().remove_reader(listener)
            making = asyncio.all_tasks() - {asyncio.current_task()} - self.connections.tasks
            if making:
                _, late = await asyncio.wait(making, timeout=_ACCEPTING)
                for task in late:
                    task.cancel()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The event loop of uvloop; None, for that of asyncio, where there is none."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
