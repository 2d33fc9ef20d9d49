"""The mock server as its users hold it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .asgi import App
from .clock import RealClock, VirtualClock
from .core import Core
from .journal import Journal
from .listening import Listening, serve
from .spec import Spec

if TYPE_CHECKING:
    from zeroscope import AsyncZeroscope, Zeroscope

    from .transport import Transport

TOKEN = "mock-token"
"""The token of the clients that the server makes, unless it accepts only another one."""

JSON_LIMIT = 2**20
FILE_LIMIT = 101 * 2**20


class MockServer:
    """A server that behaves like the service, in this process.

    Args:
        seed: decides ids, seeds, timings and pictures; equal seeds and requests give equal answers.
        clock: `virtual` for a clock that stands still until it is advanced or slept on, `real` for one that runs, or a
            clock of your own.
        speed: how many times as fast as real time a real clock runs.
        dialect: how it speaks; `live`, as the service does, is the only one so far.
        token: the only bearer token to accept; any that is not empty if left out.
        spec: the OpenAPI document to follow, as a YAML or JSON file or as values; the project's own if left out.
        json_limit: the largest JSON body, in bytes; a larger one is answered with 413.
        file_limit: the largest upload with its form around it, in bytes; the service takes files of 100 MiB.
        journal_limit: how many exchanges the journal keeps.

    Raises:
        ValueError: for an unknown clock or dialect and for a speed that is not above 0.
        SpecError: for a document that cannot be read or followed.

    Example:
        >>> server = MockServer()
        >>> with server.client() as client:
        ...     videos = client.run(prompt="An astronaut riding a horse")
        >>> server.journal[0].operation
        'createPrediction'
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        clock: Literal["virtual", "real"] | VirtualClock | RealClock = "virtual",
        speed: float = 1.0,
        dialect: Literal["live"] = "live",
        token: str | None = None,
        spec: str | Path | Mapping[str, Any] | None = None,
        json_limit: int = JSON_LIMIT,
        file_limit: int = FILE_LIMIT,
        journal_limit: int = 1000,
    ) -> None:
        if dialect != "live":
            raise ValueError(f"the dialect must be 'live', not {dialect!r}")
        if isinstance(clock, str) and clock not in {"virtual", "real"}:
            raise ValueError(f"the clock must be 'virtual' or 'real', not {clock!r}")
        self.clock: VirtualClock | RealClock
        if clock == "virtual":
            self.clock = VirtualClock()
        elif clock == "real":
            self.clock = RealClock(speed)
        else:
            self.clock = clock
        self._token = token or TOKEN
        self._core = Core(
            Spec.load(spec),
            self.clock,
            seed=seed,
            token=token,
            json_limit=json_limit,
            file_limit=file_limit,
            journal_limit=journal_limit,
        )

    @property
    def core(self) -> Core:
        """The server without a door."""
        return self._core

    @property
    def journal(self) -> Journal:
        """What was asked and answered."""
        return self._core.journal

    @cached_property
    def app(self) -> App:
        """The server as an ASGI application."""
        return App(self._core)

    @cached_property
    def transport(self) -> Transport:
        """The server as a transport for `httpx.Client` and `httpx.AsyncClient`.

        Example:
            >>> client = httpx.Client(transport=server.transport, base_url="https://api.replicate.com/v1")
        """
        from .transport import Transport

        return Transport(self._core)

    def client(self, **settings: Any) -> Zeroscope:
        """A client that talks to this server without a socket and sleeps on its clock.

        Args:
            settings: what `zeroscope.Zeroscope` takes.
        """
        import httpx

        import zeroscope

        http_client = httpx.Client(transport=self.transport)
        return zeroscope.Zeroscope(**{**self._settings(), "http_client": http_client, **settings})

    def async_client(self, **settings: Any) -> AsyncZeroscope:
        """A client as `client` makes it, for use with `await`.

        Args:
            settings: what `zeroscope.AsyncZeroscope` takes.
        """
        import httpx

        import zeroscope

        http_client = httpx.AsyncClient(transport=self.transport)
        return zeroscope.AsyncZeroscope(**{**self._settings(), "http_client": http_client, **settings})

    def listen(self, host: str = "127.0.0.1", port: int = 0) -> Listening:
        """Answer on a socket as well, from a thread in the background, until closed.

        Args:
            host: the address to listen on.
            port: the port to listen on; 0 for any that is free.

        Raises:
            PortInUseError: if another program listens there.
            OSError: if the address cannot be listened on for another reason.

        Example:
            >>> with server.listen() as listening:
            ...     httpx.get(f"{listening.url}/v1/predictions", headers={"Authorization": "Bearer me"})
        """
        return Listening(self.app, host, port)

    def serve(self, host: str = "127.0.0.1", port: int = 8000, on_ready: Callable[[str], object] | None = None) -> None:
        """Answer on a socket until the process is interrupted (SIGINT) or terminated (SIGTERM).

        Args:
            host: the address to listen on.
            port: the port to listen on; 0 for any that is free.
            on_ready: called with the URL once it can be reached.

        Raises:
            PortInUseError: if another program listens there.
            OSError: if the address cannot be listened on for another reason.
        """
        serve(self.app, host, port, on_ready)

    def reset(self) -> None:
        """Forget all predictions, files and exchanges, so that ids start again; the clock goes on."""
        self._core.reset()

    def _settings(self) -> dict[str, Any]:
        return {"token": self._token, "clock": self.clock}
