"""The result classes: a page of predictions, and the results of many inputs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import Any, Generic, Self, TypeVar

from . import _html
from .errors import ZeroscopeError

P = TypeVar("P")
V = TypeVar("V")

# The most failures that the view of a batch names.
_MAX_FAILURES = 20


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
        videos: list[V] = [] if self.error is not None else prediction.videos
        return videos

    def raise_for_error(self) -> Self:
        """Raise the error, if there is one; otherwise return the result."""
        if self.error is not None:
            raise self.error
        return self

    @property
    def _failure(self) -> str:
        return f"{type(self.error).__name__}: {self.error}" if self.error is not None else ""

    def _repr_html_(self) -> str:
        prediction: Any = self.prediction
        shown = _html.table([("index", str(self.index)), ("failure", _html.clip(self._failure))])
        return shown + (prediction._repr_html_() if prediction is not None else "")

    def __repr__(self) -> str:
        known = f"{self.prediction!r}" if self.prediction is not None else "no prediction"
        recovered = ", recovered" if self.recovered else ""
        error = f", {type(self.error).__name__}" if self.error is not None else ""
        return f"<{type(self).__name__} {self.index}: {known}{recovered}{error}>"


class Results(list[RunResult[P, V]]):
    """The results of `run_many`: a list, which a notebook shows as a count, the failures, and the videos as players."""

    def _repr_html_(self) -> str:
        failed = [result for result in self if result.error is not None]
        rows = [(f"failure of {result.index}", _html.clip(result._failure)) for result in failed[:_MAX_FAILURES]]
        more = len(failed) - len(rows)
        table = _html.table(
            [("results", f"{len(self)}, {len(failed)} failed"), *rows, ("…", f"and {more} more" if more else "")]
        )
        videos = [result.videos for result in self if result.videos]
        # One list of their own class, whose view is bounded as a whole.
        players: Any = type(videos[0])(chain.from_iterable(videos)) if videos else None
        return table + (players._repr_html_() if players is not None else "")
