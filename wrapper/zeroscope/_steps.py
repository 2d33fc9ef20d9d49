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
    """

    def __init__(self, url: str, headers: Mapping[str, str], token: str | None = None, until: float = math.inf) -> None:
        self.url = url
        self.headers = headers
        self.token = token
        self.until = until


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


class Read(NamedTuple):
    """Reads the next piece of a download, decoded; the result is None at the end."""

    download: Download
    until: float = math.inf
    """The moment on the monotonic clock by which it must arrive."""


class Close(NamedTuple):
    """Closes a download, whether or not it was read to its end."""

    download: Download


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


Step: TypeAlias = Call | Gather | Sleep | Open | Read | Close | RunBlocking
Flow: TypeAlias = Generator[Step, Any, T]
Stream: TypeAlias = Generator[Step | Emit[T], Any, None]
StreamPart: TypeAlias = Generator[Step | Emit[T], Any, R]
"""A part of a stream that returns something to the whole."""
