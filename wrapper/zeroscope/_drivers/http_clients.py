"""The HTTP clients of a client: one for each process, and for each event loop."""

from __future__ import annotations

import os
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import MutableMapping
from typing import Any, Generic
from weakref import WeakKeyDictionary

import httpx

from .._config import Config
from ..errors import ConfigurationError
from .environment import AsyncHttpClient, Http, SyncHttpClient, create_http_client
from .exchange import BoundClient

CLOSED = "this client is closed; create another one"
# How many transports may wrap one another.
_MAX_DEPTH = 5


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

    def __init__(self, given: Http | None, config: Config) -> None:
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

    def _process(self) -> _Process[Http]:
        """Return what belongs to this process; a forked child starts with nothing."""
        number = os.getpid()
        # One that two threads create at a time is stored once.
        return self._processes.get(number) or self._processes.setdefault(number, _Process())

    def _create(self, process: _Process[Http]) -> BoundClient[Http]:
        """Create an HTTP client for this process and event loop, or take the caller's own."""
        own = self._given
        if own is not None and self._origin != os.getpid() and has_connections(own):
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

    def __init__(self, given: httpx.Client | None, config: Config) -> None:
        super().__init__(given, config)
        # At once, so that a mistake in the environment shows where the client is created.
        self.current()

    def close(self) -> None:
        """Close this process's client, unless it is the caller's own."""
        self._closed = True
        found = self._process().clients.get(self)
        if found is not None and self._given is None:
            found.http.close()

    def _owner(self) -> object:
        return self

    def _new(self) -> httpx.Client:
        return create_http_client(SyncHttpClient, self._config)


class AsyncHttpClients(HttpClients[httpx.AsyncClient]):
    """The HTTP clients of an async client, one for each event loop in which it is used."""

    def __init__(self, given: httpx.AsyncClient | None, config: Config) -> None:
        super().__init__(given, config)
        self._used = False

    async def aclose(self) -> None:
        """Close the running loop's client, unless it is the caller's own; those of ended loops are gone."""
        self._closed = True
        found = self._process().clients.pop(self._owner(), None)
        if found is not None and self._given is None:
            await found.http.aclose()

    def _owner(self) -> object:
        # The sync client does not need asyncio, which takes long to load.
        import asyncio

        try:
            return asyncio.get_running_loop()
        except RuntimeError:
            if "trio" not in sys.modules:
                raise
        import trio

        return trio.lowlevel.current_trio_token()

    def _create(self, process: _Process[httpx.AsyncClient]) -> BoundClient[httpx.AsyncClient]:
        # Connections keep their loop alive even after its end.
        for ended in [each for each in process.clients if getattr(each, "is_closed", bool)()]:
            del process.clients[ended]
        in_same_process = self._origin == os.getpid()
        if self._used and in_same_process and self._given is not None and has_connections(self._given):
            raise ConfigurationError(
                "this client was used in another event loop, to which the connections of its http_client belong; "
                "create a client in each loop, or omit http_client=, and one is created for each loop"
            )
        self._used = True
        return super()._create(process)

    def _new(self) -> httpx.AsyncClient:
        return create_http_client(AsyncHttpClient, self._config)


def has_connections(http: httpx.Client | httpx.AsyncClient) -> bool:
    """Whether an HTTP client may hold connections; httpx has no public attribute for its transports."""
    transports = [getattr(http, "_transport", None), *getattr(http, "_mounts", {}).values()]
    return any(map(_opens_connections, transports))


def _opens_connections(transport: object, depth: int = 0) -> bool:
    """Whether a transport opens connections; one that retries or caches has another one in an attribute."""
    if isinstance(transport, httpx.HTTPTransport | httpx.AsyncHTTPTransport):
        return True
    if type(transport).__module__.partition(".")[0] == "httpcore":
        return True
    if depth == _MAX_DEPTH or not isinstance(transport, httpx.BaseTransport | httpx.AsyncBaseTransport):
        return False
    return any(_opens_connections(held, depth + 1) for held in getattr(transport, "__dict__", {}).values())
