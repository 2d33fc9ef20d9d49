"""The mock server of `zeroscope run --mock`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated

from cyclopts import Parameter

from ..client import Zeroscope
from .extras import require
from .options import OPTIONS, Flag, SpeedBounds


@Parameter(name="*", group=OPTIONS)
@dataclass(frozen=True)
class EmbeddedMock:
    """The options of a mock server that runs as long as the command."""

    mock: Flag = False
    """Use a mock server of its own instead of the service: no token, no network, no bill."""
    mock_speed: Annotated[float, SpeedBounds] = 4.0
    """How many times as fast as at the service the mock server's predictions start and run."""

    @contextmanager
    def client(self) -> Iterator[Zeroscope]:
        """Start the mock server and connect to it over HTTP on the loopback interface."""
        require("mock")
        # By name: the client does not depend on the mock server.
        server = import_module("zeroscope_mock").MockServer(clock="real", speed=self.mock_speed)
        with server.listen() as listening, Zeroscope("mock-token", base_url=f"{listening.url}/v1") as client:
            yield client
