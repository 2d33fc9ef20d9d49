"""What a batch is made with, and what it is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..._service.api import PredictionModel
from ..._steps import Flow
from ...state import PredictionState
from ..create import Prepared
from ..request import Sender
from ..wait import Waiting

if TYPE_CHECKING:
    from ..._disk.journal import BatchJournal

P = TypeVar("P", bound=PredictionState)


@dataclass(frozen=True, slots=True)
class Setup(Generic[P]):
    """What a batch is made with.

    Args:
        sender: Sends the requests.
        prepare: Checks an input and makes its create.
        describe: Tells what an input is, as JSON values, for the journal; it may read files.
        new: Makes a prediction.
        waiting: How each prediction is waited for.
        concurrency: How many predictions may be under way at a time.
        open_journal: Opens the account on disk, if one is kept.
    """

    sender: Sender
    prepare: Callable[[Any], Flow[Prepared]]
    describe: Callable[[Any], Mapping[str, Any]]
    new: Callable[[PredictionModel], P]
    waiting: Waiting
    concurrency: int
    open_journal: Callable[[], BatchJournal] | None


@dataclass(slots=True, eq=False)
class Item(Generic[P]):
    """One of the inputs, and how far it has come."""

    index: int
    given: Any
    row: int | None = None
    prepared: Prepared | None = None
    prediction: P | None = None
    # How often it was tried in vain, and when it may be tried again, on the monotonic clock.
    failures: int = 0
    malformed: int = 0
    due: float = float("-inf")
    # When the wait for the prediction began, on the monotonic clock.
    began: float = 0.0
    # Whether it has to be read by itself: it has ended, as the list says, or the list says nothing of it.
    to_read: bool = False

    @property
    def create(self) -> Prepared:
        """The create, of an item that has been prepared."""
        assert self.prepared is not None
        return self.prepared

    @property
    def known(self) -> P:
        """The prediction, of an item that has one."""
        assert self.prediction is not None
        return self.prediction
