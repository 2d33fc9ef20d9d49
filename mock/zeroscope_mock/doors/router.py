"""The door for respx: a router with a named route for each operation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpx

from ..core import Core
from ..documents.spec import Spec
from .transport import Transport

try:
    import respx
    from respx.models import SideEffectError
    from respx.types import RouteResultTypes
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "the mock server's router needs respx, which is not installed; get it with: pip install respx", name="respx"
    ) from error

# respx calls its routes in the same way for sync and async clients.
_awaited: ContextVar[bool] = ContextVar("zeroscope_mock.doors.router", default=False)


def make_router(core: Core, transport: Transport, **settings: Any) -> respx.MockRouter:
    """Make a respx router whose routes call a server.

    Each operation has a route named by its `operationId`; other requests are not mocked. A route that a test mocks
    answers as mocked, and calls the server again after `router["getPrediction"].mock()`.

    Args:
        core: The server's core.
        transport: Calls the core.
        settings: The arguments of `respx.MockRouter`; unlike there, `assert_all_called` is False by default.

    Example:
        >>> with make_router(server.core, server.transport) as router:
        ...     my_program.main()
        ...     assert router["createPrediction"].call_count == 1
    """
    lookups = _lookups(core.state.spec)

    # A class of its own, because respx copies a router, as for `router(assert_all_called=True)`, by its settings only.
    class ServerRouter(respx.MockRouter):
        def __init__(self, **settings: Any) -> None:
            super().__init__(**{"assert_all_called": False, **settings})
            for name, lookup in lookups.items():
                self.add(_ServerRoute(transport, **lookup), name=name)
            # A rollback must undo the changes of a test, not these routes.
            self.snapshot()

        def handler(self, request: httpx.Request) -> httpx.Response:
            with _awaiting(False):
                return super().handler(request)

        async def async_handler(self, request: httpx.Request) -> httpx.Response:
            with _awaiting(True):
                return await super().async_handler(request)

    return ServerRouter(**settings)


class _ServerRoute(respx.Route):
    """A route that calls the server unless a test mocks it."""

    def __init__(self, transport: Transport, **lookups: Any) -> None:
        super().__init__(**lookups)
        self._transport = transport

    def resolve(self, request: httpx.Request, **context: Any) -> RouteResultTypes:
        if self.side_effect or self.return_value:
            return super().resolve(request, **context)
        if _awaited.get():
            return self._transport.handle_async_request(request)
        try:
            return self._transport.handle_request(request)
        except Exception as error:
            # respx raises the original error, and counts the call.
            raise SideEffectError(self, origin=error) from error


def _lookups(spec: Spec) -> dict[str, dict[str, Any]]:
    """The lookups of respx for each operation."""
    prefix = "|".join(map(re.escape, spec.prefixes))
    lookups: dict[str, dict[str, Any]] = {}
    for route in spec.routes:
        path = re.sub(r"\\{\w+\\}", "[^/?#]+", re.escape(route.path))
        for operation in route.operations.values():
            lookups[operation.id] = {
                "method__in": [
                    method for method in (*route.operations, "HEAD") if route.operation(method) is operation
                ],
                # For the whole URL, because respx decodes a path before it compares; groups must have no names.
                "url__regex": rf"^https?://[^/]+(?:{prefix}){path}(?:[?#]|$)",
            }
    return lookups


@contextmanager
def _awaiting(value: bool) -> Iterator[None]:
    token = _awaited.set(value)
    try:
        yield
    finally:
        _awaited.reset(token)
