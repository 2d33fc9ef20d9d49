"""The HTTP clients of a client: one for each process, and for each event loop."""

from __future__ import annotations

import os
import sys
from abc import ABC, abstractmethod
from collections.abc import MutableMapping
from typing import Any, Generic
from weakref import WeakKeyDictionary

import httpx

from .._config import Config
from ..errors import ConfigurationError
from .environment import Http, create_http_client
from .exchange import BoundClient

CLOSED = "this client is closed; create another one"


class HttpClients(ABC, Generic[Http]):
    """The HTTP clients that one client uses, created where they are needed.

    Connections must not cross a fork: two processes that read from the same socket would take each other's responses.
    So every process gets its own. The caller's own client, if given, is never closed here, and it stays where it was
    used first, because its connections are not ours to replace.
    """

    def __init__(self, given: Http | None, config: Config) -> None:
        self._given: Http | None = given
        self._config = config
        self._process = os.getpid()
        self._clients: MutableMapping[Any, BoundClient[Http]] = WeakKeyDictionary()
        # Those of the parent process, which must not be closed here.
        self._inherited: list[object] = []
        self._closed = False

    def current(self) -> BoundClient[Http]:
        """Return the HTTP client of this process and event loop, and the generated client over it."""
        if self._process != os.getpid():
            self._start_over()
        owner = self._owner()
        found = self._clients.get(owner)
        if found is None:
            found = self._clients[owner] = self._bind(self._create())
        if found.http.is_closed:
            raise ConfigurationError(CLOSED)
        return found

    def _create(self) -> Http:
        if self._given is not None:
            given: Http = self._given
            return given
        if self._closed:
            raise ConfigurationError(CLOSED)
        return self._new()

    def _bind(self, http: Http) -> BoundClient[Http]:
        limit = self._config.exchange_timeout
        return BoundClient(http, self._config.api_client(), limit, is_own=self._given is None)

    def _start_over(self) -> None:
        """Leave the parent's clients alone, after a fork."""
        if self._given is not None and has_connections(self._given):
            raise ConfigurationError(
                "this client was created in another process, to which the connections of its http_client belong; "
                "create a client in each process, or omit http_client=, and each process gets connections of its own"
            )
        self._inherited.append(self._clients)
        self._clients = WeakKeyDictionary()
        self._process = os.getpid()

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
        found = self._clients.get(self)
        if found is not None and self._given is None and self._process == os.getpid():
            found.http.close()

    def _owner(self) -> object:
        return self

    def _new(self) -> httpx.Client:
        return create_http_client(httpx.Client, self._config)


class AsyncHttpClients(HttpClients[httpx.AsyncClient]):
    """The HTTP clients of an async client, one for each event loop in which it is used."""

    def __init__(self, given: httpx.AsyncClient | None, config: Config) -> None:
        super().__init__(given, config)
        self._used = False

    async def aclose(self) -> None:
        """Close the running loop's client, unless it is the caller's own; those of ended loops are gone."""
        self._closed = True
        if self._process != os.getpid():
            return
        found = self._clients.pop(self._owner(), None)
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

    def _create(self) -> httpx.AsyncClient:
        # Connections keep their loop alive even after its end.
        for ended in [each for each in self._clients if getattr(each, "is_closed", bool)()]:
            del self._clients[ended]
        if self._used and self._given is not None and has_connections(self._given):
            raise ConfigurationError(
                "this client was used in another event loop, to which the connections of its http_client belong; "
                "create a client in each loop, or omit http_client=, and one is created for each loop"
            )
        self._used = True
        return super()._create()

    def _new(self) -> httpx.AsyncClient:
        return create_http_client(httpx.AsyncClient, self._config)


def has_connections(http: httpx.Client | httpx.AsyncClient) -> bool:
    """Whether an HTTP client may hold connections; httpx has no public attribute for its transports."""
    transports = [getattr(http, "_transport", None), *getattr(http, "_mounts", {}).values()]
    return any(isinstance(transport, httpx.HTTPTransport | httpx.AsyncHTTPTransport) for transport in transports)
