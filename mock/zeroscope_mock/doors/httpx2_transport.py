"""The door for clients of httpx2 in the same process, without a socket."""

from __future__ import annotations

from types import ModuleType
from typing import ClassVar

from .transport import BaseTransport, Body

try:
    import httpx2
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "the mock server's transport for httpx2 needs httpx2, which is not installed; get it with: "
        "pip install 'zeroscope[httpx2]'",
        name="httpx2",
    ) from error


class _Httpx2Body(Body, httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """A body of httpx2."""


class Httpx2Transport(BaseTransport[httpx2.Request, httpx2.Response], httpx2.BaseTransport, httpx2.AsyncBaseTransport):
    """An httpx2 transport, for `httpx2.Client` and `httpx2.AsyncClient` alike; see `Transport`, that of httpx.

    Args:
        core: The server's core.
    """

    library: ClassVar[ModuleType] = httpx2
    body_class: ClassVar[type[Body]] = _Httpx2Body
