"""Events of a prediction: statuses, log lines, progress and the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from .logs import Progress

__all__ = ["Ended", "Event", "LogLine", "Progressed", "StatusChanged"]

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """The prediction has a new status; the first event reports the status it starts with."""

    status: str


@dataclass(frozen=True, slots=True)
class LogLine:
    """The model has printed a line."""

    text: str


@dataclass(frozen=True, slots=True)
class Progressed:
    """The preceding log line showed the model's progress."""

    progress: Progress


@dataclass(frozen=True, slots=True)
class Ended(Generic[P]):
    """The prediction has ended, with whatever status; this is the last event."""

    prediction: P


Event: TypeAlias = StatusChanged | LogLine | Progressed | Ended[P]
"""An event that `Prediction.events` yields."""
