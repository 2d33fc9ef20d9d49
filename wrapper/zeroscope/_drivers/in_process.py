"""Access to a mock server in this process: its files, and its bodies."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Protocol

from .._steps import Download
from .common import Driver
from .transports import MockServerTransport, nested, transport_for

Reader = Callable[[str], bytes | None]


class InProcessBody(Protocol):
    """A body of the mock server, which is made while it is read."""

    @property
    def clock(self) -> object:
        """The server's clock, on which its pauses are."""

    @property
    def due(self) -> float:
        """The moment on the clock's monotonic time at which its pause ends; infinite if only a change ends it."""
        ...

    def is_ready(self) -> bool:
        """Whether the next piece, the end or an error can be read without a pause."""
        ...

    def pause(self, until: float) -> None:
        """Let the clock move up to a moment, or until the body may be ready."""

    async def pause_async(self, until: float) -> None:
        """Do the same while other tasks run."""


def body_of(download: Download) -> InProcessBody | None:
    """Return the body of the mock server that a response has; None for that of another server."""
    body: InProcessBody | None = download.response.extensions.get("zeroscope_mock.body")
    return body


def in_process_reader(driver: Driver | None, url: str) -> Reader | None:
    """Return what reads a URL of the driver's server without a request; None for a server elsewhere."""
    given = None if driver is None else driver.own_http_client
    found = (each for each in nested(transport_for(given, url)) if isinstance(each, MockServerTransport))
    return next((each.read_output for each in found), None)


def read_within(readers: Mapping[str, Reader], seconds: float) -> dict[str, bytes | None]:
    """Read URLs in a thread of its own; the result lacks those that are not read in time.

    Args:
        readers: What reads each URL, as returned by `in_process_reader`.
        seconds: How long all of them together may take, in real seconds.
    """
    found: dict[str, bytes | None] = {}

    def read() -> None:
        for url, reader in readers.items():
            try:
                found[url] = reader(url)
            except Exception:
                found[url] = None

    thread = threading.Thread(target=read, name="zeroscope notebook", daemon=True)
    thread.start()
    thread.join(seconds)
    return dict(found)
