"""Steps: the I/O that flows ask their drivers to perform.

A flow is a generator that holds logic and performs no I/O. It yields a step, such as `Call` or `Sleep`; its driver
carries the step out and sends the result back in, or throws the exception that the step raised. The flow's return
value is the result of the whole. A flow delegates to another with `yield from`, so a step passes through all the flows
between the one that wants it and the driver. A stream is a flow that also yields `Emit` with values for the caller,
one at a time.

Nothing is written twice for sync and async this way: a flow does not know which of the two drivers runs it, and tests
run it with no driver at all.

Every import of the package creates these classes, so none is a dataclass, which takes ten times as long to create.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

import httpx

T = TypeVar("T")
R = TypeVar("R")


class Call(NamedTuple):
    """Calls a generated endpoint; the result is its `Response`."""

    endpoint: Any
    """A module of the generated client."""
    arguments: Mapping[str, Any]
    name: str
    """Method and path, for messages."""
    limit: float | None = None
    """How long the exchange may take as a whole, in seconds, if that is less than the client allows."""
    hold: float | None = None
    """Seconds for which the service may hold the request open; they are added to what the client allows."""


class Gather:
    """Carries out calls concurrently; the result is a list with each call's `Response` or exception.

    When the flow is interrupted, calls in flight get a few more seconds. `results` then holds whatever arrived, so that
    no response that costs money is lost, and None for the calls that did not finish.
    """

    def __init__(self, calls: Sequence[Call]) -> None:
        self.calls = calls
        self.results: list[Any] = [None] * len(calls)


class Sleep(NamedTuple):
    """Sleeps on the client's clock."""

    seconds: float


class Open:
    """Sends a GET, follows its redirects and opens the response's body; the result is a `Download`.

    It is not a tuple, because the repr of a tuple would show the token.

    Args:
        token: A token for exactly this URL, and not for one that it redirects to; usually none is needed.
        until: The moment on the monotonic clock by which the response must begin.
        is_patient: Whether the server may be silent up to that moment, however long the client's timeouts are.
    """

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        token: str | None = None,
        until: float = math.inf,
        is_patient: bool = False,
    ) -> None:
        self.url = url
        self.headers = headers
        self.token = token
        self.until = until
        self.is_patient = is_patient


class Download:
    """A response whose body is read piece by piece."""

    def __init__(self, response: httpx.Response, chunks: Iterator[bytes] | AsyncIterator[bytes] | None) -> None:
        self.response = response
        # The body as it is sent; None if there is nothing to read but what is loaded.
        self.chunks = chunks
        self.loaded = b""
        # Whether the body is sent compressed, and what decodes it.
        self.is_encoded = False
        self.decoder: Any = None


class ReadAhead:
    """A response that is opened and read while its flow does other things.

    One side puts in what arrives, perhaps in a thread of its own, and the flow takes it out. Each of the two writes
    only its own count, so neither needs a lock.
    """

    def __init__(self) -> None:
        # Set once the response has begun.
        self.opened: Download | None = None
        # Whether nothing is read ahead: the driver reads the response when the flow does.
        self.is_inline = False
        # Whether the flow wants nothing more.
        self.is_closed = False
        # Called after something was put in, and after something was taken out.
        self.on_put: Callable[[], object] = bool
        self.on_take: Callable[[], object] = bool
        # Ends what the other side waits for, at once and from any thread.
        self.interrupt: Callable[[], object] = bool
        # The thread of the other side, or the event of its end and the event loop of its task.
        self.reader: Any = None
        self._pieces: deque[bytes | Exception | None] = deque()
        self._put = self._taken = 0

    @property
    def has_piece(self) -> bool:
        """Whether something was put in that was not taken out yet."""
        return bool(self._pieces)

    @property
    def size(self) -> int:
        """How many bytes were put in that were not taken out yet."""
        return self._put - self._taken

    def put(self, piece: bytes | Exception | None) -> None:
        """Put in a piece of the body, the exception that ended it, or None for its end."""
        self._put += len(piece) if isinstance(piece, bytes) else 0
        self._pieces.append(piece)
        self.on_put()

    def take(self) -> bytes | None:
        """Take out what has arrived, None at the end, or raise the exception that ended the body."""
        if not isinstance(self._pieces[0], bytes):
            end = self._pieces.popleft()
            if isinstance(end, Exception):
                raise end
            return None
        pieces: list[bytes] = []
        while self._pieces and isinstance(piece := self._pieces[0], bytes):
            pieces.append(piece)
            self._pieces.popleft()
            self._taken += len(piece)
        self.on_take()
        return b"".join(pieces)


class OpenAhead(NamedTuple):
    """Begins to open and read a response; the result is whether it has begun, or too many are open."""

    # Known to the flow beforehand, so that it can be closed after an interrupt at any moment.
    download: ReadAhead
    open: Open
    until: float = math.inf
    """The moment on the monotonic clock by which a response must begin that cannot be opened in the background."""


class WaitForAny(NamedTuple):
    """Waits until a response has something to take, or for a moment; the result is a list of those that have."""

    downloads: Sequence[ReadAhead]
    until: float
    """The moment on the monotonic clock."""


class Read(NamedTuple):
    """Reads the next piece of a download, decoded; the result is None at the end."""

    download: Download | ReadAhead
    until: float = math.inf
    """The moment on the monotonic clock by which it must arrive."""


class Close(NamedTuple):
    """Closes a download, whether or not it was read to its end."""

    download: Download | ReadAhead


class RunBlocking(NamedTuple):
    """Calls a function that may block, such as one that writes to a file; the result is the function's."""

    function: Callable[[], Any]


class Emit(NamedTuple, Generic[T]):
    """Hands a value to the caller who iterates over the stream."""

    value: T


class IterationAbandoned(BaseException):
    """Thrown into a stream whose caller stopped iterating, so that it can clean up.

    GeneratorExit cannot serve: a generator passes it on to a subgenerator as a call of `close`, after which no step can
    be carried out.
    """


Step: TypeAlias = Call | Gather | Sleep | Open | OpenAhead | WaitForAny | Read | Close | RunBlocking
Flow: TypeAlias = Generator[Step, Any, T]
Stream: TypeAlias = Generator[Step | Emit[T], Any, None]
StreamPart: TypeAlias = Generator[Step | Emit[T], Any, R]
"""A part of a stream that returns something to the whole."""
