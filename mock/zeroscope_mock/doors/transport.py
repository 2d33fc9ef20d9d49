"""The door for clients of httpx in process; that for httpx2 shares its base."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import inf
from types import ModuleType
from typing import Any, ClassVar, Generic, TypeVar

import httpx

from ..core import Core
from ..machine import machine_seconds
from ..messages import Head, Request, Response, Stream
from ..protocols import Clock, Step
from ..steps import ConnectionCutError, Pause, Sleep, WaitForChange, Watch, drive, drive_async
from ..times import TOLERANCE
from .head_cache import HeadCache
from .response_head import BODILESS_STATUSES

HttpRequest = TypeVar("HttpRequest", bound=Any)
HttpResponse = TypeVar("HttpResponse", bound=Any)


class Body:
    """A body that is read in pieces, as from a socket.

    A client that does other things meanwhile asks `is_ready` before it reads, and may `pause` until then.

    Attributes:
        clock: The server's clock.
    """

    def __init__(self, body: Stream, timeout: _ReadTimeout) -> None:
        self.clock = timeout.clock
        self._pieces = _pieces(body, timeout)
        # What comes next, if it is known: a piece, a pause with the moment of its end, an error, or None for the end.
        self._next: list[bytes | Exception | tuple[Pause, float] | None] = []

    def __iter__(self) -> Iterator[bytes]:
        while (piece := self._take()) is not None:
            if isinstance(piece, bytes):
                yield piece
            else:
                piece.run(self.clock)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (piece := self._take()) is not None:
            if isinstance(piece, bytes):
                yield piece
            else:
                await piece.run_async(self.clock)

    @property
    def due(self) -> float:
        """The moment at which its pause ends, in seconds of the clock's `monotonic`; infinite if only a change does."""
        found = self._peek()
        return found[1] if isinstance(found, tuple) else -inf

    def is_ready(self) -> bool:
        """Whether the next piece, the end or an error can be read without a pause."""
        while isinstance(found := self._peek(), tuple):
            if not self._is_over(*found):
                return False
            self._next.clear()
        return True

    def pause(self, until: float) -> None:
        """Let the clock move up to a moment on its monotonic time, or until the body may be ready.

        Args:
            until: The moment, in seconds.
        """
        if (pause := self._pause(until)) is not None:
            pause.run(self.clock)

    async def pause_async(self, until: float) -> None:
        """Do the same while other tasks run."""
        if (pause := self._pause(until)) is not None:
            await pause.run_async(self.clock)

    def _pause(self, until: float) -> Pause | None:
        """The pause that comes next, or the part of it up to a moment; None if something else comes next."""
        found = self._peek()
        if not isinstance(found, tuple):
            return None
        pause, end = found
        if isinstance(pause, WaitForChange):
            return replace(pause, until=min(pause.until, until))
        if isinstance(pause, Watch):
            # In real time, which does not move the clock.
            return replace(pause, seconds=max(0.0, min(end - machine_seconds(), until - self.clock.monotonic())))
        return Sleep(max(0.0, min(end, until) - self.clock.monotonic()))

    def _is_over(self, pause: Pause, end: float) -> bool:
        now = machine_seconds() if isinstance(pause, Watch) else self.clock.monotonic()
        has_changed = (isinstance(pause, WaitForChange) and pause.condition.version != pause.seen) or (
            isinstance(pause, Watch) and pause.changed
        )
        return has_changed or now >= end

    def _peek(self) -> bytes | Exception | tuple[Pause, float] | None:
        if not self._next:
            found: bytes | Exception | Pause | None
            try:
                found = next(self._pieces, None)
            except Exception as error:
                found = error
            if isinstance(found, WaitForChange):
                self._next.append((found, found.until))
            elif isinstance(found, Sleep):
                self._next.append((found, self.clock.monotonic() + found.seconds))
            elif isinstance(found, Watch):
                self._next.append((found, machine_seconds() + found.seconds))
            else:
                self._next.append(found)
        return self._next[0]

    def _take(self) -> bytes | Pause | None:
        """The next piece or pause, of which a part may be over; None at the end."""
        if not self._next:
            return next(self._pieces, None)
        found, pause = self._next[0], self._pause(inf)
        self._next.clear()
        if isinstance(found, Exception):
            raise found
        return pause if isinstance(found, tuple) else found

    def close(self) -> None:
        """Stop in the middle; a sync client calls this."""
        self._next.clear()
        self._pieces.close()

    async def aclose(self) -> None:
        """Stop in the middle; an async client calls this."""
        self.close()


