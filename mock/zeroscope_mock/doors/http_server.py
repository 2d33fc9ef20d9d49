"""The HTTP server on a socket: uvicorn, configured for the mock."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from ..messages import Response
from ..problems import malformed, problem
from .asgi import CONNECTION, App
from .buffered_transport import BufferedTransport

HEAD_LIMIT = 65_536
"""The size of the largest head of a request, in bytes."""

HEAD_TIMEOUT = 10.0
"""The time a client may take for the head of a request, in real seconds."""

# In seconds: the time for requests in progress once the server is closed, the interval in which the header `Date` is
# renewed, and the time in which closed connections are noticed.
_GRACE = 0.5
_DATE_INTERVAL = 1.0
_CLOSE_DELAY = 0.005
_ANY_ADDRESS = frozenset({"", "0.0.0.0", "::"})


class Protocol(HttpToolsProtocol):
    """The HTTP protocol with a buffered transport, which the application gets so that faults can cut the connection.

    uvicorn limits neither the size of a head nor the time that a client may take for it.
    """

    _timer: asyncio.TimerHandle | None = None
    _refusal: Response | None = None
    # Whether the next bytes belong to a head, how many of those have come, and how many heads were complete.
    _between_bodies = True
    _head_begun = False
    _head_size = 0
    _heads = 0

    def connection_made(self, transport: Any) -> None:
        """Wrap the transport of a new connection, and wait for its first head."""
        super().connection_made(cast(Any, BufferedTransport(transport)))
        if self.server and self.config.host not in _ANY_ADDRESS:
            self.server = (self.config.host, self.server[1])
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting for a head."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read some bytes, and limit those of a head that is not complete."""
        expected, heads = self._between_bodies, self._heads
        super().data_received(data)
        incomplete = expected and self._heads == heads
        if self.transport.is_closing() or not (incomplete or self._head_begun):
            return
        self._head_size += len(data) if incomplete else 0
        if self._head_size > HEAD_LIMIT:
            self._send(_too_large())
        else:
            self._start_timer()

    def on_message_begin(self) -> None:
        """Add the transport to the scope of a new request."""
        super().on_message_begin()
        scope: Any = self.scope
        scope["extensions"] = {CONNECTION: self.transport}
        self._head_begun = True

    def on_headers_complete(self) -> None:
        """Begin with a request whose head is complete, unless it is too large."""
        self._stop_timer()
        self._between_bodies = self._head_begun = False
        self._head_size = 0
        self._heads += 1
        if len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > HEAD_LIMIT:
            self._refusal = _too_large()
            # The parser gives up, and `send_400_response` is called.
            raise ValueError
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Expect the next head."""
        super().on_message_complete()
        self._between_bodies = True

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser cannot read, and close the connection."""
        self._send(self._refusal or malformed("What was sent is not an HTTP/1.1 request."))

    @property
    def is_idle_on_tls(self) -> bool:
        """Whether all has been sent, over TLS; closing then waits for the client's consent, up to half a minute."""
        if self.transport.get_extra_info("sslcontext") is None or self.transport.get_write_buffer_size():
            return False
        return self.cycle is None or self.cycle.response_complete

    def _start_timer(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(HEAD_TIMEOUT, self._end_wait)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end_wait(self) -> None:
        """Close the connection of a client that has not sent a whole head in time."""
        self._timer = None
        if self.cycle is not None and not self.cycle.response_complete:
            # The client has begun with the next request while the response to this one is being sent.
            self._start_timer()
        elif self._head_size or self._head_begun:
            detail = f"The head of the request did not come within {HEAD_TIMEOUT:g} seconds; send all of it."
            self._send(problem(408, detail))
        else:
            self.transport.close()

    def _send(self, response: Response) -> None:
        """Send a response outside the application, and close the connection."""
        assert isinstance(response.body, bytes)
        headers = [*self.server_state.default_headers, (b"connection", b"close")]
        headers += [(name.encode(), value.encode()) for name, value in response.headers]
        headers.append((b"content-length", str(len(response.body)).encode()))
        lines = [STATUS_LINE[response.status], *(b"%b: %b\r\n" % header for header in headers), b"\r\n"]
        self.transport.write(b"".join(lines) + response.body)
        self.transport.close()


def _too_large() -> Response:
    return problem(431, f"The head of the request must not be larger than {HEAD_LIMIT} bytes.")


class HttpServer(uvicorn.Server):
    """A server that stops at once; uvicorn's own polls ten times a second, and pauses even without connections.

    Args:
        app: The application.
        host: The address that its sockets are bound to.
        tls: The TLS context, for https.
    """

    def __init__(self, app: App, host: str, tls: ssl.SSLContext | None = None) -> None:
        # Its annotation is int, but it takes fractions of a second as well.
        grace: Any = _GRACE
        config = uvicorn.Config(
            app,
            host=host,
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
        if tls is not None:
            # uvicorn by itself makes a context from files.
            config.load()
            config.ssl = tls
        super().__init__(config)
        self._wake: Callable[[], object] = lambda: None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, with a limit on the time for TLS handshakes, which uvicorn has no setting for."""
        loop = asyncio.get_running_loop()
        if self.config.ssl is not None:
            # The loop is this server's own, and listens for nothing else.
            create_server = partial(loop.create_server, ssl_handshake_timeout=HEAD_TIMEOUT)
            loop.create_server = create_server  # type: ignore[method-assign]  # uvicorn calls it
        await super().startup(sockets)

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
        if self._abort(lambda connection: connection.is_idle_on_tls):
            await asyncio.sleep(_CLOSE_DELAY)
        if self.server_state.connections or self.server_state.tasks:
            # uvicorn repeats the above, which has no effect, and then waits.
            await super().shutdown(sockets)
            if self._abort(lambda connection: True):
                await asyncio.sleep(_CLOSE_DELAY)

    def _abort(self, wanted: Callable[[Protocol], bool]) -> bool:
        """Cut connections that are being closed, and return whether there were any."""
        connections = [one for one in self.server_state.connections if isinstance(one, Protocol) and wanted(one)]
        for connection in connections:
            connection.transport.abort()
        return bool(connections)
