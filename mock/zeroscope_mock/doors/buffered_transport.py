"""A connection to a client, as the protocol of uvicorn knows it."""

from __future__ import annotations

import asyncio
from typing import Any

MOST = 16_384
"""How many bytes wait to be sent together; more go at once, so that the transport can tell when it has enough."""


class Connection:
    """A transport that sends together what is written in one turn of the event loop.

    uvicorn writes head and body one by one, and to send a second packet takes as long as to think of a short answer.

    Args:
        transport: what the event loop made for the connection; all that is not here is left to it.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._waiting: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> None:
        """Send some bytes at the end of this turn."""
        if not self._waiting:
            self._loop.call_soon(self._send)
        self._waiting.append(data)
        self._size += len(data)
        if self._size > MOST:
            self._send()

    def close(self) -> None:
        """Send what waits and close the connection."""
        self._send()
        self._transport.close()

    def abort(self) -> None:
        """Send what waits, as far as that is possible at once, and cut the connection."""
        self._send()
        self._transport.abort()

    def _send(self) -> None:
        waiting, self._waiting, self._size = self._waiting, [], 0
        if waiting and not self._transport.is_closing():
            self._transport.writelines(waiting)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
