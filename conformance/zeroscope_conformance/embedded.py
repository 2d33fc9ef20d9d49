"""A mock server to run the suite against when no server is given."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .document import Document
from .receiver import Receiver
from .rules import DialectName

if TYPE_CHECKING:
    from zeroscope_mock import MockServer

# Constant, so that every run is the same. It is valid only for a server that ends with the run.
TOKEN = "mock-0f4d1c8e5a7b4e0d9c3f2a6b8d1e7c5a"


@contextmanager
def mock_server(
    dialect: DialectName, spec: Path | None = None, *, models: Mapping[str, Path] | None = None, streams: bool = True
) -> Iterator[dict[str, Any]]:
    """Run a mock server on a socket, with a virtual clock, on which waits take no time.

    Args:
        dialect: The dialect of the server.
        spec: The document that it follows; by default, the one that it was built with.
        models: The files of further models that it runs, by `owner/name`.
        streams: Whether every prediction has a stream of events, or none has.

    Yields:
        The arguments of `run_suite`.
    """
    from zeroscope_mock import MockServer, Rate, RateLimits

    # With limits, responses have the headers that report them; these limits are never reached.
    ample = Rate(10**6)
    limits = RateLimits(creates=ample, reads=ample, others=ample)
    document = Document.load(spec)
    with (
        _silent_log(),
        MockServer(
            dialect=dialect,
            token=TOKEN,
            spec=spec,
            rate_limits=limits,
            control=False,
            streams=streams,
            models=models or {},
        ) as server,
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
            "provoke": partial(_provoke, server),
            # A long wait takes no time on this clock.
            "patience": 2.0 * document.metadata["run-limit-seconds"],
        }


@contextmanager
def _silent_log() -> Iterator[None]:
    """Keep the server's advice out of the command's output, unless the program handles logs: it is for its users."""
    log, handler = logging.getLogger("zeroscope_mock"), logging.NullHandler()
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)


def _provoke(server: MockServer, operation: str, status: int) -> None:
    """Make a mock server respond to the next request for an operation with a status."""
    server.faults.add(operation=operation, status=status, times=1)
