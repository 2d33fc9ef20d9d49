"""uvicorn, set up to serve the application of a mock server; to import it takes longer than all the rest."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .asgi import CONNECTION, App
from .buffered_transport import Connection

# How long requests under way may take to end once the server is closed, how often the header `Date` is renewed, and how
# long it takes to notice who has gone, in seconds.
_GRACE = 0.5
_DATE = 1.0
_MOMENT = 0.005


class Protocol(HttpToolsProtocol):
    """Sends what is short at once, and hands its connection over to the application, which can cut it then."""

    def connection_made(self, transport: Any) -> None:
        """Begin to listen to a client."""
        super().connection_made(cast(Any, Connection(transport)))

    def on_message_begin(self) -> None:
        """Begin to read a request."""
        super().on_message_begin()
        scope: Any = self.scope
        scope["extensions"] = {CONNECTION: self.transport}


class HttpServer(uvicorn.Server):
    """Ends as soon as it is told to; its parent looks ten times a second, and pauses even if nobody is connected.

    Args:
        app: the application.
    """

    def __init__(self, app: App) -> None:
        # It says that it takes whole seconds only, and takes others as well.
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

    def end(self) -> None:
        """Let it end; any thread may do that, and more than once."""
        self.should_exit = True
        self._wake()

    async def main_loop(self) -> None:
        """Serve until it is told to end."""
        loop, told = asyncio.get_running_loop(), asyncio.Event()
        self._wake = lambda: loop.call_soon_threadsafe(told.set)
        try:
            while not await self.on_tick(0):
                with suppress(TimeoutError):
                    async with asyncio.timeout(_DATE):
                        await told.wait()
        finally:
            self._wake = lambda: None

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen no more, and let those who are connected have their answers."""
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await asyncio.sleep(_MOMENT)
        if self.server_state.connections or self.server_state.tasks:
            # It does all of the above again, which changes nothing, and then waits.
            await super().shutdown(sockets)
