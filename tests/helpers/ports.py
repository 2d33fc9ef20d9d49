"""Ports that stay with a test while its server restarts."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def reserve_port() -> Iterator[int]:
    """Yield a port of the loopback interface, on which only who names it listens.

    Between two servers on a port that was free before, the system may give it to another process that asks for any.
    """
    with socket.socket() as reserved:
        # As servers set it, too, they can listen on the port: this socket does not listen.
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind(("127.0.0.1", 0))
        yield reserved.getsockname()[1]
