"""What can be asked for besides the model's fields; None stands for what is not given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from os import PathLike
from typing import Any, TypeAlias, TypedDict

from ._service.api import PredictionInputDict

OnUpdate: TypeAlias = Callable[[Any], object]
"""Called with a prediction."""
OnProgress: TypeAlias = Callable[[int, int | None], object]
"""Called with the bytes that have come and those that there are, or None where that is not known."""
STRENGTH = 0.75
"""How much `upscale` makes anew; the weights' cards recommend 0.66 to 0.85."""


class CreateOptions(TypedDict, total=False):
    """What a create takes besides the input; None stands for what is not given."""

    version: str | None
    """The ID of another version of the model."""
    webhook: str | None
    """An HTTPS URL that the service calls when something happens."""
    webhook_events_filter: Sequence[str] | None
    """Which events it is called for: start, output, logs, completed."""
    stream: bool | None
    """Ask for a stream of the output, which this model does not have."""
    deadline: float | timedelta | None
    """How long the prediction may last from now, in seconds; the service then ends it."""
    prefer_wait: int | None
    """How long the service is asked to hold the create open, in seconds, for a quick result."""
    extra_input: Mapping[str, Any] | None
    """Fields of the model that are newer than the spec, sent as they are."""


class RunOptions(TypedDict, total=False):
    """What `run` and `upscale` take besides the model's fields."""

    timeout: float | None
    """How long to wait, in seconds; by default a little longer than the service lets a run last."""
    on_update: OnUpdate | None
    """Called with the prediction once it is created and after every change."""
    cancel_on_timeout: bool
    """Whether the prediction is canceled when the time is up, instead of being left running."""
    deadline: float | timedelta | None
    """How long the prediction may last from its creation, in seconds; the service then ends it."""
    prefer_wait: int | None
    """How long the service is asked to hold the create open, in seconds, for a quick result."""
    extra_input: Mapping[str, Any] | None
    """Fields of the model that are newer than the spec, sent as they are."""


class RunArguments(PredictionInputDict, RunOptions, total=False):
    """Everything that `run` takes: the model's fields and its own options."""


class BatchOptions(CreateOptions, total=False):
    """What `run_many` and `as_completed` take besides the inputs; those of `CreateOptions` hold for every create."""

    concurrency: int
    """How many predictions may be under way at a time, 100 by default."""
    timeout: float | None
    """How long to wait for each from its creation, in seconds; by default a little longer than a run may last."""
    on_update: OnUpdate | None
    """Called with a prediction once it is created and after every change."""
    cancel_on_timeout: bool
    """Whether a prediction whose time is up is canceled, instead of being left running."""
    journal: str | PathLike[str] | None
    """A file that keeps account, with which the same inputs go on where a run was killed."""
