"""The options of calls besides the model's fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from os import PathLike
from typing import Any, TypeAlias, TypedDict

from ._service.api import PredictionInputDict

OnUpdate: TypeAlias = Callable[[Any], object]
"""Called with a prediction."""
OnProgress: TypeAlias = Callable[[int, int | None], object]
"""Called with the number of bytes received, and their total or None if it is unknown."""
STRENGTH = 0.75
"""The default strength of `upscale`; the weights' cards recommend 0.66 to 0.85."""


class _HeldOptions(TypedDict, total=False):
    deadline: float | timedelta | None
    """The longest the prediction may last from its creation, in seconds; the service then ends it."""
    prefer_wait: int | timedelta | None
    """How long the service should hold the create open, in whole seconds, for a quick result."""
    extra_input: Mapping[str, Any] | None
    """Fields of the model that are newer than the spec; they are sent as they are."""


class WaitArguments(TypedDict, total=False):
    """The options of a wait."""

    timeout: float | timedelta | None
    """How long to wait from the creation, in seconds; by default a little longer than the service lets a run last."""
    on_update: OnUpdate | None
    """Called with a prediction once it is created and after every change."""
    cancel_on_timeout: bool
    """Whether a prediction is canceled when its time is up, instead of being left running."""


class CreateOptions(_HeldOptions, total=False):
    """The options of a create."""

    version: str | None
    """The ID of another version of the model."""
    webhook: str | None
    """An HTTPS URL to which the service sends events."""
    webhook_events_filter: Sequence[str] | None
    """The events to send: start, output, logs, completed."""
    stream: bool | None
    """Request a stream of the output, which this model does not have."""


class RunOptions(_HeldOptions, WaitArguments, total=False):
    """The options of `run` and `upscale`."""


class RunArguments(PredictionInputDict, RunOptions, total=False):
    """The arguments of `run`: the model's fields and its own options."""


class BatchOptions(CreateOptions, WaitArguments, total=False):
    """The options of `run_many` and `as_completed`; those of `CreateOptions` apply to every create."""

    concurrency: int
    """The most predictions that run at a time; 100 by default."""
    journal: str | PathLike[str] | None
    """A file that records each input's state, with which the same inputs resume after a killed run."""
