"""The HTTP server on a socket: uvicorn, configured for the mock."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .asgi import CONNECTION, App
from .buffered_transport import BufferedTransport

# In seconds: the time for requests in progress once the server is closed, the interval in which the header `Date` is
# renewed, and the time in which closed connections are noticed.
_GRACE = 0.5
_DATE_INTERVAL = 1.0
_CLOSE_DELAY = 0.005


class Protocol(HttpToolsProtocol):
    """The HTTP protocol with a buffered transport, which the application gets so that faults can cut the connection."""

    def connection_made(self, transport: Any) -> None:
        """Wrap the transport of a new connection."""
        super().connection_made(cast(Any, BufferedTransport(transport)))

    def on_message_begin(self) -> None:
        """Add the transport to the scope of a new request."""
        super().on_message_begin()
        scope: Any = self.scope
        scope["extensions"] = {CONNECTION: self.transport}


class HttpServer(uvicorn.Server):
    """A server that stops at once; uvicorn's own polls ten times a second, and pauses even without connections.

    Args:
        app: The application.
    """

    def __init__(self, app: App) -> None:
        # Its annotation is int, but it takes fractions of a second as well.
        grace: Any = _GRACE
        config = uvicorn.Config(
            app,
            http=Protocol,
            access_log=False,
            lifespan="off",
            log_config=None,
            log_level="critical",
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=grace,
            ws="none",
        )
        super().__init__(config)
        self._wake: Callable[[], object] = lambda: None

    def stop(self) -> None:
        """Stop the server; may be called from any thread, and more than once."""
        self.should_exit = True
        self._wake()

    async def main_loop(self) -> None:
        """Serve until `stop` is called."""
        loop, woken = asyncio.get_running_loop(), asyncio.Event()
        self._wake = lambda: loop.call_soon_threadsafe(woken.set)
        try:
            while not await self.on_tick(0):
                with suppress(TimeoutError):
                    async with asyncio.timeout(_DATE_INTERVAL):
                        await woken.wait()
        finally:
            self._wake = lambda: None

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, and give connected clients time to get their responses."""
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await asyncio.sleep(_CLOSE_DELAY)
        if self.server_state.connections or self.server_state.tasks:
            # uvicorn repeats the above, which has no effect, and then waits.
            await super().shutdown(sockets)
