"""The mock server in the command: `zeroscope mock`, and `--mock` of `zeroscope run`."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Group, Parameter, Token, validators

from zeroscope.cli.errors import CannotStartError
from zeroscope.errors import ConfigurationError

if TYPE_CHECKING:
    from zeroscope.client import Zeroscope


def _whole(kind: object, tokens: Sequence[Token]) -> int:
    # Without this 1.5 would be rounded.
    try:
        return int(tokens[0].value)
    except ValueError:
        raise ValueError(f"{tokens[0].value} is not a whole number") from None


_SPEEDS = Parameter(validator=validators.Number(gte=0.001, lte=1_000_000))
Speed = Annotated[float, _SPEEDS]
Limit = Annotated[int | None, Parameter(converter=_whole, validator=validators.Number(gte=1))]
OPTIONS = Group("Options", sort_key=1)


def serve(
    *,
    host: str = "127.0.0.1",
    port: Annotated[int, Parameter(converter=_whole, validator=validators.Number(gte=0, lte=65535))] = 8000,
    speed: Annotated[float | None, _SPEEDS] = None,
    seed: Annotated[int, Parameter(converter=_whole)] = 0,
    dialect: Literal["live", "published"] = "live",
    token: str | None = None,
    clock: Literal["real", "virtual"] = "real",
    rate_limits: Literal["live", "low-credit"] | None = None,
    streams: Annotated[bool | None, Parameter(negative="--no-streams")] = None,
    inline_outputs: Annotated[bool, Parameter(negative=())] = False,
    insecure_webhooks: Annotated[bool, Parameter(negative=())] = False,
    prediction_limit: Limit = None,
    storage_limit: Limit = None,
    journal_limit: Limit = None,
    scripts: Path | None = None,
    spec: Path | None = None,
    reload: Annotated[bool, Parameter(negative=())] = False,
    control: Annotated[bool, Parameter(name="--control", negative="--no-control")] = True,
) -> None:
    """Start the mock server, which behaves like the service and needs no token, network or money.

    Parameters
    ----------
    host
        The address to listen on.
    port
        The port to listen on; 0 for any that is free.
    speed
        How many times faster than real time predictions run, on the real clock. Default: 1.
    seed
        Decides IDs, seeds, timings and pictures; equal seeds give equal runs.
    dialect
        How the server speaks: as the live service does, or as its published description says.
    token
        The only bearer token to accept. Default: any.
    clock
        `virtual` for a clock that stands still until a request waits or somebody advances it under /_mock/clock.
    rate_limits
        Refuse requests above the service's limits, or above those of an account with little credit. Default: none.
    streams
        Give every prediction a stream of events, or none. Default: those that ask for one.
    inline_outputs
        Answer videos as data: URIs instead of URLs.
    insecure_webhooks
        Send webhooks to http URLs of other machines, too.
    prediction_limit
        How many predictions are kept; the oldest are dropped. Default: 1000000.
    storage_limit
        How many bytes of uploads are kept; the oldest are dropped. Default: 1073741824.
    journal_limit
        How many exchanges the journal keeps, and how many deliveries are kept. Default: 1000.
    scripts
        A YAML file with what the next predictions are to do.
    spec
        The OpenAPI document to follow, as a YAML or JSON file. Default: the one this program was made with.
    reload
        Follow the file of --spec: read it again whenever it has changed.
    control
        Let programs control the server under /_mock/.
    """
    if reload and spec is None:
        raise CannotStartError("--reload needs --spec, the file to follow")
    module = _module()
    limits = {"prediction_limit": prediction_limit, "storage_limit": storage_limit, "journal_limit": journal_limit}
    options: dict[str, Any] = {name: limit for name, limit in limits.items() if limit is not None}
    try:
        server = module.MockServer(
            clock=clock,
            speed=speed,
            seed=seed,
            dialect=dialect,
            token=token,
            rate_limits=rate_limits,
            streams=streams,
            spec=spec,
            reload=reload,
            control=control,
            inline_outputs=inline_outputs,
            insecure_webhooks=insecure_webhooks,
            **options,
        )
    except (ValueError, module.SpecError) as error:
        raise CannotStartError(str(error)) from error
    try:
        if scripts is not None:
            server.scripts.add(scripts)
        server.serve(
            host,
            port,
            on_ready=lambda url: print(f"listening on {url}", flush=True),
            on_reload=lambda told: print(f"zeroscope: {told}", file=sys.stderr, flush=True),
        )
    except (module.PortInUseError, module.ScriptError) as error:
        raise CannotStartError(str(error)) from error
    if lost := {kind: number for kind, number in server.dropped.items() if number}:
        print("dropped for lack of room: " + ", ".join(f"{number} {kind}" for kind, number in lost.items()))


@Parameter(name="*", group=OPTIONS)
@dataclass(frozen=True)
class Embedded:
    """A mock server that lives as long as the command."""

    mock: Annotated[bool, Parameter(negative=())] = False
    """Use a mock server of its own instead of the service: no token, no network, no bill."""
    mock_speed: Speed = 4.0
    """How many times faster than real time the mock server's predictions run, and are waited for."""

    @contextmanager
    def client(self) -> Iterator[Zeroscope]:
        """A client that speaks HTTP on the loopback interface to the server."""
        # The server by itself needs no client.
        from zeroscope.client import Zeroscope

        server = _module().MockServer(clock="real", speed=self.mock_speed)
        with (
            server.listen() as listening,
            Zeroscope("mock-token", base_url=f"{listening.url}/v1", clock=server.clock) as client,
        ):
            yield client


def _module() -> ModuleType:
    # The package is always there; what it needs comes with the extra, and is imported late.
    for needed in ("av", "httptools", "PIL", "python_multipart", "uvicorn", "zeroscope_mock"):
        if not _installed(needed):
            raise ConfigurationError(
                f"the mock server needs {needed}, which is not installed; get it with: pip install 'zeroscope[mock]'"
            )
    return importlib.import_module("zeroscope_mock")


def _installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ValueError:
        # What find_spec says of a module that was put out of reach.
        return False
