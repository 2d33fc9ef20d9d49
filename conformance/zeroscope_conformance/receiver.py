"""A server that receives webhooks."""

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
class Delivery:
    """One webhook delivery.

    Args:
        path: The path that it was sent to.
        headers: The headers, names in lower case.
        body: The body as sent.
        status: The status code of the response.
        time: The time of arrival on the clock of the server, in seconds since 1970.
        received_at: The time of arrival on the clock of the system, as of every other exchange of a run.
    """

    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int
    time: float
    received_at: float

    @property
    def prediction(self) -> dict[str, Any]:
        """The prediction in the body; empty if the body is not a JSON object."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}


class Receiver:
    """Receives webhooks on a socket until it is closed.

    Args:
        host: The address to listen on.
        port: The port to listen on; 0 for a free one.
        final: The final statuses.
        now: Returns the time of the server, in seconds since 1970.
        public: The URL under which the server reaches the receiver; by default, that of `host` and `port`.

    Attributes:
        url: The URL to send webhooks to.

    Raises:
        OSError: If it cannot listen there.
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
        self._deliveries: list[Delivery] = []
        self._failing_paths: set[str] = set()
        self._final = final
        self._now = now
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status = receiver.receive(self.path, headers, body)
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Log nothing."""

        self._server = ThreadingHTTPServer((host, port), Handler)
        self._server.daemon_threads = True
        self.url = (public or f"http://{host}:{self._server.server_address[1]}").rstrip("/")
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def fail_once(self, path: str) -> None:
        """Respond with 503 to the next delivery to a path that has a final status."""
        with self._lock:
            self._failing_paths.add(path)

    def receive(self, path: str, headers: Mapping[str, str], body: bytes) -> int:
        """Record a delivery, and return the status code of the response."""
        with self._lock:
            delivery = Delivery(path, headers, body, 200, self._now(), time.time())
            if path in self._failing_paths and delivery.prediction.get("status") in self._final:
                self._failing_paths.discard(path)
                delivery = replace(delivery, status=503)
            self._deliveries.append(delivery)
            return delivery.status

    def deliveries(self, path: str) -> list[Delivery]:
        """Return the deliveries to a path so far, oldest first."""
        with self._lock:
            return [delivery for delivery in self._deliveries if delivery.path == path]

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
