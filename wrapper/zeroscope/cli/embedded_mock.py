"""The mock server of `--mock`, which runs as long as the command."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from .errors import CommandError
from .extras import require
from .messages import drop_advice
from .options import OPTIONS, Flag, Integer, SpeedBounds
from .predictions import Service

if TYPE_CHECKING:
    from ..client import Zeroscope

_SPEED = 4.0


@Parameter(name="*", group=OPTIONS)
@dataclass(frozen=True)
class EmbeddedMock:
    """The options of a mock server that runs as long as the command."""

    mock: Flag = False
    """Use a mock server of its own instead of the service: no token, no network, no bill."""
    mock_speed: Annotated[float | None, SpeedBounds] = None
    """How many times as fast as at the service the mock server's predictions start and run. Default: 4."""
    mock_seed: Annotated[int | None, Integer] = None
    """Determines the mock server's IDs, seeds, timings and pictures. Default: another one each time."""

    def client(self, service: Service) -> AbstractContextManager[Zeroscope]:
        """Connect to the mock server if there is to be one, otherwise to the service.

        Raises:
            CommandError: If the options of one are given for the other, as the service would bill for what was a test.
        """
        if self.mock:
            if service.base_url is not None:
                raise CommandError("--base-url is for the service, and --mock starts a server of its own; omit one")
            return self._start()
        for name, value in (("--mock-speed", self.mock_speed), ("--mock-seed", self.mock_seed)):
            if value is not None:
                raise CommandError(f"{name} needs --mock; without it, the service would bill for the video")
        return service.client()

    @contextmanager
    def _start(self) -> Iterator[Zeroscope]:
        """Start the mock server and connect to it over HTTP on the loopback interface."""
        from ..client import Zeroscope

        require("mock")
        speed = _SPEED if self.mock_speed is None else self.mock_speed
        seed = secrets.randbits(32) if self.mock_seed is None else self.mock_seed
        # By name: the client does not depend on the mock server.
        server = import_module("zeroscope_mock").MockServer(clock="real", speed=speed, seed=seed)
        with server.listen() as listening, Zeroscope("mock-token", base_url=f"{listening.url}/v1") as client:
            try:
                yield client
            except BaseException as error:
                drop_advice(error)
                raise
