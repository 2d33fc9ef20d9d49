"""Helpers for the tests of both official clients."""

from __future__ import annotations

import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from zeroscope_mock import MockServer
from zeroscope_mock.documents.spec import Spec

TOKEN = "r8_a-token-that-must-show-nowhere"
MODEL = str(Spec.load().model)
VERSION = str(Spec.load().version)

INPUT = {"prompt": "a lighthouse", "num_frames": 2}

ENDLESS = {"startup": 0, "run": 86400}
"""The course of a prediction that does not end while a test runs."""

SLOW = {"startup": 0, "run": 300}
"""The course of one that outlasts a wait of one second, and takes one and a half."""

FAILING = {"prompt": "mock:fail the GPU is on fire"}


def operations(server: MockServer) -> list[str | None]:
    """The calls so far, by operationId."""
    return [exchange.operation for exchange in server.journal]


class Receiver:
    """Listens for webhooks on the loopback.

    Attributes:
        url: Where to send them.
    """

    def __init__(self) -> None:
        received: queue.SimpleQueue[tuple[dict[str, str], str]] = queue.SimpleQueue()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                received.put(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._received = received
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhook"

    def receive(self) -> tuple[dict[str, str], str]:
        """Headers, named in small letters, and body of the next webhook, once it has come."""
        return self._received.get(timeout=20)

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
