"""What a flow may ask for.

A flow is a generator that holds logic and does no I/O: it yields a step, is sent the step's result (or has the step's
exception thrown into it) and returns its own result. `_drive` carries the steps out, once for sync and once for async.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

import httpx

T = TypeVar("T")


class Endpoint(Protocol):
    """A module of the generated client."""

    def sync_detailed(self, *args: Any, **kwargs: Any) -> Any:
        """Send the request."""
        ...

    async def asyncio_detailed(self, *args: Any, **kwargs: Any) -> Any:
        """Send the request."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """Call a generated endpoint; the result is its `Response`."""

    endpoint: Endpoint
    arguments: Mapping[str, Any]
    name: str
    limit: float | None = None
    """The longest that any step of the call may take, in seconds, where the client allows more."""


@dataclass(frozen=True, slots=True)
class Sleep:
    """Let so many seconds pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Open:
    """Begin a download, without the token; the result is a `Download`."""

    url: str
    headers: Mapping[str, str]


@dataclass(slots=True)
class Download:
    """A download under way, read chunk by chunk."""

    response: httpx.Response
    chunks: Iterator[bytes] | AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class Read:
    """Read a download's next chunk; the result is None at its end."""

    download: Download


@dataclass(frozen=True, slots=True)
class Close:
    """End a download, read to its end or not."""

    download: Download


@dataclass(frozen=True, slots=True)
class Work:
    """Call a function that may block, such as one that writes to a file; the result is its own."""

    function: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Emit(Generic[T]):
    """Hand a value to whoever iterates over the flow."""

    value: T


Step: TypeAlias = Call | Sleep | Open | Read | Close | Work
Flow: TypeAlias = Generator[Step, Any, T]
Stream: TypeAlias = Generator[Step | Emit[T], Any, None]
