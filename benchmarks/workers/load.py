"""A load generator: requests on persistent connections, without pauses.

Usage: python -m benchmarks.workers.load
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any, cast

import uvloop

from .protocol import serve

CONNECTIONS = 16
"""The number of concurrent requests."""

_RAMP = 0.1


@dataclass
class _Count:
    responses: int = 0
    error: bytes = b""


class _Connection(asyncio.Protocol):
    """A connection that repeats the same request after each response."""

    def __init__(self, request: bytes, count: _Count) -> None:
        self._request = request
        self._count = count
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not inherit from asyncio's.
        self._transport = cast("asyncio.WriteTransport", transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = _end(self._received)
        if end is None or end > len(self._received):
            return
        if self._received[9:10] != b"2":
            self._count.error = self._received[:1000]
        self._received = self._received[end:]
        self._count.responses += 1
        self._transport.write(self._request)


def _end(received: bytes) -> int | None:
    """Return the length of the first response; None if its end has not been received."""
    head_end = received.find(b"\r\n\r\n")
    if head_end < 0:
        return None
    head = received[:head_end].lower()
    name = head.find(b"content-length:")
    if name < 0:
        # A chunked body, whose last chunk is empty.
        last = received.find(b"0\r\n\r\n", head_end)
        return None if last < 0 else last + 5
    return head_end + 4 + int(head[name + 15 :].partition(b"\r\n")[0])


async def _load(port: int, request: bytes, seconds: float) -> tuple[float, _Count]:
    loop, count = asyncio.get_running_loop(), _Count()
    connections = [
        await loop.create_connection(lambda: _Connection(request, count), "127.0.0.1", port) for _ in range(CONNECTIONS)
    ]
    stopped = False

    def spin() -> None:
        # Otherwise a slow server would spend time on waking this loop with each response, and a fast one would not.
        if not stopped:
            loop.call_soon(spin)

    spin()
    await asyncio.sleep(_RAMP)
    before, start = count.responses, time.perf_counter()
    await asyncio.sleep(seconds)
    rate = (count.responses - before) / (time.perf_counter() - start)
    stopped = True
    for transport, _ in connections:
        transport.abort()
    return rate, count


def load(port: int, method: str, path: str, token: str, body: Any, seconds: float) -> float:
    """Return the number of responses a second.

    Args:
        port: The port of the server.
        token: The bearer token.
        body: The body as a JSON value; None for no body.
        seconds: The duration of the measurement, in seconds.

    Raises:
        RuntimeError: If a response is not 2xx.
    """
    content = json.dumps(body).encode() if body is not None else b""
    head = f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer {token}\r\n"
    head += "accept: application/json\r\n"
    if content:
        head += f"content-type: application/json\r\ncontent-length: {len(content)}\r\n"
    rate, count = uvloop.run(_load(port, head.encode() + b"\r\n" + content, seconds))
    if count.error or not rate:
        raise RuntimeError(f"{method} {path} failed: {count.error.decode(errors='replace') or 'no response'}")
    return rate


if __name__ == "__main__":
    serve({"load": load})
