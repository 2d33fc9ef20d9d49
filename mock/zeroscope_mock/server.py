"""The mock server as its users hold it."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from .clocks.real import RealClock
from .clocks.virtual import VirtualClock
from .control import snapshot
from .core import Core
from .dialects import DialectName
from .documents.bundled import load_spec
from .documents.reloader import Reload
from .doors.asgi import App
from .doors.listening import Listening, serve
from .faults.faults import Faults
from .journal import Journal
from .lifecycle.scripts import Scripts
from .rate_limits import Limits, RateLimits
from .settings import FILE_LIMIT, JOURNAL_LIMIT, JSON_LIMIT, PREDICTION_LIMIT, STORAGE_LIMIT, Settings
from .store import tenant_of
from .webhooks.deliveries import Deliveries

if TYPE_CHECKING:
    from respx import MockRouter

    from zeroscope import AsyncZeroscope, Zeroscope

    from .doors.transport import Transport

TOKEN = "mock-token"
"""The token of the clients that the server makes, unless it accepts only another one."""


class MockServer:
    """A server that behaves like the service, in this process.

    Args:
        seed: decides ids, seeds, timings, pictures and faults; equal seeds and requests give equal answers.
        clock: `virtual` for a clock that stands still until it is advanced or slept on, `real` for one that runs, or a
            clock of your own.
        speed: how many times as fast as real time a clock runs that is made for `real`; 1 if left out.
        dialect: how it speaks: `live`, as the service does, or `published`, as the published description says, with
            addresses that lack `/v1` and creates that are answered with 200 and an array.
        token: the only bearer token to accept; any if left out.
        spec: the OpenAPI document to follow, as a YAML or JSON file or as values; the project's own if left out.
        reload: whether the file of `spec` is followed: once it has changed it is read again, and a bad one is told and
            not used.
        receiver: where webhooks go instead of to their URLs: a function of an `httpx.Request` that returns a status, an
            `httpx.Response` or None for 200, or an ASGI application. Without one they are sent over HTTP while the
            server listens on a socket, and not at all otherwise; see `deliveries`.
        insecure_webhooks: whether webhooks are sent to `http` URLs of other machines, too.
        rate_limits: how many requests are let through: `live`, `low-credit` or rates of your own; all if left out.
        streams: whether predictions have a stream of events; only those that ask for it if left out.
        inline_outputs: whether videos are answered as `data:` URIs instead of URLs.
        control: whether `/_mock/` is served, by which programs in other languages control the server.
        json_limit: the largest JSON body, in bytes; a larger one is answered with 413.
        file_limit: the largest upload with its form around it, in bytes; the service takes files of 100 MiB.
        storage_limit: how many bytes of uploads are kept; the oldest are dropped.
        prediction_limit: how many predictions are kept; the oldest are dropped.
        journal_limit: how many exchanges the journal keeps, and how many deliveries are kept.

    Raises:
        ValueError: for an unknown clock, dialect or word for rate limits, a seed or a limit that is no integer, a limit
            below 1, an empty token, a speed that is not above 0 or for another clock, and to reload what is no file.
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
        speed: float | None = None,
        dialect: DialectName = "live",
        token: str | None = None,
        spec: str | Path | Mapping[str, Any] | None = None,
        reload: bool = False,
        receiver: Callable[..., Any] | None = None,
        insecure_webhooks: bool = False,
        rate_limits: RateLimits | Literal["live", "low-credit"] | None = None,
        streams: bool | None = None,
        inline_outputs: bool = False,
        control: bool = True,
        json_limit: int = JSON_LIMIT,
        file_limit: int = FILE_LIMIT,
        storage_limit: int = STORAGE_LIMIT,
        prediction_limit: int = PREDICTION_LIMIT,
        journal_limit: int = JOURNAL_LIMIT,
    ) -> None:
        settings = Settings(
            seed=seed,
            dialect=dialect,
            token=token,
            receiver=receiver,
            insecure_webhooks=insecure_webhooks,
            streams=streams,
            inline_outputs=inline_outputs,
            control=control,
            json_limit=json_limit,
            file_limit=file_limit,
            storage_limit=storage_limit,
            prediction_limit=prediction_limit,
            journal_limit=journal_limit,
        )
        self.clock: VirtualClock | RealClock = _clock(clock, speed)
        self._token = token or TOKEN
        self._listening = 0
        self._lock = threading.Lock()
        self._core = Core(load_spec(spec), self.clock, settings)
        self.limits.use(rate_limits)
        if reload:
            if not isinstance(spec, str | Path):
                raise ValueError("to reload the document, name its file: spec=PATH")
            state = self._core.state
            state.reload = Reload(spec, lambda: load_spec(spec), state.use)

    @property
    def core(self) -> Core:
        """The server without a door."""
        return self._core

    @property
    def journal(self) -> Journal:
        """What was asked and answered."""
        return self._core.journal

    @property
    def deliveries(self) -> Deliveries:
        """Every attempt to send a webhook."""
        return self._core.state.courier.deliveries

    @property
    def faults(self) -> Faults:
        """What goes wrong on purpose."""
        return self._core.state.faults

    @property
    def scripts(self) -> Scripts:
        """What the next predictions are to do."""
        return self._core.state.scripts

    @property
    def limits(self) -> Limits:
        """How many requests are let through, and whether there is credit left."""
        return self._core.state.limits

    @property
    def dropped(self) -> dict[str, int]:
        """How many predictions, files, exchanges and deliveries were forgotten because there were too many."""
        return self._core.state.dropped

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
        from .doors.transport import Transport

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

    def router(self, **settings: Any) -> MockRouter:
        """The server as a respx router with one route per operation, named by its `operationId`.

        Args:
            settings: what `respx.MockRouter` takes.

        Raises:
            ImportError: if respx is not installed.

        Example:
            >>> with server.router() as router:
            ...     my_program.main()
            ...     assert router["createPrediction"].call_count == 1
        """
        from .doors.router import make_router

        return make_router(self._core, self.transport, **settings)

    def listen(self, host: str = "127.0.0.1", port: int = 0) -> Listening:
        """Answer on a socket as well, from a thread in the background, until closed.

        Args:
            host: the address to listen on.
            port: the port to listen on; 0 for any that is free.

        Raises:
            PortInUseError: if another program listens there.
            OSError: if the address cannot be listened on for another reason; its `filename` is host and port.

        Example:
            >>> with server.listen() as listening:
            ...     httpx.get(f"{listening.url}/v1/predictions", headers={"Authorization": "Bearer me"})
        """
        try:
            listening = Listening(self.app, host, port, on_close=lambda: self._count(-1))
        except OSError as error:
            error.filename = f"{host}, port {port}"
            raise
        except UnicodeError as error:
            raise OSError(errno.EINVAL, "this is not the name of a host", f"{host}, port {port}") from error
        self._count(1)
        return listening

    def serve(
        self,
        host: str = "127.0.0.1",
        port: int = 8000,
        on_ready: Callable[[str], object] | None = None,
        on_reload: Callable[[str], object] | None = None,
    ) -> None:
        """Answer on a socket until the process is interrupted (SIGINT) or terminated (SIGTERM).

        Args:
            host: the address to listen on.
            port: the port to listen on; 0 for any that is free.
            on_ready: called with the URL once it can be reached.
            on_reload: called with a sentence whenever the document's file has changed.

        Raises:
            PortInUseError: if another program listens there.
            OSError: if the address cannot be listened on for another reason.
        """
        reload = self._core.state.reload
        if reload and on_reload:
            reload.tell = on_reload
        try:
            serve(lambda: self.listen(host, port), on_ready, reload.check if reload else lambda: None)
        finally:
            self.close()

    def redeliver(self, delivery_id: str) -> None:
        """Send a webhook once more, now, with the same id and body.

        Args:
            delivery_id: the `id` of one of `deliveries`.

        Raises:
            KeyError: for an id that there is not.
        """
        self._core.state.courier.redeliver(delivery_id)
        self.clock.settle()

    def reset(self, token: str | None = None) -> None:
        """Forget all predictions, files, exchanges, deliveries, faults and scripts, so that ids start again.

        The clock, the limits in force and those who listen stay.

        Args:
            token: the bearer token whose things are forgotten; everybody's if left out.
        """
        self._core.state.reset(tenant_of(token) if token else None)

    def snapshot(self) -> dict[str, Any]:
        """All that the server remembers, as JSON values, for `restore`."""
        return snapshot.take(self._core.state)

    def restore(self, taken: Mapping[str, Any]) -> None:
        """Go back to what the server remembered when a snapshot was taken, here or in another process.

        Args:
            taken: what `snapshot` returned.

        Raises:
            SnapshotError: for something that is no snapshot, naming the field; nothing is changed then.
        """
        snapshot.restore(self._core.state, taken)

    def close(self) -> None:
        """Send no more webhooks. In process nothing else has to be closed."""
        self.clock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _count(self, change: int) -> None:
        with self._lock:
            self._listening += change
            self._core.state.courier.online = self._listening > 0

    def _settings(self) -> dict[str, Any]:
        return {"token": self._token, "clock": self.clock}


def _clock(clock: str | VirtualClock | RealClock, speed: float | None) -> VirtualClock | RealClock:
    if clock == "real":
        if not isinstance(speed, int | float | None) or isinstance(speed, bool):
            raise ValueError(f"a clock's speed is a number above 0, not {speed!r}")
        return RealClock(1.0 if speed is None else speed)
    if speed is not None:
        raise ValueError(f"a speed, here {speed!r}, is for the clock 'real' alone, which runs by itself")
    if not isinstance(clock, str):
        return clock
    if clock == "virtual":
        return VirtualClock()
    raise ValueError(f"the clock must be 'virtual' or 'real', not {clock!r}")
