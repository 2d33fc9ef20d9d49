"""What happens to a prediction, one thing after another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from .logs import Progress

if TYPE_CHECKING:
    from .prediction import AsyncPrediction, Prediction

__all__ = ["Ended", "Event", "LogLine", "Progressed", "StatusChanged"]


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """The prediction has another status; the first event tells the one that it has to begin with."""

    status: str


@dataclass(frozen=True, slots=True)
class LogLine:
    """The model has printed a line."""

    text: str


@dataclass(frozen=True, slots=True)
class Progressed:
    """The line before told how far the model is."""

    progress: Progress


@dataclass(frozen=True, slots=True)
class Ended:
    """The prediction has ended, however it ended; nothing comes after this."""

    prediction: Prediction | AsyncPrediction


Event: TypeAlias = StatusChanged | LogLine | Progressed | Ended
"""What `Prediction.events` yields."""
