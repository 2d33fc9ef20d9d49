"""The HTTP clients of a client: one for each process, and for each event loop."""

from __future__ import annotations

import os
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import MutableMapping
from typing import Any, Generic, Protocol
from weakref import WeakKeyDictionary

import httpx

from .._config import Config
from .._steps import OpenAhead, ReadAhead
from ..errors import ConfigurationError
from .common import CLEANUP_TIMEOUT
from .environment import AsyncHttpClient, Http, SyncHttpClient, create_http_client
from .exchange import BoundClient
from .open_streams import streams_of_process
from .transports import (
    answers_in_process,
    has_connections,
    is_one_of,
    max_background_downloads,
    nested,
    opens_connections,
    survive_interrupts,
    transport_for,
)

MAX_STREAMS = 16
"""The most event streams that are open over one HTTP client at a time, in all threads, tasks and event loops."""
CLOSED = "this client is closed; create another one"
# What is used of an HTTP client, whatever its class.
_USED = ("send", "headers", "params", "cookies", "is_closed")


class _Settings(Protocol):
    """What is read of an HTTP client."""

    @property
    def headers(self) -> Any:
        """The headers of every request."""

    @property
    def params(self) -> Any:
        """The parameters of every request."""

    @property
    def cookies(self) -> Any:
        """The cookies."""

    @property
    def is_closed(self) -> bool:
        """Whether the connections are closed."""
        ...


class Httpx2Client(_Settings, Protocol):
    """An `httpx2.Client`, for type checkers, which do not find httpx2 unless it is installed."""

    def send(self, request: Any, *, stream: bool = ..., auth: Any = ..., follow_redirects: Any = ...) -> Any:
        """Send a request."""

    def close(self) -> None:
        """Close the connections."""


class Httpx2AsyncClient(_Settings, Protocol):
    """An `httpx2.AsyncClient`, for type checkers."""

    async def send(self, request: Any, *, stream: bool = ..., auth: Any = ..., follow_redirects: Any = ...) -> Any:
        """Send a request."""

    async def aclose(self) -> None:
        """Close the connections."""


class _Process(Generic[Http]):
    """The HTTP clients of one process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.clients: MutableMapping[Any, BoundClient[Http]] = WeakKeyDictionary()


class HttpClients(ABC, Generic[Http]):
    """The HTTP clients that one client uses, created where they are needed.

    Connections must not cross a fork: two processes that read from the same socket would take each other's responses.
    So every process gets its own. The caller's own client, if given, is never closed here, and it stays where it was
    used first, because its connections are not ours to replace.
    """

    def __init__(self, own: object, given: Http | None, config: Config) -> None:
        # The caller's own HTTP client, of httpx or httpx2; None if there is none.
        self.own = own
        self._given: Http | None = given
        self._config = config
        self._origin = os.getpid()
        # A child keeps its parent's clients, which it must not close, and never takes its locks, which a thread that
        # does not exist in the child may hold.
        self._processes: dict[int, _Process[Http]] = {}
        self._closed = False

    def current(self) -> BoundClient[Http]:
        """Return the HTTP client of this process and event loop, and the generated client over it."""
        owner = self._owner()
        process = self._process()
        found = process.clients.get(owner)
        if found is None:
            with process.lock:
                found = process.clients.get(owner) or self._create(process)
                process.clients[owner] = found
        if found.http.is_closed:
            raise ConfigurationError(CLOSED)
        return found

    def reserve(self, step: OpenAhead) -> bool:
        """Note that a response is read ahead; the result is whether it may be, as only so many are.

        None is that comes through another transport of the caller's than connections or a mock: such a transport may
        neither be called from two threads, nor say whether something has arrived.
        """
        url, own, most = step.open.url, self.own, MAX_STREAMS
        is_inline = own is not None and answers_in_process(own, url)
        if own is not None:
            most = max_background_downloads(own, url, most) if is_inline or opens_connections(own, url) else 0
        if not streams_of_process().add(step.download, self._sources(url), most):
            return False
        step.download.is_inline = is_inline
        return True

    def release(self, download: ReadAhead) -> None:
        """Let another one take the place of one that is closed."""
        streams_of_process().remove(download)

    def open_streams(self) -> list[ReadAhead]:
        """Return the responses that this process reads ahead over HTTP clients created here."""
        return streams_of_process().over(self)

    def _sources(self, url: str) -> list[object]:
        """Return the objects whose connections a request to a URL may take."""
        if self.own is None:
            return [self]
        transports = nested(transport_for(self.own, url))
        return [each for each in transports if is_one_of(each, "BaseTransport", "AsyncBaseTransport")] or [self.own]

    def _process(self) -> _Process[Http]:
        """Return what belongs to this process; a forked child starts with nothing."""
        number = os.getpid()
        # One that two threads create at a time is stored once.
        return self._processes.get(number) or self._processes.setdefault(number, _Process())

    def _create(self, process: _Process[Http]) -> BoundClient[Http]:
        """Create an HTTP client for this process and event loop, or take the caller's own."""
        own = self._given
        if own is not None and self._origin != os.getpid() and has_connections(self.own):
            raise ConfigurationError(
                "this client was created in another process, to which the connections of its http_client belong; "
                "create a client in each process, or omit http_client=, and each process gets connections of its own"
            )
        if own is None and self._closed:
            raise ConfigurationError(CLOSED)
        http: Http = self._new() if own is None else own
        return BoundClient(http, self._config.api_client(), self._config.exchange_timeout, is_own=own is None)

    @abstractmethod
    def _owner(self) -> object:
        """Return the object to which connections opened now belong."""

    @abstractmethod
    def _new(self) -> Http:
        """Create an HTTP client."""


