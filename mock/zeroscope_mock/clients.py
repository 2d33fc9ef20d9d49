"""The clients of a server: the one part that builds a `zeroscope` client."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from .clocks.real import RealClock
from .clocks.virtual import VirtualClock
from .core import Core

if TYPE_CHECKING:
    from zeroscope import AsyncZeroscope, Zeroscope

    from .doors.httpx2_transport import Httpx2Transport
    from .doors.transport import Transport


class ClientFactory:
    """Makes clients that talk to a server in process.

    Args:
        core: The server's core.
        clock: The clock that the clients sleep on.
        token: The token of the clients.
    """

    def __init__(self, core: Core, clock: VirtualClock | RealClock, token: str) -> None:
        self.clock = clock
        self._core = core
        self._token = token

    @cached_property
    def transport(self) -> Transport:
        """The server as a transport for `httpx.Client` and `httpx.AsyncClient`.

        Example:
            >>> client = httpx.Client(transport=server.transport, base_url="https://api.replicate.com/v1")
        """
        from .doors.transport import Transport

        return Transport(self._core)

    @cached_property
    def httpx2_transport(self) -> Httpx2Transport:
        """The server as a transport for `httpx2.Client` and `httpx2.AsyncClient`; it needs the package httpx2.

        Example:
            >>> client = httpx2.Client(transport=server.httpx2_transport, base_url="https://api.replicate.com/v1")
        """
        from .doors.httpx2_transport import Httpx2Transport

        return Httpx2Transport(self._core)

    def client(self, **settings: Any) -> Zeroscope:
        """A client that talks to this server without a socket and sleeps on its clock.

        Args:
            settings: The arguments of `zeroscope.Zeroscope`.
        """
        import httpx

        import zeroscope

        http_client = httpx.Client(transport=self.transport)
        return zeroscope.Zeroscope(**{**self._defaults(), "http_client": http_client, **settings})

    def async_client(self, **settings: Any) -> AsyncZeroscope:
        """An async client that talks to this server without a socket and sleeps on its clock.

        Args:
            settings: The arguments of `zeroscope.AsyncZeroscope`.
        """
        import httpx

        import zeroscope

        http_client = httpx.AsyncClient(transport=self.transport)
        return zeroscope.AsyncZeroscope(**{**self._defaults(), "http_client": http_client, **settings})

    def _defaults(self) -> dict[str, Any]:
        return {"token": self._token, "clock": self.clock}
