"""The mock server as users hold it."""

from __future__ import annotations

import errno
import math
import threading
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, Unpack, cast

from .clients import ClientFactory
from .clocks.real import RealClock
from .control import snapshot
from .core import Core
from .description import ServerDescription
from .documents.bundled import load_spec
from .documents.reloader import SpecReloader
from .doors.asgi import App
from .doors.listening import Listening, serve
from .faults.faults import Faults
from .journal import Journal
from .lifecycle.scripts import Scripts
from .models import Models
from .options import ServerOptions, make_clock, refuse_unknown
from .rate_limits import Limits
from .settings import CoreOptions, Settings
from .state import State
from .tenants import tenant_of
from .verification import Assertions
from .webhooks.deliveries import Deliveries
from .webhooks.delivery import Alteration

if TYPE_CHECKING:
    from respx import MockRouter

    from .doors.certificate import Certificate
    from .persistence import StateFile

TOKEN = "mock-token"
"""The token of the clients that the server makes, unless it accepts only another one."""


class MockServer(ClientFactory, Assertions, ServerDescription):
    """A server that behaves like the service, in this process.

    Args:
        options: `seed`, `clock`, `speed`, `dialect`, `account`, `token`, `spec`, `models`, `any_model`, `reload`,
            `state`, `receiver`, `insecure_webhooks`, `rate_limits`, `streams`, `blocking`, `expired_wait`,
            `webhook_events`, `deployment_names`, `inline_outputs`, `control`, `allow_hosts`, `cors`, `trust_forwarded`,
            `json_limit`, `file_limit`, `storage_limit`, `prediction_limit`, `journal_limit` and `journal_body_limit`;
            all have defaults. `ServerOptions` describes each.

    Raises:
        TypeError: For an unknown option, and for `models` that are no dict of files or dicts.
        ValueError: For an unknown clock, dialect or name of rate limits, a seed or a limit that is not an integer, a
            limit below 1, an empty token, hosts that are no list of names, a speed that is not a number above 0,
            `any_model` that is not a bool, and `reload` without a file.
        SpecError: For a document that cannot be read or followed.
        ModelFileError: For a file that holds no model, and for two files of one version; a ValueError.
        StateFileError: For a state file that cannot be used or is another server's; a ValueError.

    Example:
        >>> server = MockServer()
        >>> with server.client() as client:
        ...     videos = client.run(prompt="An astronaut riding a horse")
        >>> server.journal[0].operation
        'createPrediction'
    """

    def __init__(self, **options: Unpack[ServerOptions]) -> None:
        refuse_unknown(options)
        clock, speed = make_clock(options.pop("clock", "virtual")), options.pop("speed", None)
        spec, reload = options.pop("spec", None), options.pop("reload", False)
        rate_limits, models = options.pop("rate_limits", None), options.pop("models", {})
        file = options.pop("state", None)
        settings = Settings(**cast(CoreOptions, options))
        super().__init__(Core(load_spec(spec), clock, settings), clock, settings.token or TOKEN)
        self._sockets: list[Listening] = []
        self._file: StateFile | None = None
        self._lock = threading.Lock()
        self.limits.use(rate_limits)
        if speed is not None:
            self.speed = speed
        self.models.add_all(models)
        if reload:
            if not isinstance(spec, str | Path):
                raise ValueError("to reload the document, name its file: spec=PATH")
            state = self._core.state
            state.reloader = SpecReloader(spec, lambda: load_spec(spec), state.use)
        if file is not None:
            # Imported here because few servers need a database.
            from .persistence import StateFile

            self._file = StateFile(file, self._core.state, own_spec=spec is not None, reload=reload)

    @property
    def _state(self) -> State:
        return self._core.state

    @property
    def core(self) -> Core:
        """The core of the server, without a door."""
        return self._core

    @property
    def journal(self) -> Journal:
        """The request journal."""
        self._core.state.inspected = True
        return self._core.journal

    @property
    def deliveries(self) -> Deliveries:
        """The attempts to deliver webhooks."""
        return self._core.state.webhooks.deliveries

    @property
    def faults(self) -> Faults:
        """The faults of the server."""
        return self._core.state.faults

    @property
    def scripts(self) -> Scripts:
        """The scripts for the next predictions."""
        return self._core.state.scripts

    @cached_property
    def models(self) -> Models:
        """The models besides that of the document."""
        return Models(self._core.state)

    @property
    def limits(self) -> Limits:
        """The rate limits and the credit."""
        return self._core.state.limits

    @property
    def speed(self) -> float:
        """How many times as fast as at the service predictions start and run; may be changed for those to come.

        Raises:
            ValueError: For a speed that is not a number above 0.
        """
        return self._core.state.speed

    @speed.setter
    def speed(self, speed: float) -> None:
        if isinstance(speed, bool) or not isinstance(speed, int | float) or not 0 < speed < math.inf:
            raise ValueError(f"the speed of predictions is a number above 0, not {speed!r}")
        self._core.state.speed = float(speed)

    @property
    def dropped(self) -> dict[str, int]:
        """The numbers of predictions, files, exchanges and deliveries dropped because of the limits."""
        return self._core.state.dropped

    @cached_property
    def app(self) -> App:
        """The server as an ASGI application."""
        return App(self._core)

    def router(self, **settings: Any) -> MockRouter:
        """The server as a respx router with one route per operation, named by its `operationId`.

        Args:
            settings: The arguments of `respx.MockRouter`.

        Raises:
            ImportError: If respx is not installed.

        Example:
            >>> with server.router() as router:
            ...     my_program.main()
            ...     assert router["createPrediction"].call_count == 1
        """
        from .doors.router import make_router

        return make_router(self._core, self.transport, **settings)

    def listen(self, host: str = "127.0.0.1", port: int = 0, *, tls: bool | str | Path = False) -> Listening:
        """Listen on a socket as well, in a background thread, until closed.

        Args:
            host: The address to listen on.
            port: The port to listen on; 0 for any that is free.
            tls: Whether to serve https, with a certificate for this machine, `host` and `allow_hosts`. The authority
                that issues it is made on the spot; a path names the folder in which it is kept, to be used again.

        Raises:
            PortInUseError: If another program listens there.
            OSError: If the address cannot be listened on for another reason; its `filename` is host and port. Also if a
                file of the folder cannot be written or read.
            ValueError: If no certificate can be made for a host, or the folder has other files of these names.

        Example:
            >>> with server.listen() as listening:
            ...     httpx.get(f"{listening.url}/v1/predictions", headers={"Authorization": "Bearer me"})
        """
        certificate = self._certificate(host, tls) if tls else None
        try:
            listening = Listening(self._core, host, port, self._update_sockets, certificate)
        except Exception as error:
            if certificate is not None:
                certificate.close()
            if isinstance(error, UnicodeError):
                raise OSError(errno.EINVAL, "this is not the name of a host", f"{host}, port {port}") from error
            if isinstance(error, OSError):
                error.filename = f"{host}, port {port}"
            raise
        self._update_sockets(listening)
        return listening

    def serve(
        self,
        host: str = "127.0.0.1",
        port: int = 8000,
        on_ready: Callable[[str], object] | None = None,
        on_reload: Callable[[str], object] | None = None,
        *,
        tls: bool | str | Path = False,
        on_environment: Callable[[Mapping[str, str]], object] | None = None,
    ) -> None:
        """Listen on a socket until the process is interrupted (SIGINT) or terminated (SIGTERM).

        Args:
            host: The address to listen on.
            port: The port to listen on; 0 for any that is free.
            on_ready: Called with the URL once it can be reached.
            on_reload: Called with a sentence whenever the document's file has changed.
            tls: As for `listen`.
            on_environment: Called after `on_ready`, on https, with the variables of the environment that make clients
                trust the server.

        Raises:
            PortInUseError: If another program listens there.
            OSError: If the address cannot be listened on for another reason, or a file cannot be written or read.
            ValueError: As for `listen`.
        """

        def ready(listening: Listening) -> None:
            if on_ready:
                on_ready(listening.url)
            if on_environment and listening.environment:
                on_environment(listening.environment)

        if (reloader := self._core.state.reloader) and on_reload:
            reloader.notify = on_reload
        try:
            on_tick = reloader.reload_if_changed if reloader else lambda: None
            serve(lambda: self.listen(host, port, tls=tls), ready, on_tick)
        finally:
            self.close()

    def redeliver(self, delivery_id: str, as_: Alteration | None = None) -> None:
        """Send a webhook once more, now, with the same id and body.

        Args:
            delivery_id: The `id` of one of `deliveries`.
            as_: What is wrong with it: `forged` (signed with another key), `late` (signed an hour ago) or `doubled`.

        Raises:
            KeyError: For an unknown id.
            ValueError: For an unknown alteration.
        """
        self._core.state.webhooks.redeliver(delivery_id, as_)
        self.clock.run_due()

    def reset(self, token: str | None = None) -> None:
        """Forget all predictions, files, exchanges, deliveries, faults and scripts, so that ids start again.

        The clock, the rate limits in force and open sockets stay as they are.

        Args:
            token: The bearer token whose data is forgotten; all data if left out.
        """
        self._core.state.reset(tenant_of(token) if token else None)

    def snapshot(self) -> dict[str, Any]:
        """The server's data as JSON values, for `restore`."""
        return snapshot.take(self._core.state)

    def restore(self, taken: Mapping[str, Any]) -> None:
        """Replace the server's data by a snapshot, taken here or in another process.

        Args:
            taken: What `snapshot` returned.

        Raises:
            SnapshotError: For an invalid snapshot, naming the field; nothing is changed then.
        """
        snapshot.restore(self._core.state, taken)

    def close(self) -> None:
        """Send no more webhooks, and release the state file, without which no more requests are answered.

        Raises:
            StateFileError: If the file could not be written.
        """
        self.clock.close()
        if self._file is not None:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _certificate(self, host: str, tls: bool | str | Path) -> Certificate:
        from .doors.certificate import Certificate

        return Certificate([host, *self._core.state.settings.allow_hosts], None if tls is True else tls or ".")

    def _update_sockets(self, *opened: Listening) -> None:
        with self._lock:
            self._sockets = [each for each in (*self._sockets, *opened) if not each.closed]
            self._core.state.webhooks.sender.online = bool(self._sockets)
        if opened and isinstance(self.clock, RealClock):
            self.clock.run_due()
