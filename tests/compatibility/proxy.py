"""Proxy to a server on this machine, for clients whose host cannot be set."""

from __future__ import annotations

import socket
import threading
from socketserver import StreamRequestHandler, ThreadingTCPServer
from types import TracebackType
from typing import Self


class Proxy:
    """Answers `CONNECT` to a host, and forwards the bytes of the tunnel; other hosts cannot be reached.

    Args:
        host: The host and port that clients ask for.
        port: Where the server listens that they get.

    Attributes:
        url: What clients take in `HTTPS_PROXY`.
    """

    def __init__(self, host: str, port: int) -> None:
        class Handler(StreamRequestHandler):
            def handle(self) -> None:
                asked = self.rfile.readline().split()[1].decode()
                while self.rfile.readline().strip():
                    pass
                if asked != host:
                    self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                    return
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
