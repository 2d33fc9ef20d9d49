"""Hostile event streams, each a few lines: what they send, and when."""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import httpx

from zeroscope_mock import MockServer
from zeroscope_mock.doors.transport import _ReadTimeout
from zeroscope_mock.messages import Response, Stream
from zeroscope_mock.steps import ConnectionCutError, Pause, Sleep

Piece: TypeAlias = bytes | Pause
Follow: TypeAlias = Callable[[], Iterator[Piece]]
"""What the honest stream of the prediction sends."""
HostileStream: TypeAlias = Callable[[Follow], Iterator[Piece]]
"""What a hostile stream sends in its place."""

FOREVER = Sleep(1e6)
EVENTS = {"content-type": "text/event-stream"}
DONE = b"event: done\nid: d\ndata: {}\n\n"


def line(text: str, id: str = "") -> bytes:
    return f"event: logs\n{f'id: {id}' if id else ''}\ndata: {text}\n\n".replace("\n\ndata", "\ndata").encode()


def lines(follow: Follow, most: int | None = None) -> Iterator[Piece]:
    """The log lines of the honest stream, and its pauses."""
    count = 0
    for piece in follow():
        if not isinstance(piece, bytes):
            yield piece
        elif piece.startswith(b"event: logs"):
            yield piece
            count += 1
            if count == most:
                return


def each_second(*data: bytes) -> Iterator[Piece]:
    for piece in itertools.cycle(data):
        yield Sleep(1)
        yield piece


def silent(_: Follow) -> Iterator[Piece]:
    yield FOREVER


def silent_after_some_events(follow: Follow) -> Iterator[Piece]:
    yield from lines(follow, 4)
    yield FOREVER


def done_at_once(_: Follow) -> Iterator[Piece]:
    yield DONE


def done_at_once_and_open(_: Follow) -> Iterator[Piece]:
    yield DONE
    yield FOREVER


def done_in_the_middle(follow: Follow) -> Iterator[Piece]:
    yield from lines(follow, 5)
    yield DONE


def error_at_once(_: Follow) -> Iterator[Piece]:
    yield b'event: error\ndata: {"detail": "out of memory"}\n\n'


def never_done(follow: Follow) -> Iterator[Piece]:
    yield from lines(follow)
    yield FOREVER


def ends_without_done(follow: Follow) -> Iterator[Piece]:
    yield from lines(follow)


def of_another_prediction(_: Follow) -> Iterator[Piece]:
    for number in range(30):
        yield Sleep(1)
        yield line(f"another {number}", str(number))
    yield DONE


def of_another_prediction_without_end(_: Follow) -> Iterator[Piece]:
    for number in itertools.count():
        yield Sleep(1)
        yield line(f"another {number}", str(number))


def new_lines_after_the_end(follow: Follow) -> Iterator[Piece]:
    yield from lines(follow)
    for number in itertools.count():
        yield Sleep(1)
        yield line(f"still working on it {number}", f"after-{number}")


def progress_that_is_made_up(_: Follow) -> Iterator[Piece]:
    for number in itertools.count():
        yield Sleep(1)
        yield line(f"  1%|▏         | {number}/100000 [00:01<99:59, 1.0it/s]", str(number))


def runs_ahead(follow: Follow) -> Iterator[Piece]:
    yield from lines(follow, 4)
    yield from progress_that_is_made_up(follow)


def holds_lines_back(follow: Follow) -> Iterator[Piece]:
    for piece in lines(follow):
        if isinstance(piece, bytes):
            yield Sleep(20)
        yield piece
    yield DONE


def breaks_after_each_event(follow: Follow) -> Iterator[Piece]:
    yield from lines(follow, 1)
    raise ConnectionCutError("cut")


def breaks_at_once(_: Follow) -> Iterator[Piece]:
    yield Sleep(0.01)
    raise ConnectionCutError("cut")


def ends_at_once(_: Follow) -> Iterator[Piece]:
    yield b""


def ends_at_once_and_hurries(_: Follow) -> Iterator[Piece]:
    yield b"retry: 0\n\n"


def ends_at_once_and_delays(_: Follow) -> Iterator[Piece]:
    yield b"retry: 999999999\n\n"


def new_line_and_end(_: Follow) -> Iterator[Piece]:
    yield Sleep(0.1)
    number = next(_numbers)
    yield line(f"line {number}", str(number))


_numbers = itertools.count()


def repeats(follow: Follow) -> Iterator[Piece]:
    some: list[bytes] = []
    for piece in lines(follow, 3):
        yield piece
        some += [piece] if isinstance(piece, bytes) else []
    yield from each_second(*some)


def repeats_without_ids(_: Follow) -> Iterator[Piece]:
    yield from each_second(line("Using seed: 1"))


def comments(_: Follow) -> Iterator[Piece]:
    yield from each_second(b": alive\n\n")


def rare_comments(_: Follow) -> Iterator[Piece]:
    while True:
        yield Sleep(15)
        yield b": alive\n\n"


def outputs(_: Follow) -> Iterator[Piece]:
    yield from each_second(b"event: output\nid: 1\ndata: https://x.test/a.mp4\n\n")


def lines_and_outputs(follow: Follow) -> Iterator[Piece]:
    for piece in lines(follow):
        yield piece
        if isinstance(piece, bytes):
            yield b"event: output\ndata: https://x.test/a.mp4\n\n"
    yield FOREVER


