"""The result classes: a page of predictions, and the result of one input of many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar

from .errors import ZeroscopeError

P = TypeVar("P")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Page(Generic[P]):
    """A page of the account's predictions, newest first."""

    results: list[P]
    """The predictions; the service may omit their input, output and logs."""
    next: str | None
    """The URL of the following page, or None on the last one."""
    previous: str | None
    """The URL of the preceding page, or None on the first one."""


@dataclass(frozen=True)
class RunResult(Generic[P, V]):
    """The result of one input of `run_many`."""

    index: int
    """The input's position among the inputs, from 0."""
    input: Any
    """The input as it was given, or the prediction given in its place."""
    prediction: P | None
    """The prediction as last seen; None if none is known to have been created."""
    error: ZeroscopeError | None
    """The reason why there are no videos; None if there are videos."""
    recovered: bool = False
    """Whether the response to the create was lost, and the prediction found when the batch resumed with its journal."""

    @property
    def videos(self) -> list[V]:
        """The videos; empty if there was an error."""
        prediction: Any = self.prediction
        return [] if self.error is not None else list(prediction.videos)

    def raise_for_error(self) -> Self:
        """Raise the error, if there is one; otherwise return the result."""
        if self.error is not None:
            raise self.error
        return self

    def __repr__(self) -> str:
        known = f"{self.prediction!r}" if self.prediction is not None else "no prediction"
        recovered = ", recovered" if self.recovered else ""
        error = f", {type(self.error).__name__}" if self.error is not None else ""
        return f"<{type(self).__name__} {self.index}: {known}{recovered}{error}>"
