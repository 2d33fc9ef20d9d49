"""A mock server to run the suite against when no server is given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .document import Document
from .receiver import Receiver
from .rules import DialectName

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
            # A long wait takes no time on this clock.
            "patience": 2.0 * document.metadata["run-limit-seconds"],
        }