class BaseTransport(Generic[HttpRequest, HttpResponse]):
    """A transport of httpx or httpx2 that calls a server whatever the host.

    Args:
        core: The server's core.
    """

    library: ClassVar[ModuleType]
    """The library, whose classes and exceptions are named as those of httpx."""
    body_class: ClassVar[type[Body]]
    """The library's class of bodies that are read in pieces."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._heads = HeadCache()

    def handle_request(self, request: HttpRequest) -> HttpResponse:
        """Answer a request of a sync client."""
        clock = self._core.clock
        timeout = _ReadTimeout(request, clock, self.library)
        try:
            flow = self._core.flow(Request(self._head(request), request.read()))
            response = drive(flow, clock, timeout.during)
        except ConnectionCutError as error:
            raise timeout.error("ReadError", str(error)) from None
        finally:
            clock.run_due()
        return self._response(response, timeout)

    async def handle_async_request(self, request: HttpRequest) -> HttpResponse:
        """Answer a request of an async client."""
        clock = self._core.clock
        timeout = _ReadTimeout(request, clock, self.library)
        try:
            flow = self._core.flow(Request(self._head(request), await request.aread()))
            response = await drive_async(flow, clock, during=timeout.during)
        except ConnectionCutError as error:
            await clock.run_due_async()
            raise timeout.error("ReadError", str(error)) from None
        await clock.run_due_async()
        return self._response(response, timeout)

    def read_output(self, url: str) -> bytes | None:
        """The content of one of the server's URLs, without a request, for a notebook; None if it has no such file."""
        return self._core.state.content(url)

    def _head(self, request: HttpRequest) -> Head:
        url = request.url
        key = (request.method, url.raw_path, tuple(request.headers.raw), url.scheme, url.netloc)
        return self._heads.get(key, lambda: _read_head(*key))

    def _response(self, response: Response, timeout: _ReadTimeout) -> HttpResponse:
        body, headers = response.body, list(response.headers)
        length = len(body) if isinstance(body, bytes) else body.length
        if length is not None and response.status not in BODILESS_STATUSES:
            headers.append(("content-length", str(length)))
        if timeout.request.method == "HEAD":
            body = b""
        # respx reads the responses that it keeps, except streams, which may be endless.
        stream = self.library.ByteStream(body) if isinstance(body, bytes) else self.body_class(body, timeout)
        extensions = {} if isinstance(body, bytes) else {"zeroscope_mock.body": stream}
        made: HttpResponse = self.library.Response(
            response.status, headers=headers, stream=stream, request=timeout.request, extensions=extensions
        )
        return made


@dataclass
class _ReadTimeout:
    """The read timeout of a client, on the server's clock."""

    request: Any
    clock: Clock
    library: ModuleType

    def __post_init__(self) -> None:
        self.restart()

    @property
    def seconds(self) -> float:
        """How long the client waits for the next bytes, which it may change while it reads a body."""
        seconds = self.request.extensions.get("timeout", {}).get("read")
        return inf if seconds is None else float(seconds)

    def restart(self) -> None:
        """Wait for the whole time again, because the server has sent something."""
        self.left = self.seconds

    @contextmanager
    def during(self, step: Step) -> Iterator[Any]:
        """Let a step pause only as long as the client still waits: the step to run, of the same kind.

        Raises:
            ReadTimeout: That of the library, if the client waits no longer.
        """
        now = machine_seconds if isinstance(step, Watch) else self.clock.monotonic
        before, longest = now(), inf
        if isinstance(step, Sleep):
            # Other threads may move the clock further meanwhile.
            longest = step.seconds
            step = Sleep(min(step.seconds, self.left))
        elif isinstance(step, Watch):
            step = replace(step, seconds=min(step.seconds, self.left))
        elif isinstance(step, WaitForChange):
            step = replace(step, until=min(step.until, before + self.left))
        yield step
        if isinstance(step, Pause):
            self.left -= min(longest, now() - before)
        if self.left <= TOLERANCE:
            raise self.exceeded()

    def exceeded(self) -> Exception:
        return self.error("ReadTimeout", f"the server sent nothing for {self.seconds:g} s of its clock")

    def error(self, name: str, problem: str) -> Exception:
        """Return the library's exception of a name."""
        error: Exception = getattr(self.library, name)(problem, request=self.request)
        return error


def _read_head(
    method: str, target: bytes, headers: Iterable[tuple[bytes, bytes]], scheme: str, authority: bytes
) -> Head:
    path, _, query = target.decode("latin-1").partition("?")
    return Head(
        method=method,
        path=path,
        query=query,
        headers=tuple([(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers]),
        scheme=scheme,
        host=authority.decode("latin-1"),
    )


def _pieces(body: Stream, timeout: _ReadTimeout) -> Generator[bytes | Pause, None, None]:
    """The pieces and pauses of a body, with the errors that a client would see."""
    sent = 0
    timeout.restart()
    try:
        for piece in body.pieces():
            if isinstance(piece, bytes):
                sent += len(piece)
                timeout.restart()
                yield piece
            else:
                with timeout.during(piece) as pause:
                    yield pause
    except ConnectionCutError as error:
        raise timeout.error("ReadError", str(error)) from None
    if body.length is not None and sent < body.length:
        raise timeout.error(
            "RemoteProtocolError",
            "peer closed connection without sending complete message body "
            f"(received {sent} bytes, expected {body.length})",
        )


class _HttpxBody(Body, httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body of httpx."""


class Transport(BaseTransport[httpx.Request, httpx.Response], httpx.BaseTransport, httpx.AsyncBaseTransport):
    """An httpx transport, for `httpx.Client` and `httpx.AsyncClient` alike, that calls a server whatever the host.

    It behaves as a socket would: a connection that a fault cuts raises `httpx.ReadError`, a body that ends too early
    raises `httpx.RemoteProtocolError`, and a read timeout runs on the server's clock and raises `httpx.ReadTimeout`.

    Args:
        core: The server's core.
    """

    library: ClassVar[ModuleType] = httpx
    body_class: ClassVar[type[Body]] = _HttpxBody
