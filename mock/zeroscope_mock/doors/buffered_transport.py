"""An asyncio transport that joins small writes."""

from __future__ import annotations

import asyncio
from typing import Any

MAX_BUFFERED = 16_384
"""The maximum number of buffered bytes; more are sent at once, so that the transport can signal back-pressure."""


class BufferedTransport:
    """A transport that sends all writes of one turn of the event loop together.

    uvicorn writes head and body separately, and a second packet takes as long as making a short response.

    Args:
        transport: The transport of the connection; other attributes are taken from it.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._buffer: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> None:
        """Send some bytes at the end of this turn of the loop."""
        if not self._buffer:
            self._loop.call_soon(self._send)
        self._buffer.append(data)
        self._size += len(data)
        if self._size > MAX_BUFFERED:
            self._send()

    def close(self) -> None:
        """Send the buffer and close the connection."""
        self._send()
        self._transport.close()

    def abort(self) -> None:
        """Send as much of the buffer as possible at once, and cut the connection."""
        self._send()
        self._transport.abort()

    def _send(self) -> None:
        buffer, self._buffer, self._size = self._buffer, [], 0
        if buffer and not self._transport.is_closing():
            self._transport.writelines(buffer)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
