"""The record of a run, which is a prediction or a training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ..cog import ModelSchema
from ..times import TOLERANCE
from .script import Script

RunKind = Literal["prediction", "training"]
"""What a record is of."""

RETENTION = 3600.0
"""The time that the data of a run is kept after its end, in seconds, if the document does not say."""


@dataclass(frozen=True, slots=True)
class Hook:
    """The webhook of a prediction.

    Args:
        url: The URL, as the client sent it.
        events: The events that are sent there.
        origin: Scheme, host and mount under which the prediction was created, for the URLs in the events.
        prefix: The part between them and the document's path, such as `/v1`.
        filter: The filter of the events as the client sent it, if the server repeats it.
    """

    url: str
    events: frozenset[str]
    origin: str
    prefix: str
    filter: Any = None


@dataclass(slots=True, eq=False)
class Record:
    """One run; only `canceled` and `reads` ever change.

    Args:
        tenant: The tenant that created it.
        number: How many predictions the tenant created before it.
        created: When it was created, in seconds since 1970.
        version: The version that the client named.
        input: The input as the client sent it.
        script: What it will do.
        hook: Its webhook.
        stream: Whether the client asked for a stream of its events.
        lifetime: Seconds after its creation at which the server ends it.
        canceled: When the client canceled it, in seconds since 1970.
        reads: When the client read it, in seconds since 1970; kept only where reads move it on.
        model: The owner and name of the model; None for a document that names none.
        deployment: The owner and name of the deployment that runs it.
        kind: What it is.
        speed: How many times as fast as its script it starts and runs.
        retention: How long input, output and logs are kept after the end, in seconds.
        schema: What its model takes and returns, even after the model was removed; None if the document says that.
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
    model: str | None = None
    deployment: str | None = None
    kind: RunKind = "prediction"
    speed: float = 1.0
    retention: float = RETENTION
    schema: ModelSchema | None = None

    def script_seconds(self, seconds: float) -> float:
        """How far the script is, in its own seconds, so many seconds of the clock after the start."""
        # The script adds the tolerance to its own seconds, but it is for seconds of the clock.
        return min(seconds * self.speed + TOLERANCE * (self.speed - 1), self.script.run_seconds)

    @property
    def in_milliseconds(self) -> bool:
        """Whether it starts and ends on whole milliseconds, which its id decides for one in four."""
        return ord(self.id[0]) % 4 == 0

    @property
    def streams(self) -> bool:
        """Whether it has a stream of events; trainings have none."""
        if self.kind == "training":
            return False
        return self.stream if self.script.streams is None else self.script.streams
