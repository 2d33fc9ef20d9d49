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
_SETTLE = 1.0
# Longer than the pause between two comments that keep a stream alive.
_SECONDS = 16.0
_UNIT = "of a core"
_NOTE = "{} Before it, the same server took {:.2g} of a core without requests."
_CLOCKS = {
    "real": "No prediction starts; each stream gets a comment within the time.",
    "virtual": "The clock is frozen, since otherwise it would jump to the end of all waits.",
}


def idle(context: Context) -> Iterator[Row]:
    """Measure the server, on each clock, with event streams and held creates of predictions that do not start."""
    seconds = _SECONDS / context.choose(1, 16)
    for clock, note in _CLOCKS.items():
        with ExitStack() as stack:
            server = stack.enter_context(servers.ours(context, "--streams", "--clock", clock))
            if clock == "virtual":
                server.call("POST", "/_mock/clock/freeze")
            server.call("POST", "/_mock/scripts", {"script": {"startup": 1e6}, "times": None})
            alone = _load(server, seconds / 4)
            for _ in range(_PAIRS):
                created = json.loads(server.call("POST", PREDICTIONS, servers.CREATE)[1])
                stack.enter_context(_send(server, "GET", urlsplit(created["urls"]["stream"]).path))
                stack.enter_context(_send(server, "POST", PREDICTIONS, servers.CREATE, "Prefer: wait=60\r\n"))
            time.sleep(_SETTLE / context.choose(1, 4))
            waiting = _load(server, seconds)
        what = f"mock: {_PAIRS} event streams and {_PAIRS} held creates, waiting on the {clock} clock"
        yield Row(what, Series(_UNIT, (waiting,)), goal=Goal("below", 0.05, _UNIT), note=_NOTE.format(note, alone))


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
    return (server.cpu - cpu) / (time.perf_counter() - start)


BENCHMARKS = (Benchmark("mock waiting", idle),)
