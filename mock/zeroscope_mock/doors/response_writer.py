"""The writer of the responses on a connection."""

from __future__ import annotations

import asyncio

from ..messages import Response, Stream
from ..protocols import Clock
from ..steps import Around
from .connections import reset_on_close
from .request_head import RequestHead
from .response_head import BODILESS_STATUSES, closes, encode_head
from .write_deadline import WriteDeadline

# Up to this length, in bytes, a body is sent together with its head, which copies it.
_JOINED = 65_536
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class ResponseWriter:
    """Writes responses, whole or in pieces.

    Args:
        loop: The event loop.
        transport: The transport of the connection.
        clock: The clock for the pauses between pieces.
        during: Surrounds each pause.

    Attributes:
        last: Whether the connection ends after the current response.
        begun: Whether the head of the current response has been sent.
        drained: Ends when the client has read enough; None if there is nothing to wait for.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, transport: asyncio.Transport, clock: Clock, during: Around
    ) -> None:
        self._loop = loop
        self._transport = transport
        self._deadline = WriteDeadline(loop, transport)
        self._clock = clock
        self._during = during
        self.last = self.begun = self._closing = False
        self.drained: asyncio.Future[None] | None = None

    def pause(self) -> None:
        """Write no further piece until the client has read enough."""
        self.drained = self._loop.create_future()
        self._deadline.start()

    def resume(self) -> None:
        """Go on."""
        if not self._closing:
            self._deadline.stop()
        drained, self.drained = self.drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    def close(self) -> None:
        """Close the connection once the client has read enough."""
        self._closing = True
        # The transports of asyncio cannot be closed while they tell that the client has read enough.
        self._loop.call_soon(self._transport.close)
        self._deadline.start()

    def stop(self) -> None:
        """Wait for nothing any more, because the connection is lost."""
        self._deadline.close()
        self.resume()

    def tell_to_continue(self) -> None:
        """Tell the client to send the body of its request."""
        self._transport.write(_CONTINUE)

    def write(self, request: RequestHead | None, response: Response) -> None:
        """Write a whole response.

        Args:
            request: The head of its request; None for what is none.
            response: The response; for a HEAD, its body may be a stream, which is not sent.

        Raises:
            ValueError: For an invalid header.
        """
        body = response.body
        length = len(body) if isinstance(body, bytes) else body.length
        head = self._head(response, "" if length is None else f"content-length: {length}\r\n")
        bodiless = response.status in BODILESS_STATUSES or (request is not None and request.head.method == "HEAD")
        if bodiless or not isinstance(body, bytes):
            self._transport.write(head)
        elif len(body) <= _JOINED:
            self._transport.write(head + body)
        else:
            self._transport.writelines([head, body])

    async def write_stream(self, request: RequestHead, response: Response, body: Stream) -> None:
        """Write a response in pieces, as fast as these come and the client reads.

        Raises:
            ConnectionCutError: If the connection is to be cut.
            ValueError: For an invalid header.
        """
        chunked = body.length is None and request.chunks
        if body.length is not None:
            framing = f"content-length: {body.length}\r\n"
        elif chunked:
            framing = "transfer-encoding: chunked\r\n"
        else:
            # Only the end of the connection shows that of the body.
            self.last, framing = True, ""
        is_tls = not self._transport.can_write_eof()
        if is_tls:
            # The transport may send an orderly end, or drop pieces, before it tells that the client has sent its own.
            reset_on_close(self._transport)
        self._transport.write(self._head(response, framing))
        sent = 0
        for piece in body.pieces():
            if not isinstance(piece, bytes):
                with self._during(piece) as pause:
                    await pause.run_async(self._clock)
            elif piece:
                sent += len(piece)
                self._transport.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
                if self.drained is not None:
                    await self.drained
        if chunked:
            self._transport.write(b"0\r\n\r\n")
        elif sent != body.length:
            self.last = True
        if is_tls:
            await self._flush()
            reset_on_close(self._transport, False)

    async def _flush(self) -> None:
        """Wait until a transport over TLS has sent all, and has told whether the client has sent its end."""
        self._transport.set_write_buffer_limits(high=1, low=0)
        if self.drained is not None:
            await self.drained
        self._transport.set_write_buffer_limits()
        if not self._transport.is_reading():
            self._transport.resume_reading()
            await asyncio.sleep(0)

    def _head(self, response: Response, framing: str) -> bytes:
        if response.status in BODILESS_STATUSES:
            framing = ""
        if closes(response.headers):
            self.last = True
        elif self.last:
            framing += "connection: close\r\n"
        head = encode_head(response.status, response.headers, framing)
        self.begun = True
        return head
