"""Receives webhooks on a socket."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Received:
    """One delivery.

    Args:
        path: where it was sent.
        headers: names in small letters.
        body: as sent.
        status: what it was answered.
        time: when it came, in seconds since 1970.
    """

    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int
    time: float

    @property
    def json(self) -> dict[str, Any]:
        """The prediction in it; empty if it is no JSON object."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}


class Receiver:
    """Listens for webhooks until closed.

    Args:
        host: the address to listen on.
        port: the port to listen on; 0 for any that is free.
        final: the statuses that are ends.
        now: tells the time, in seconds since 1970.
        public: the address under which the server can reach it; its own if left out.

    Raises:
        OSError: if it cannot listen there.
    """

    def __init__(
        self,
        host: str,
        port: int,
        final: frozenset[str],
        now: Callable[[], float] = time.time,
        public: str | None = None,
    ) -> None:
        self._lock = threading.Lock()
        self._received: list[Received] = []
        self._refusing: set[str] = set()
        self._final = final
        self._now = now
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status = receiver.take(self.path, headers, body)
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer((host, port), Handler)
        self._server.daemon_threads = True
        self.url = (public or f"http://{host}:{self._server.server_address[1]}").rstrip("/")
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def refuse_once(self, path: str) -> None:
        """Answer the next delivery to a path that bears a final status with 503."""
        with self._lock:
            self._refusing.add(path)

    def take(self, path: str, headers: Mapping[str, str], body: bytes) -> int:
        """Keep a delivery, and return the status to answer it with."""
        with self._lock:
            received = Received(path, headers, body, 200, self._now())
            if path in self._refusing and received.json.get("status") in self._final:
                self._refusing.discard(path)
                received = replace(received, status=503)
            self._received.append(received)
            return received.status

    def at(self, path: str) -> list[Received]:
        """What has come to a path so far."""
        with self._lock:
            return [received for received in self._received if received.path == path]

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