def huge_event(_: Follow) -> Iterator[Piece]:
    yield b"event: logs\n"
    while True:
        yield b"data: " + b"a" * 65_000 + b"\n"


def many_events(_: Follow) -> Iterator[Piece]:
    for number in itertools.count():
        yield line(f"{number} {'a' * 20_000}", str(number))


def unknown_events(_: Follow) -> Iterator[Piece]:
    yield from each_second(b"event: progress\ndata: 1\n\n", b"data: 2\n\n", b"nonsense\n\n")


def not_utf8(_: Follow) -> Iterator[Piece]:
    yield from each_second(b"event: logs\ndata: \xff\xfe\x00\n\n")


def drips(follow: Follow) -> Iterator[Piece]:
    for piece in lines(follow):
        if isinstance(piece, bytes):
            for byte in piece:
                yield Sleep(1)
                yield bytes([byte])
        else:
            yield piece


def honest(follow: Follow) -> Iterator[Piece]:
    yield from follow()


STREAMS: dict[str, HostileStream] = {
    stream.__name__: stream
    for stream in (
        honest,
        silent,
        silent_after_some_events,
        done_at_once,
        done_at_once_and_open,
        done_in_the_middle,
        error_at_once,
        never_done,
        ends_without_done,
        of_another_prediction,
        of_another_prediction_without_end,
        new_lines_after_the_end,
        progress_that_is_made_up,
        runs_ahead,
        holds_lines_back,
        breaks_after_each_event,
        breaks_at_once,
        ends_at_once,
        ends_at_once_and_hurries,
        ends_at_once_and_delays,
        new_line_and_end,
        repeats,
        repeats_without_ids,
        comments,
        rare_comments,
        outputs,
        lines_and_outputs,
        huge_event,
        many_events,
        unknown_events,
        not_utf8,
        drips,
    )
}
"""Streams whose response begins as that of an honest one does."""

RESPONSES: dict[str, dict[str, Any]] = {
    "html": {"headers": {"content-type": "text/html"}, "body": b"<!doctype html><title>Log in</title>"},
    "no media type": {"headers": {}, "body": DONE},
    "json": {"headers": {"content-type": "application/json"}, "body": b'{"status": "succeeded"}'},
    "compressed": {"headers": {**EVENTS, "content-encoding": "gzip"}, "body": gzip.compress(DONE)},
    "compressed with another encoding": {"headers": {**EVENTS, "content-encoding": "br"}, "body": b"\0" * 100},
    "redirects to itself": {"status": 307, "headers": {"location": ""}},
    "redirects to nowhere": {"status": 302, "headers": {"location": "ftp://x.test:99999999/"}},
    "head after 30 s": {"delay": 30.0, "body": DONE},
    "no head": {"delay": 1e6},
    "refuses connections": {"error": httpx.ConnectError("refused")},
    "wrong name of TLS": {"error": httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] Hostname mismatch")},
    "no free connection": {"error": httpx.PoolTimeout("")},
    "an exception of a transport": {"error": RuntimeError("the transport is broken")},
    **{str(status): {"status": status} for status in (204, 206, 401, 403, 404, 410, 429, 500, 503, 529)},
}
"""Responses that are no stream."""


class HostileTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport to a mock server whose streams are hostile.

    Attributes:
        streams: How many connections of streams it has opened.
        open: How many of these were not closed.
    """

    def __init__(self, server: MockServer, name: str) -> None:
        self._server = server
        # It is recognized as one of a mock server by the one within it.
        self._transport = server.transport
        self._name = name
        self.streams = 0
        self.open: list[Any] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request of a sync client."""
        if not self._is_stream(request):
            return self._server.transport.handle_request(request)
        self._server.clock.sleep(self._delay(request))
        honest = self._server.transport.handle_request(request)
        return self._respond(request, honest)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request of an async client."""
        if not self._is_stream(request):
            return await self._server.transport.handle_async_request(request)
        await self._server.clock.sleep_async(self._delay(request))
        honest = await self._server.transport.handle_async_request(request)
        return self._respond(request, honest)

    def _is_stream(self, request: httpx.Request) -> bool:
        return bool(request.headers.get("accept") == "text/event-stream")

    def _delay(self, request: httpx.Request) -> float:
        """How long the head of a stream is awaited, in seconds."""
        self.streams += 1
        assert "authorization" not in request.headers
        limit = request.extensions["timeout"]["read"]
        delay = float(RESPONSES.get(self._name, {}).get("delay", 0))
        return delay if limit is None else min(delay, limit)

    def _respond(self, request: httpx.Request, honest: httpx.Response) -> httpx.Response:
        if self._name in STREAMS:
            body = honest.extensions["zeroscope_mock.body"]
            pieces = STREAMS[self._name](lambda: body._pieces)
            answer = Response(200, (("content-type", "text/event-stream"),), Stream(lambda: pieces))
            timeout = _ReadTimeout(request, self._server.clock, httpx)
            made = self._server.transport._response(answer, timeout)
            self.open.append(made)
            return made
        hostile = RESPONSES[self._name]
        if "error" in hostile:
            raise hostile["error"]
        if hostile.get("delay", 0) > (request.extensions["timeout"]["read"] or 1e9):
            raise httpx.ReadTimeout("", request=request)
        headers = hostile.get("headers", EVENTS)
        body = httpx.ByteStream(hostile.get("body", b""))
        return httpx.Response(hostile.get("status", 200), headers=headers, stream=body)
