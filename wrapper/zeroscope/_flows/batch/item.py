"""An item of a batch: one input and its state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from ...state import PredictionState
from ..request import Attempts, CreateRequest
from .forecast import Forecast

P = TypeVar("P", bound=PredictionState)


@dataclass(slots=True, eq=False)
class Item(Generic[P]):
    """One of the inputs, and its state."""

    index: int
    given: Any
    attempts: Attempts
    """The attempts at its create, then at reading its prediction."""
    row: int | None = None
    """Its row in the journal, if there is one."""
    secrets: Sequence[str] = ()
    """The secrets of its input, which the journal must not have."""
    create: CreateRequest | None = None
    prediction: P | None = None
    due: float = float("-inf")
    """When the next attempt may follow, on the monotonic clock."""
    began: float = 0.0
    """When the wait for the prediction began, on the monotonic clock."""
    seen_at: float = 0.0
    """When the prediction was read last, by itself or in the list, on the monotonic clock."""
    forecast: Forecast = field(init=False)
    """When its prediction will end, once it runs."""
    recovered: bool = False
    """Whether its create was lost, and its prediction found when the batch resumed."""
    to_read: bool = False
    """Whether its prediction must be read by itself: the list shows that it ended, or does not show it."""

    @property
    def known_create(self) -> CreateRequest:
        """The create of an item that was prepared."""
        assert self.create is not None
        return self.create

    @property
    def known(self) -> P:
        assert self.prediction is not None
        return self.prediction
