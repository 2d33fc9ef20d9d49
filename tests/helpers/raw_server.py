"""A server that answers connections with a function, and two proxies."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from helpers.client import prediction_body
from helpers.waiting import LONG

CERTIFICATES = Path(__file__).parent / "certificates"
"""Self-signed certificates with one key: of localhost, of another host, and one that has expired."""


class RawServer:
    """Passes each connection to a function in a thread of its own, and closes it afterwards.

    Attributes:
        port: Its port on the loopback interface.
        connections: The number of connections that were accepted, failed handshakes included.
        heads: The heads of the requests that `read_head` read.
        closed: Set once a client has closed a connection.
        refused: Set once a client has refused the certificate.
    """

    def __init__(self, respond: Callable[[RawServer, socket.socket], object], certificate: str | None = None) -> None:
        self.connections = 0
        self.heads: list[str] = []
        self.closed = threading.Event()
        self.refused = threading.Event()
        self.stopped = threading.Event()
        self._respond = respond
        self._context: ssl.SSLContext | None = None
        if certificate is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(CERTIFICATES / f"{certificate}.pem", CERTIFICATES / "key.pem")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []

    @property
    def url(self) -> str:
        """Its URL."""
        return f"{'http' if self._context is None else 'https'}://127.0.0.1:{self.port}"

    @contextmanager
    def running(self) -> Iterator[RawServer]:
        """Accept connections until the end of the block."""
        thread = threading.Thread(target=self._accept, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.stopped.set()
            # Wakes the thread, which closing alone does not.
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), timeout=LONG).close()
            thread.join(LONG)
            self._listener.close()
            for each in self._threads:
                each.join(LONG)

    def read_head(self, connection: socket.socket) -> str:
        """Read and record the head of a request; it is empty at the end of the connection."""
        received = b""
        while b"\r\n\r\n" not in received:
            chunk = connection.recv(65536)
            if not chunk:
                self.closed.set()
                return ""
            received += chunk
        head = received.partition(b"\r\n\r\n")[0].decode("latin-1")
        self.heads.append(head)
        return head

    def drip(self, connection: socket.socket, data: bytes, interval: float = 0.05) -> None:
        """Send data a byte at a time, again and again, until the client has closed the connection."""
        try:
            while not self.stopped.is_set():
                for number in range(len(data)):
                    connection.sendall(data[number : number + 1])
                    if self.stopped.wait(interval):
                        return
        except OSError:
            self.closed.set()

    def _accept(self) -> None:
        while not self.stopped.is_set():
            connection, _ = self._listener.accept()
            if self.stopped.is_set():
                connection.close()
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(LONG)
        with contextlib.suppress(OSError), contextlib.closing(connection):
            if self._context is None:
                self._respond(self, connection)
            else:
                try:
                    secured = self._context.wrap_socket(connection, server_side=True)
                except ssl.SSLError:
                    self.refused.set()
                    raise
                with secured:
                    self._respond(self, secured)


def response(body: Any, status: str = "200 OK", *headers: str) -> bytes:
    """Return an HTTP response: of JSON unless the body is bytes."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def keep_alive(server: RawServer, connection: socket.socket) -> None:
    """Answer every request on a connection with a prediction."""
    while server.read_head(connection):
        connection.sendall(response(prediction_body()))


def tunnel(server: RawServer, connection: socket.socket) -> None:
    """Answer CONNECT as a proxy does, with a tunnel to the port that it names on this machine, whatever the host."""
    head = server.read_head(connection)
    port = int(head.split()[1].rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=LONG) as other:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        relay(server, connection, other)


def socks5(server: RawServer, connection: socket.socket) -> None:
    """Answer as a SOCKS5 proxy does, with a tunnel to the port that it names on this machine, whatever the host."""
    connection.recv(262)
    connection.sendall(b"\x05\x00")
    asked = connection.recv(512)
    server.heads.append(asked.hex())
    with socket.create_connection(("127.0.0.1", int.from_bytes(asked[-2:])), timeout=LONG) as other:
        connection.sendall(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
        relay(server, connection, other)


def relay(server: RawServer, one: socket.socket, other: socket.socket) -> None:
    """Pass bytes between two connections until one of them ends."""
    ends = {one: other, other: one}
    deadline = time.monotonic() + LONG
    while not server.stopped.is_set() and time.monotonic() < deadline:
        for ready in select.select(list(ends), [], [], 0.2)[0]:
            data = ready.recv(65536)
            if not data:
                return
            ends[ready].sendall(data)
