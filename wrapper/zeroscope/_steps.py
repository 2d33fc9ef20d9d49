"""What a flow may ask for.

A flow is a generator that holds logic and does no I/O: it yields a step, is sent the step's result (or has the step's
exception thrown into it) and returns its own result. `_drive` carries the steps out, once for sync and once for async.

Every import of the package makes these classes, so they are no dataclasses, which take ten times as long to make.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping, Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeAlias, TypeVar

import httpx

T = TypeVar("T")
R = TypeVar("R")


class Endpoint(Protocol):
    """A module of the generated client."""

    def sync_detailed(self, *args: Any, **kwargs: Any) -> Any:
        """Send the request."""
        ...

    async def asyncio_detailed(self, *args: Any, **kwargs: Any) -> Any:
        """Send the request."""
        ...


class Call(NamedTuple):
    """Call a generated endpoint; the result is its `Response`."""

    endpoint: Endpoint
    arguments: Mapping[str, Any]
    name: str
    limit: float | None = None
    """The longest that any step of the call may take, in seconds, where the client allows more."""
    hold: float | None = None
    """How long the service may hold the request open, in seconds; the answer is awaited for so much longer."""


class Together:
    """Carry out calls side by side; the result is what each came to, a `Response` or what it raised.

    A call under way when the flow is interrupted is given a few more seconds. Whatever has come by then is in
    `results`, so that no answer is lost for which the service is paid; what has not come is None there.
    """

    def __init__(self, calls: Sequence[Call]) -> None:
        self.calls = calls
        self.results: list[Any] = [None] * len(calls)


class Sleep(NamedTuple):
    """Let so many seconds pass."""

    seconds: float


class Open:
    """Begin a download, usually without the token; the result is a `Download`.

    No tuple, as that shows whatever is in it.

    Args:
        url: The address.
        headers: The request's headers.
        token: A token for this very address: nothing is redirected with it, and an own HTTP client's auth gives way to
            it.
    """

    def __init__(self, url: str, headers: Mapping[str, str], token: str | None = None) -> None:
        self.url = url
        self.headers = headers
        self.token = token


class Download(NamedTuple):
    """A download under way, read chunk by chunk."""

    response: httpx.Response
    chunks: Iterator[bytes] | AsyncIterator[bytes]


class Read(NamedTuple):
    """Read a download's next chunk; the result is None at its end."""

    download: Download


class Close(NamedTuple):
    """End a download, read to its end or not."""

    download: Download


class Work(NamedTuple):
    """Call a function that may block, such as one that writes to a file; the result is its own."""

    function: Callable[[], Any]


class Emit(NamedTuple, Generic[T]):
    """Hand a value to whoever iterates over the flow."""

    value: T


class LeftEarly(BaseException):
    """Thrown into a stream of which nobody asks for more, to let it end what it began.

    GeneratorExit would not do: a generator hands that on to one that it delegates to as a call of `close`, which lets
    no step be carried out any more.
    """


Step: TypeAlias = Call | Together | Sleep | Open | Read | Close | Work
Flow: TypeAlias = Generator[Step, Any, T]
Stream: TypeAlias = Generator[Step | Emit[T], Any, None]
StreamPart: TypeAlias = Generator[Step | Emit[T], Any, R]
"""A part of a stream that returns something to the whole."""
