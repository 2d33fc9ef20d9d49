"""A long stream of server-sent events, parsed from the chunks of a response.

Usage: python -m benchmarks.workers.events ours|httpx-sse COUNT
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import httpx
from httpx_sse import EventSource

from zeroscope._flows.sse import EventParser

from .protocol import serve

CHUNK_SIZE = 65536
"""The size of a chunk, as from a socket, in bytes."""


def stream(count: int) -> bytes:
    """Return a number of events as the service sends them: some log lines, then the output."""
    events = (
        f"event: {'logs' if number % 4 else 'output'}\nid: 1700000000:{number}\n"
        f"data: {number % 100:3}%|███▊      | {number % 50}/50 [00:02<00:01, 15.8it/s]\n\n"
        for number in range(count)
    )
    return "".join(events).encode()


def response(content: bytes) -> httpx.Response:
    """Return a response that streams the events."""

    def chunks() -> Iterator[bytes]:
        for start in range(0, len(content), CHUNK_SIZE):
            yield content[start : start + CHUNK_SIZE]

    return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=chunks())


def ours(content: bytes) -> int:
    """Return the number of events that this project's parser finds."""
    parser = EventParser()
    return sum(len(parser.feed(chunk)) for chunk in response(content).iter_bytes())


def theirs(content: bytes) -> int:
    """Return the number of events that httpx-sse finds."""
    return sum(1 for _ in EventSource(response(content)).iter_sse())


if __name__ == "__main__":
    count = int(sys.argv[2])
    content, read = stream(count), {"ours": ours, "httpx-sse": theirs}[sys.argv[1]]

    def measure() -> float:
        start = time.perf_counter()
        found = read(content)
        elapsed = 1000 * (time.perf_counter() - start)
        if found != count:
            raise RuntimeError(f"{found} of {count} events were found")
        return elapsed

    measure()
    serve({"read": measure})
