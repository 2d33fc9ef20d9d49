"""The record of a prediction: all that the server keeps of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .script import Script


@dataclass(frozen=True, slots=True)
class Hook:
    """The webhook of a prediction.

    Args:
        url: the URL, as the client sent it.
        events: the events that are sent there.
        origin: scheme and host under which the prediction was created, for the URLs in the events.
        prefix: the part between the host and the document's path, such as `/v1`.
    """

    url: str
    events: frozenset[str]
    origin: str
    prefix: str


@dataclass(slots=True, eq=False)
class Record:
    """One prediction; only `canceled` and `reads` ever change.

    Args:
        id: its id.
        tenant: the tenant that created it.
        number: how many predictions the tenant created before it.
        created: when it was created, in seconds since 1970.
        version: the version that the client named.
        input: the input as the client sent it.
        script: what it will do.
        hook: its webhook.
        stream: whether the client asked for a stream of its events.
        lifetime: seconds after its creation at which the server ends it.
        canceled: when the client canceled it, in seconds since 1970.
        reads: when the client read it, in seconds since 1970; kept only where reads move it on.
    """

    id: str
    tenant: str
    number: int
    created: float
    version: str
    input: dict[str, Any]
    script: Script
    hook: Hook | None = None
    stream: bool = False
    lifetime: float | None = None
    canceled: float | None = None
    reads: tuple[float, ...] = ()

    @property
    def streams(self) -> bool:
        """Whether it has a stream of events."""
        return self.stream if self.script.streams is None else self.script.streams
