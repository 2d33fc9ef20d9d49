"""A listening socket, served from a background thread."""

from __future__ import annotations

import errno
import gc
import signal
import socket
import sys
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Self

from ..html_tables import escape, link, table

if TYPE_CHECKING:
    from .certificate import Certificate
    from .responder import Responder

# How long `close` waits for the thread, and the interval of `serve`, in seconds.
_CLOSE_TIMEOUT = 1.5
_TICK = 0.5


class PortInUseError(Exception):
    """Another process listens on the port."""


class Listening:
    """A server on a socket, from the construction of this object until `close`.

    Args:
        responder: Makes the responses.
        host: The address to listen on.
        port: The port to listen on; 0 for any that is free.
        on_close: Called once when it has stopped listening.
        certificate: The certificate, for https; it is closed with this object.

    Attributes:
        url: Scheme, host and port, such as `http://127.0.0.1:8000`.
        ca_file: On https, the certificate of the authority that clients must trust, a file; else None.
        environment: On https, the variables of the environment that make clients trust it; else empty.

    Raises:
        PortInUseError: If another process listens there.
        OSError: If the address cannot be listened on for another reason.
    """

    def __init__(
        self,
        responder: Responder,
        host: str,
        port: int,
        on_close: Callable[[], object] = lambda: None,
        certificate: Certificate | None = None,
    ) -> None:
        from .http_server import HttpServer

        self.ca_file = certificate.ca_file if certificate else None
        self.environment = dict(certificate.environment) if certificate else {}
        self._certificate = certificate
        self._on_close = on_close
        self._closed = False
        listener = _bind(host, port)
        number: int = listener.getsockname()[1]
        scheme = "https" if certificate else "http"
        self.url = f"{scheme}://[{host}]:{number}" if ":" in host else f"{scheme}://{host}:{number}"
        self._server = HttpServer(responder, host, certificate.context if certificate else None)
        self._thread = threading.Thread(
            target=self._server.run, args=(listener,), name=f"zeroscope_mock {self.url}", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop listening and wait for the thread to end, at most 1.5 seconds. Closing again has no effect."""
        self._server.stop()
        self._thread.join(_CLOSE_TIMEOUT)
        if not self._closed:
            self._closed = True
            if self._certificate is not None:
                self._certificate.close()
            self._on_close()

    @property
    def closed(self) -> bool:
        """Whether it listens no longer."""
        return self._closed

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.url}{', closed' if self._closed else ''}>"

    def _repr_html_(self) -> str:
        address = f"{escape(self.url)}, closed" if self._closed else link(self.url)
        return table([("listening at", address)])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def serve(
    listen: Callable[[], Listening],
    on_ready: Callable[[Listening], object],
    on_tick: Callable[[], object] = lambda: None,
) -> None:
    """Listen until the process is interrupted or terminated.

    Args:
        listen: Starts listening.
        on_ready: Called once it can be reached.
        on_tick: Called twice a second.
    """
    # Not an Event: its lock is not reentrant, so a signal that came while the loop below is about to wait would block.
    signals_received: SimpleQueue[int] = SimpleQueue()
    thresholds = gc.get_threshold()
    # What the program, or Python 3.12 at its start, has frozen cannot be told apart afterwards, so it stays as it is.
    freeze = gc.get_freeze_count() == 0

    def end(number: int, frame: FrameType | None) -> None:
        signals_received.put(number)

    # Only the main thread can handle signals; in another one, the server stops with the process.
    signals = (signal.SIGINT, signal.SIGTERM) if threading.current_thread() is threading.main_thread() else ()
    before = {number: signal.signal(number, end) for number in signals}
    try:
        with listen() as listening:
            _tune_garbage_collector(freeze)
            on_ready(listening)
            while not _wait(signals_received):
                on_tick()
    finally:
        if freeze:
            gc.unfreeze()
        gc.set_threshold(*thresholds)
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait(signals_received: SimpleQueue[int]) -> bool:
    """Wait for a signal until the next tick, and return whether one has come."""
    try:
        signals_received.get(timeout=_TICK)
    except Empty:
        return False
    return True


def _tune_garbage_collector(freeze: bool) -> None:
    """Make garbage collections rarer, because they find nothing here but traverse all data that is kept.

    Objects that exist now are frozen without a collection, because the first request is waiting; later collections
    happen only after many new objects.
    """
    if freeze:
        gc.freeze()
    gc.set_threshold(20_000, *gc.get_threshold()[1:])


def _bind(host: str, port: int) -> socket.socket:
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    # With the protocol named, asyncio has the system send each piece at once (TCP_NODELAY).
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # Allows a port to be used again at once; on Windows it would allow two servers on one port.
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        # Connections wait in the backlog from here on, so none is refused before the loop runs.
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUseError(f"port {port} of {host} is in use; choose another one, or 0 for any") from error
        raise
    return listener
