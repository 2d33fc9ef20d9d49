"""A long stream of server-sent events, read from the pieces of a response.

Usage: python -m benchmarks.workers.events ours|httpx-sse COUNT
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import httpx
from httpx_sse import EventSource

from zeroscope._flows.sse import EventParser

from .protocol import answer

PIECE = 65536
"""How many bytes come at a time, as from a socket."""


def stream(count: int) -> bytes:
    """So many events as the service sends them: a few lines of logs, then the output."""
    events = (
        f"event: {'logs' if number % 4 else 'output'}\nid: 1700000000:{number}\n"
        f"data: {number % 100:3}%|███▊      | {number % 50}/50 [00:02<00:01, 15.8it/s]\n\n"
        for number in range(count)
    )
    return "".join(events).encode()


def response(content: bytes) -> httpx.Response:
    """The answer that brings them."""

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(content), PIECE):
            yield content[start : start + PIECE]

    return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=pieces())


def ours(content: bytes) -> int:
    """How many events this project's parser finds."""
    parser = EventParser()
    return sum(len(parser.feed(piece)) for piece in response(content).iter_bytes())


def theirs(content: bytes) -> int:
    """How many events httpx-sse finds."""
    return sum(1 for _ in EventSource(response(content)).iter_sse())


if __name__ == "__main__":
    count = int(sys.argv[2])
    content, read = stream(count), {"ours": ours, "httpx-sse": theirs}[sys.argv[1]]

    def milliseconds() -> float:
        begun = time.perf_counter()
        found = read(content)
        taken = 1000 * (time.perf_counter() - begun)
        if found != count:
            raise RuntimeError(f"{found} events were found, of {count}")
        return taken

    milliseconds()
    answer({"read": milliseconds})
