"""The HTTP clients of an async client, one per event loop."""

from __future__ import annotations

import sys
from collections.abc import Callable
from weakref import WeakKeyDictionary

import httpx

from .._service.api import ApiClient
from ..errors import ConfigurationError

CLOSED = "this client is closed; create another one"


class LoopClients:
    """The HTTP clients of an async client, one for each event loop in which it is used.

    The caller's own client, if given, belongs to the loop that uses it first, and is never closed here.
    """

    def __init__(
        self,
        given: httpx.AsyncClient | None,
        create: Callable[[], httpx.AsyncClient],
        api: Callable[[httpx.AsyncClient], ApiClient],
    ) -> None:
        self._given = given
        self._create = create
        self._api = api
        self._clients: WeakKeyDictionary[object, tuple[httpx.AsyncClient, ApiClient]] = WeakKeyDictionary()
        self._used = False
        self._closed = False

    def current(self) -> tuple[httpx.AsyncClient, ApiClient]:
        """Return the HTTP client of the running loop, and the generated client over it."""
        loop = _running_loop()
        found = self._clients.get(loop)
        if found is None:
            if self._closed and self._given is None:
                raise ConfigurationError(CLOSED)
            # Connections keep their loop alive even after its end.
            for ended in [each for each in self._clients if getattr(each, "is_closed", bool)()]:
                del self._clients[ended]
            http = self._create() if self._given is None else self._given
            if self._used and self._given is not None and _has_connections(self._given):
                raise ConfigurationError(
                    "this client was used in another event loop, to which the connections of its http_client belong; "
                    "create a client in each loop, or omit http_client=, and one is created for each loop"
                )
            self._used = True
            found = self._clients[loop] = http, self._api(http)
        return found

    async def aclose(self) -> None:
        """Close the running loop's client, unless it is the caller's own; those of ended loops are gone."""
        self._closed = True
        found = self._clients.pop(_running_loop(), None)
        if found is not None and self._given is None:
            await found[0].aclose()


def _running_loop() -> object:
    # The sync client does not need asyncio, which takes long to load.
    import asyncio

    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        if "trio" not in sys.modules:
            raise
    import trio

    return trio.lowlevel.current_trio_token()


def _has_connections(http: httpx.AsyncClient) -> bool:
    """Whether a client may hold connections of a loop; httpx has no public attribute for its transports."""
    transports = [getattr(http, "_transport", None), *getattr(http, "_mounts", {}).values()]
    return any(isinstance(transport, httpx.AsyncHTTPTransport) for transport in transports)
