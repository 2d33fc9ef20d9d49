"""A proxy that connects every host with one server: for clients whose host cannot be set."""

from __future__ import annotations

import socket
import threading
from socketserver import StreamRequestHandler, ThreadingTCPServer
from types import TracebackType
from typing import Self


class Proxy:
    """Answers `CONNECT`, and forwards the bytes of the tunnel to a server on this machine.

    Args:
        port: Where the server listens.

    Attributes:
        url: What clients take in `HTTPS_PROXY`.
        hosts: The hosts that clients asked for.
    """

    def __init__(self, port: int) -> None:
        self.hosts: list[str] = []
        hosts = self.hosts

        class Handler(StreamRequestHandler):
            def handle(self) -> None:
                hosts.append(self.rfile.readline().split()[1].decode())
                while self.rfile.readline().strip():
                    pass
                with socket.create_connection(("127.0.0.1", port)) as server:
                    self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    back = threading.Thread(target=_forward, args=(server, self.connection))
                    back.start()
                    _forward(self.connection, server)
                    back.join()

        self._server = ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _forward(source: socket.socket, target: socket.socket) -> None:
    """Copy bytes until the source has no more."""
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass
