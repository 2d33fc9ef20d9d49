"""Results: a page of the account's predictions, and the result of one input of many."""

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
    """The predictions; input, output and logs may be left out of them."""
    next: str | None
    """The URL of the following page, or None on the last one."""
    previous: str | None
    """The URL of the page before, or None on the first one."""


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
