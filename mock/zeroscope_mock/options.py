"""The options of `MockServer`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from .clocks.real import RealClock
from .clocks.virtual import VirtualClock
from .cog import ModelSource
from .rate_limits import RateLimits
from .settings import CoreOptions
from .suggestions import did_you_mean


class ServerOptions(CoreOptions, total=False):
    """The options of `MockServer`, all of which have defaults."""

    clock: Literal["virtual", "real"] | VirtualClock | RealClock
    """The clock: `virtual` for one that stands still until it is advanced or slept on, which is the default; `real` for
    the machine's; or a clock of your own."""

    speed: float | None
    """How many times as fast as at the service predictions start and run; 1 by default. Everything else takes as long
    as at the service, because the clock is not faster: the hour for which outputs are kept, rate limits, held creates,
    `Cancel-After`, and the pauses before a webhook is sent again."""

    spec: str | Path | Mapping[str, Any] | None
    """The OpenAPI document to follow, as a YAML or JSON file or as values; the project's own by default."""

    models: Mapping[str, ModelSource | Sequence[ModelSource]]
    """Models besides that of the document, by `owner/name`: each a version as the service returns it, or its
    `openapi_schema` alone, as a JSON or YAML file or as values; or a list of versions. The paths of files are relative
    to the current folder. None by default."""

    reload: bool
    """Whether the file of `spec` is read again when it has changed; an invalid one is reported and not used."""

    state: str | Path | None
    """The file in which the server keeps its data, so that a restart goes on from there, also after a crash; none by
    default."""

    rate_limits: RateLimits | Literal["live", "low-credit"] | None
    """The rate limits: `live`, `low-credit` or your own; none by default."""


def make_clock(clock: str | VirtualClock | RealClock) -> VirtualClock | RealClock:
    """The clock that the option `clock` names.

    Raises:
        ValueError: For another name.
    """
    if not isinstance(clock, str):
        return clock
    if clock == "real":
        return RealClock()
    if clock == "virtual":
        return VirtualClock()
    raise ValueError(f"the clock must be 'virtual' or 'real', not {clock!r}")


OPTION_NAMES = ServerOptions.__optional_keys__
"""The names of all options."""


def refuse_unknown(names: Iterable[str]) -> None:
    """Refuse names that are not options, as Python refuses unknown keyword arguments.

    Raises:
        TypeError: For the first such name, with the option that was likely meant.
    """
    for name in names:
        if name not in OPTION_NAMES:
            raise TypeError(f"MockServer has no option {name!r}{did_you_mean(name, OPTION_NAMES)}")
