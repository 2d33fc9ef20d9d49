"""Which HTTP client an event loop uses: connections end with the loop in which they were made."""

from __future__ import annotations

import sys
from collections.abc import Callable
from weakref import WeakKeyDictionary

import httpx

from .._service.api import ApiClient
from ..errors import ConfigurationError

CLOSED = "this client is closed; make another one"


class LoopClients:
    """The HTTP clients of an async client, one for each event loop that it is used from.

    Args:
        given: The user's own client; it is for the loop in which it is used first, and never closed here.
        make: Makes a client where none was given.
        api: Makes the client that sends calls over an HTTP client.
    """

    def __init__(
        self,
        given: httpx.AsyncClient | None,
        make: Callable[[], httpx.AsyncClient],
        api: Callable[[httpx.AsyncClient], ApiClient],
    ) -> None:
        self._given = given
        self._make = make
        self._api = api
        self._clients: WeakKeyDictionary[object, tuple[httpx.AsyncClient, ApiClient]] = WeakKeyDictionary()
        self._used = False
        self._closed = False

    def current(self) -> tuple[httpx.AsyncClient, ApiClient]:
        """The HTTP client of the running loop, and what sends calls over it.

        Raises:
            ConfigurationError: If it is closed, or the user's own client was used in another loop.
        """
        loop = _running_loop()
        found = self._clients.get(loop)
        if found is None:
            if self._closed and self._given is None:
                raise ConfigurationError(CLOSED)
            # Connections keep their loop alive, ended or not.
            for ended in [each for each in self._clients if getattr(each, "is_closed", bool)()]:
                del self._clients[ended]
            http = self._make() if self._given is None else self._given
            if self._used and self._given is not None and _has_connections(self._given):
                raise ConfigurationError(
                    "this client was used in another event loop, to which the connections of its http_client belong; "
                    "make a client in each loop, or leave http_client= out, and one is made where it is needed"
                )
            self._used = True
            found = self._clients[loop] = http, self._api(http)
        return found

    async def aclose(self) -> None:
        """Close the client of the running loop, unless it is the user's; those of loops that have ended are gone."""
        self._closed = True
        found = self._clients.pop(_running_loop(), None)
        if found is not None and self._given is None:
            await found[0].aclose()


def _running_loop() -> object:
    # The sync client does without it, and it takes long to load.
    import asyncio

    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        if "trio" not in sys.modules:
            raise
    import trio

    return trio.lowlevel.current_trio_token()


def _has_connections(http: httpx.AsyncClient) -> bool:
    """Whether a client may hold connections of a loop; what its transport is, it tells nobody officially."""
    transports = [getattr(http, "_transport", None), *getattr(http, "_mounts", {}).values()]
    return any(isinstance(transport, httpx.AsyncHTTPTransport) for transport in transports)
