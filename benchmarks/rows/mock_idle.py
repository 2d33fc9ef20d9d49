"""The processor time of the mock server while many requests only wait."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

from ..benchmark import Benchmark, Context
from ..measurement import Goal, Row, Series
from ..processes import TOKEN, Server
from ..workers.canned import PREDICTIONS
from . import servers

_PAIRS = 200
_SETTLE = 2.0
# A held create is answered after a minute.
_LONGEST = 40.0
_NOTE = "A percentage of one processor, on the real clock; none of the predictions starts."


def idle(context: Context) -> Iterator[Row]:
    """Measure the server with event streams and held creates of predictions that do not start."""
    with ExitStack() as stack:
        server = stack.enter_context(servers.ours(context, "--streams"))
        server.call("POST", "/_mock/scripts", {"script": {"startup": 1e6}, "times": None})
        for _ in range(_PAIRS):
            created = json.loads(server.call("POST", PREDICTIONS, servers.CREATE)[1])
            stack.enter_context(_send(server, "GET", urlsplit(created["urls"]["stream"]).path))
            stack.enter_context(_send(server, "POST", PREDICTIONS, servers.CREATE, "Prefer: wait=60\r\n"))
        time.sleep(_SETTLE)
        rounds = context.choose(7, 1)
        figures = tuple(_load(server, _LONGEST / rounds / 2) for _ in range(rounds))
    what = f"mock: {_PAIRS} event streams and {_PAIRS} held creates, waiting"
    yield Row(what, Series("%", figures), goal=Goal("below", 5, "%"), note=_NOTE)


def _send(server: Server, method: str, path: str, body: Any = None, more: str = "") -> socket.socket:
    """Send a request on a connection of its own, and read nothing."""
    content = b"" if body is None else json.dumps(body).encode()
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n{more}\r\n"
    )
    connection = socket.create_connection(("127.0.0.1", server.port))
    connection.sendall(head.encode() + content)
    return connection


def _load(server: Server, seconds: float) -> float:
    cpu, start = server.cpu, time.perf_counter()
    time.sleep(seconds)
    return 100 * (server.cpu - cpu) / (time.perf_counter() - start)


BENCHMARKS = (Benchmark("mock waiting", idle),)
