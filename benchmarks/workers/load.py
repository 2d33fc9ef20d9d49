"""Requests over HTTP as fast as a server answers them, on connections that are kept.

Usage: python -m benchmarks.workers.load
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any, cast

import uvloop

from .protocol import answer

CONNECTIONS = 16
"""How many requests are under way at a time."""

_RAMP = 0.1


@dataclass
class _Count:
    answers: int = 0
    refusal: bytes = b""


class _Connection(asyncio.Protocol):
    """Sends the same request again as soon as the last one was answered."""

    def __init__(self, request: bytes, count: _Count) -> None:
        self._request = request
        self._count = count
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are of no asyncio class.
        self._transport = cast("asyncio.WriteTransport", transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = _end(self._received)
        if end is None or end > len(self._received):
            return
        if self._received[9:10] != b"2":
            self._count.refusal = self._received[:1000]
        self._received = self._received[end:]
        self._count.answers += 1
        self._transport.write(self._request)


def _end(received: bytes) -> int | None:
    """Where the first answer ends, if that is known yet."""
    head_end = received.find(b"\r\n\r\n")
    if head_end < 0:
        return None
    head = received[:head_end].lower()
    name = head.find(b"content-length:")
    if name < 0:
        # In chunks, the last of which is empty.
        last = received.find(b"0\r\n\r\n", head_end)
        return None if last < 0 else last + 5
    return head_end + 4 + int(head[name + 15 :].partition(b"\r\n")[0])


async def _load(port: int, request: bytes, seconds: float) -> tuple[float, _Count]:
    loop, count = asyncio.get_running_loop(), _Count()
    made = [
        await loop.create_connection(lambda: _Connection(request, count), "127.0.0.1", port) for _ in range(CONNECTIONS)
    ]
    stopped = False

    def spin() -> None:
        # A server that is slower than this loop would pay for waking it with each answer, and a faster one would not.
        if not stopped:
            loop.call_soon(spin)

    spin()
    await asyncio.sleep(_RAMP)
    before, begun = count.answers, time.perf_counter()
    await asyncio.sleep(seconds)
    rate = (count.answers - before) / (time.perf_counter() - begun)
    stopped = True
    for transport, _ in made:
        transport.abort()
    return rate, count


def load(port: int, method: str, path: str, token: str, body: Any, seconds: float) -> float:
    """How many requests a second are answered.

    Raises:
        RuntimeError: If one was refused.
    """
    content = json.dumps(body).encode() if body is not None else b""
    head = f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer {token}\r\n"
    head += "accept: application/json\r\n"
    if content:
        head += f"content-type: application/json\r\ncontent-length: {len(content)}\r\n"
    rate, count = uvloop.run(_load(port, head.encode() + b"\r\n" + content, seconds))
    if count.refusal or not rate:
        raise RuntimeError(f"{method} {path} was refused: {count.refusal.decode(errors='replace') or 'no answer'}")
    return rate


if __name__ == "__main__":
    answer({"load": load})
