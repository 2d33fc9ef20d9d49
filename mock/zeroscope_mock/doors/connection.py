"""A connection of a client to the HTTP server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from math import inf
from typing import Any, cast

from ..messages import Request, Response
from ..problems import problem
from ..protocols import Flow, Step
from ..steps import ConnectionCutError, drive_async
from . import limits
from .connections import Connections, cut, reset
from .deadline import Deadline
from .request_head import RequestHead
from .request_parser import RequestParser
from .responder import Responder
from .response_writer import ResponseWriter
from .waits import Waits

# How many bytes of further requests wait in memory while a response is being sent.
_UNREAD_LIMIT = 65_536
# How long what a refused client still sends is read, in seconds; to leave it unread would destroy the refusal.
_DRAIN_TIMEOUT = 1.0
_log = logging.getLogger("zeroscope_mock")


class HttpConnection(asyncio.Protocol):
    """Answers the requests on a connection, one after the other.

    A response that takes no time is sent where its request is read, without a task. While another one is being made or
    sent, the client may send further requests, which wait.

    Args:
        responder: Makes the responses.
        connections: The open connections of the server.
        scheme: `http` or `https`.
        host: The address that the server listens on; None if a client may have reached one of several.
    """

    _transport: asyncio.Transport
    _parser: RequestParser
    _writer: ResponseWriter

    def __init__(self, responder: Responder, connections: Connections, scheme: str, host: str | None) -> None:
        self._responder = responder
        self._connections = connections
        self._scheme = scheme
        self._host = host
        self._loop = asyncio.get_running_loop()
        self._deadline = Deadline(self._loop, self._end_wait)
        # What takes time of the request in progress.
        self._task: asyncio.Task[None] | None = None
        self._unread = b""
        # Whether the deadline is that of a head, which further bytes of the head do not move.
        self._awaits_head = True
        self._waits = Waits(self._give_up)
        # Whether no further request is read, and whether a reset is about to come.
        self._ended = self._cutting = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the first head."""
        # Those of uvloop do not inherit from those of asyncio.
        self._transport = cast("asyncio.Transport", transport)
        address = transport.get_extra_info("sockname") or ("localhost", 80)
        host = self._host or address[0]
        host = f"[{host}]" if ":" in host else host
        self._parser = RequestParser(
            self._connections.heads, self._scheme, f"{host}:{address[1]}", self._responder.body_limit
        )
        self._writer = ResponseWriter(self._loop, self._transport, self._responder.clock, self._waits.during)
        self._deadline.set(limits.HEAD_TIMEOUT)
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """End the work for the client."""
        self._ended = True
        self._unread = b""
        self._deadline.close()
        self._writer.stop()
        if self._task is not None:
            self._task.cancel()
        self._connections.discard(self)

    def data_received(self, data: bytes) -> None:
        """Answer the requests that are complete, or keep them until it is their turn."""
        if self._ended:
            return
        if not self._busy:
            # Some event loops reuse the memory that they have read into.
            self._read(bytes(data))
            if self._parser.in_body and not self._ended:
                # The event loop would read on for long, and serve no other client meanwhile.
                self._transport.pause_reading()
                self._loop.call_soon(self._read_on)
            return
        self._unread += data
        if len(self._unread) > _UNREAD_LIMIT:
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        """Answer what has come, because a client may end only its side of the connection.

        One that closes its socket looks the same, so that a request that waits is given up.

        Returns:
            Whether to keep the connection open; over TLS, it closes anyway.
        """
        self._waits.input_ended = True
        keeps = self._transport.can_write_eof()
        if not self._ended:
            if not self._busy:
                self._end()
            elif self._waits.active or not keeps:
                self._give_up()
        return keeps and (self._cutting or not self._ended)

    def pause_writing(self) -> None:
        """Let the next piece, or the next response, wait until the client has read enough."""
        self._writer.pause()

    def resume_writing(self) -> None:
        """Go on, because the client has read enough."""
        self._writer.resume()
        self._continue()

    @property
    def is_idle(self) -> bool:
        """Whether all responses have been sent."""
        return self._task is None and not self._cutting and not self._transport.get_write_buffer_size()

    def shut_down(self) -> None:
        """Close the connection as soon as there is no request in progress."""
        self._writer.last = True
        if self._task is None and not self._cutting:
            self._end()

    def abort(self) -> None:
        """Close the connection at once, with a reset if there is a request in progress.

        The request may have been carried out, so that the client must not get an orderly end.
        """
        self._ended = True
        if self._task is None:
            self._transport.abort()
        else:
            self._task.cancel()
            reset(self._transport)

    @property
    def _busy(self) -> bool:
        return self._task is not None or self._writer.drained is not None

    def _read(self, data: bytes) -> None:
        """Answer the requests in some bytes, until one takes time; the rest then waits."""
        parser = self._parser
        while data:
            received = parser.feed(data)
            if received is None:
                break
            if isinstance(received, Response):
                self._refuse(received)
                return
            self._answer(*received)
            if self._ended:
                return
            self._awaits_head = False
            data = parser.rest
            if self._busy:
                self._unread = data
                self._deadline.set(inf)
                return
            self._deadline.set(limits.KEEP_ALIVE)
        # Empty lines do not move the deadline.
        if self._waits.input_ended:
            self._end()
        elif parser.in_head:
            if not self._awaits_head:
                self._awaits_head = True
                self._deadline.set(limits.HEAD_TIMEOUT)
        elif parser.in_body:
            self._deadline.set(limits.BODY_TIMEOUT)
            if parser.expects_continue:
                self._writer.tell_to_continue()

    def _read_on(self) -> None:
        if not self._ended and not self._waits.input_ended:
            self._transport.resume_reading()

    def _continue(self) -> None:
        """Go on with what has come while a response was being made or sent."""
        if self._ended or self._busy:
            return
        if self._writer.last:
            self._end()
            return
        self._read_on()
        data, self._unread = self._unread, b""
        self._deadline.set(limits.KEEP_ALIVE)
        if data:
            self._read(data)
        elif self._waits.input_ended:
            self._end()

    def _answer(self, head: RequestHead, body: bytes) -> None:
        """Answer a request, or start to."""
        writer = self._writer
        writer.begun = False
        writer.last = writer.last or not head.keep_alive
        try:
            if refused := limits.refuse_host(head.head):
                self._responder.record_refusal(head.head, refused)
                self._send(head, refused)
                return
            flow = self._responder.flow(Request(head.head, body))
            try:
                step = next(flow)
            except StopIteration as end:
                response: Response = end.value
                if isinstance(response.body, bytes):
                    self._send(head, response)
                    self._run_due()
                else:
                    self._start(self._respond(head, response))
            else:
                self._start(self._respond(head, flow, step))
        except ConnectionCutError:
            self._cut()
            self._run_due()
        except Exception:
            self._fail(head)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self._task = self._connections.start(work)
        self._task.add_done_callback(self._finish)

    def _finish(self, task: asyncio.Task[None]) -> None:
        """Go on after a request that took time."""
        self._task = None
        self._run_due()
        self._continue()

    async def _respond(self, head: RequestHead, made: Response | Flow[Response], step: Step | None = None) -> None:
        """Answer a request whose response takes time to make, from a first step on, or to send."""
        try:
            clock, during = self._responder.clock, self._waits.during
            response = made if isinstance(made, Response) else await drive_async(made, clock, step, during)
            if isinstance(response.body, bytes) or head.head.method == "HEAD":
                self._send(head, response)
            else:
                await self._writer.write_stream(head, response, response.body)
        except ConnectionCutError:
            self._cut()
        except Exception:
            self._fail(head)

    def _send(self, head: RequestHead, response: Response) -> None:
        self._writer.write(head, response)
        if self._writer.last:
            self._end()

    def _refuse(self, response: Response) -> None:
        """Refuse what cannot be a request, or is too much of one, and close the connection."""
        self._writer.last = self._ended = True
        self._responder.record_refusal(self._parser.known_head, response)
        self._writer.write(None, response)
        if self._transport.can_write_eof():
            self._transport.write_eof()
            self._deadline.set(_DRAIN_TIMEOUT)
        else:
            self._end()

    def _end_wait(self) -> None:
        """Close the connection of a client that has not sent enough in time."""
        if self._parser.in_head and not self._ended:
            self._refuse(limits.late_head())
        elif self._parser.in_body and not self._ended:
            self._refuse(limits.late_body())
        else:
            self._end()

    def _end(self) -> None:
        """Close the connection once all has been sent."""
        self._ended = True
        self._deadline.close()
        self._writer.close()

    def _give_up(self) -> None:
        """Close the connection without the rest of the responses, of which none ends early without a reset."""
        if self._task is not None:
            self._task.cancel()
            if self._writer.begun:
                self._cut()
                if not self._transport.can_write_eof():
                    # The transport is about to send an orderly end.
                    reset(self._transport)
                return
        self._end()

    def _fail(self, head: RequestHead) -> None:
        """Log an error that the responder should have handled, and close the connection."""
        _log.exception("%s %s could not be answered", head.head.method, head.head.path)
        self._writer.last = True
        if self._writer.begun or self._ended:
            self._end()
        else:
            self._send(head, problem(500, "The mock server failed; its log says where."))

    def _cut(self) -> None:
        """Cut the connection as a crash would, once what has been written is on its way."""
        self._ended = self._cutting = True
        self._connections.start(cut(self._transport))

    def _run_due(self) -> None:
        """Run what the request has made due."""
        if self._responder.clock.has_due:
            self._connections.start(self._responder.clock.run_due_async())
