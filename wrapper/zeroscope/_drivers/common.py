"""The parts of a driver that sync and async share: calls and streams."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Self, TypeVar, Unpack

import httpx

from .._flows.request import Sender
from .._steps import Call, Emit, Flow, IterationAbandoned, Step, Stream
from .._text import log
from ..errors import ZeroscopeError
from ..options import RequestOptions
from ..polling import Polling
from .exchange import Exchange

T = TypeVar("T")

# The longest that each step of a flow may take after an interrupt, in seconds.
CLEANUP_TIMEOUT = 5.0
# What may go wrong then, and does not take the place of the interrupt; anything else may be another interrupt.
CLEANUP_ERRORS = (httpx.HTTPError, httpx.StreamError, OSError, ZeroscopeError)


class Driver(ABC):
    """The common base of drivers: what a prediction needs of its client."""

    def __init__(self, sender: Sender, polling: Polling) -> None:
        self.sender = sender
        self.polling = polling
        self.clock = sender.clock

    def for_call(self, **options: Unpack[RequestOptions]) -> Self:
        """Return a driver for one call, with its own limits and headers."""
        sender = self.sender.for_call(**options)
        if sender is self.sender:
            return self
        same = copy.copy(self)
        same.sender = sender
        return same

    @property
    @abstractmethod
    def own_http_client(self) -> object:
        """The caller's own HTTP client, of httpx or httpx2; None if there is none."""

    @abstractmethod
    def run(self, flow: Any) -> Any:
        """Carry out a flow and return its result, or an awaitable of it."""


class EndpointClient:
    """The client that a generated endpoint sends its one call with."""

    def __init__(self, driver: Driver, exchange: Exchange, call: Call) -> None:
        self._driver = driver
        self._exchange = exchange
        self._call = call

    def request(self, arguments: dict[str, Any]) -> httpx.Response:
        """Carry out the call on the calling thread."""
        response: httpx.Response = self._driver.run(self._exchange.logged_call(self._call, arguments))
        return response

    async def request_async(self, arguments: dict[str, Any]) -> httpx.Response:
        """Carry out the call in the running event loop."""
        response: httpx.Response = await self._driver.run(self._exchange.logged_call(self._call, arguments))
        return response


def announce_wait() -> None:
    """Tell the user why the program does not end at once: the response to a create may name a paid prediction."""
    log.warning("interrupted: waiting up to %.0f s for requests in flight", CLEANUP_TIMEOUT)


def next_emitted(stream: Stream[T]) -> Flow[Emit[T] | None]:
    """Run a stream up to the next value that it emits, as a flow; the result is None at the end."""
    return (yield from _until_emit(stream, partial(next, stream)))


def abandon(stream: Stream[T]) -> Flow[None]:
    """Let a stream clean up after its caller stopped iterating, for example close a download."""
    with suppress(IterationAbandoned):
        while (yield from _until_emit(stream, partial(stream.throw, IterationAbandoned()))) is not None:
            pass


def _until_emit(stream: Stream[T], advance: Callable[[], Step | Emit[T]]) -> Flow[Emit[T] | None]:
    """Advance a stream, and carry out its steps up to the next value that it emits."""
    while True:
        try:
            step = advance()
        # Here, as a generator cannot pass it on.
        except StopIteration:
            return None
        if isinstance(step, Emit):
            return step
        try:
            result = yield step
        except BaseException as error:
            advance = partial(stream.throw, error)
        else:
            advance = partial(stream.send, result)