class SyncHttpClients(HttpClients[httpx.Client]):
    """The HTTP clients of a sync client."""

    def __init__(self, given: httpx.Client | Httpx2Client | None, config: Config) -> None:
        super().__init__(given, _adapted(given, "Client", "AsyncClient"), config)
        # At once, so that a mistake in the environment shows where the client is created.
        self.current()

    def close(self) -> None:
        """Close this process's client, unless it is the caller's own."""
        self._closed = True
        found = self._process().clients.get(self)
        if found is not None and self._given is None:
            # Their readers would outlive the connections.
            for stream in self.open_streams():
                stream.interrupt()
            found.http.close()

    def _owner(self) -> object:
        return self

    def _new(self) -> httpx.Client:
        http = create_http_client(SyncHttpClient, self._config)
        survive_interrupts(http)
        return http


class AsyncHttpClients(HttpClients[httpx.AsyncClient]):
    """The HTTP clients of an async client, one for each event loop in which it is used."""

    def __init__(self, given: httpx.AsyncClient | Httpx2AsyncClient | None, config: Config) -> None:
        super().__init__(given, _adapted(given, "AsyncClient", "Client"), config)
        self._used = False

    async def aclose(self) -> None:
        """Close the running loop's client, unless it is the caller's own; those of ended loops are gone."""
        self._closed = True
        owner = self._owner()
        found = self._process().clients.pop(owner, None)
        if found is not None and self._given is None:
            import anyio

            streams = [each for each in self.open_streams() if each.reader is not None and each.reader[1] is owner]
            for stream in streams:
                stream.interrupt()
            # Shielded, as nothing else closes the connections if this task is canceled.
            with anyio.move_on_after(CLEANUP_TIMEOUT, shield=True):
                for stream in streams:
                    await stream.reader[0].wait()
            await found.http.aclose()

    def _owner(self) -> object:
        return current_loop()

    def _create(self, process: _Process[httpx.AsyncClient]) -> BoundClient[httpx.AsyncClient]:
        # Connections keep their loop alive even after its end.
        for ended in [each for each in process.clients if getattr(each, "is_closed", bool)()]:
            del process.clients[ended]
        in_same_process = self._origin == os.getpid()
        if self._used and in_same_process and self._given is not None and has_connections(self.own):
            raise ConfigurationError(
                "this client was used in another event loop, to which the connections of its http_client belong; "
                "create a client in each loop, or omit http_client=, and one is created for each loop"
            )
        self._used = True
        return super()._create(process)

    def _new(self) -> httpx.AsyncClient:
        return create_http_client(AsyncHttpClient, self._config)


def current_loop() -> Any:
    """Return the running event loop of asyncio, or the token of that of trio."""
    # The sync client does not need asyncio, which takes long to load.
    import asyncio

    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        if "trio" not in sys.modules:
            raise
    import trio

    return trio.lowlevel.current_trio_token()


def _adapted(given: Any, expected: str, unusable: str) -> Any:
    """Return the caller's HTTP client with the interface of those of httpx.

    Args:
        expected: The name of its class.
        unusable: The name of the class of the other kind of client.
    """
    if given is None:
        return None
    if is_one_of(given, unusable):
        raise ConfigurationError(f"http_client= should be of the class {expected}, not {unusable}")
    if not all(hasattr(given, name) for name in _USED):
        raise ConfigurationError(f"http_client= should be an HTTP client of httpx or httpx2, not {given!r:.80}")
    if isinstance(given, getattr(httpx, expected)) or not is_one_of(given, expected):
        return given
    from .httpx2_clients import AsyncAdapter, SyncAdapter

    return AsyncAdapter(given) if expected == "AsyncClient" else SyncAdapter(given)
