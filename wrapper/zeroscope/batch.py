"""Many inputs at once: what can be asked for, and what becomes of each."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from typing import Any, Generic, Self, TypeVar

from ._flows import CreateOptions
from ._waiting import OnUpdate
from .errors import ZeroscopeError

P = TypeVar("P")
V = TypeVar("V")


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


@dataclass(frozen=True)
class RunResult(Generic[P, V]):
    """What became of one of the inputs of a `run_many`."""

    index: int
    """The input's position among the inputs, from 0."""
    input: Any
    """The input as it was given, or the prediction that was given instead."""
    prediction: P | None
    """The prediction as it was last seen; None if none is known to have been created."""
    error: ZeroscopeError | None
    """Why there are no videos; None if there are."""

    @property
    def videos(self) -> list[V]:
        """The videos; empty where there was an error."""
        prediction: Any = self.prediction
        return [] if self.error is not None else list(prediction.videos)

    def raise_for_error(self) -> Self:
        """Raise the error, if there is one, and return the result otherwise."""
        if self.error is not None:
            raise self.error
        return self

    def __repr__(self) -> str:
        known = f"{self.prediction!r}" if self.prediction is not None else "no prediction"
        return f"<{type(self).__name__} {self.index}: {known}{f', {type(self.error).__name__}' if self.error else ''}>"
