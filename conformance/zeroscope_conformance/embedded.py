"""A mock server to try the suite on, and to show that the suite passes on what is known to be right."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .document import Document
from .receiver import Receiver
from .rules import DialectName

# Always the same, so that every run is; it opens nothing but a server that lives as long as the run.
TOKEN = "mock-0f4d1c8e5a7b4e0d9c3f2a6b8d1e7c5a"


@contextmanager
def mock(dialect: DialectName, spec: Path | None = None) -> Iterator[dict[str, Any]]:
    """Run a mock server on a socket, on a clock that nobody has to wait for.

    Args:
        dialect: how it speaks.
        spec: the document that it follows; the one it was made with if left out.

    Yields:
        What `check` takes.
    """
    from zeroscope_mock import MockServer, Rate, RateLimits

    # So that answers bear the headers that tell of limits, and none is ever reached.
    ample = Rate(10**6)
    limits = RateLimits(creates=ample, reads=ample, others=ample)
    document = Document.load(spec)
    with (
        MockServer(dialect=dialect, token=TOKEN, spec=spec, rate_limits=limits, control=False, streams=True) as server,
        server.listen() as listening,
        Receiver("127.0.0.1", 0, document.final, server.clock.time) as receiver,
    ):
        yield {
            "url": listening.url,
            "token": TOKEN,
            "document": document,
            "dialect": dialect,
            "clock": server.clock,
            "receiver": receiver,
            # Costs nothing on this clock.
            "patience": 2.0 * document.facts["run-limit-seconds"],
        }
