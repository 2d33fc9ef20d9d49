"""The poller of a batch, which reads the account's list page by page."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from ..._service.api import PredictionModel, Unset
from ..._steps import Flow
from ...errors import MalformedResponseError, TransportError, ZeroscopeError
from ...retry import is_transient
from ..read import PageReader
from ..request import Sender


class Listed(NamedTuple):
    """An entry of the list."""

    model: PredictionModel
    cursor: str | None
    """The cursor of its page."""


class PollResult(NamedTuple):
    """The result of one poll."""

    listed: Mapping[str, Listed]
    """The list's entries, by ID."""
    missing: Collection[str]
    """The IDs of predictions to read one by one; none if the next poll will show them."""
    pages: int
    """How many pages were read."""


class ListPoller:
    """Polls pages of the list, each from where some of the wanted predictions were seen last."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self.is_usable = True
        """Whether the list can be read at all."""
        self.is_answered = True
        """Whether the last poll ended with a whole response."""
        self._failures = 0

    def poll(
        self, wanted: Collection[str], is_known: Callable[[str], object], until: float, cursor: str | None = None
    ) -> Flow[PollResult]:
        """Search the list for predictions, up to a moment on the monotonic clock.

        Args:
            wanted: Their IDs.
            is_known: Whether a prediction with an ID is returned as well if it is met on the way.
            until: The moment.
            cursor: The cursor of the page to begin with; None for the first.
        """
        missing: set[str] = set(wanted)
        listed: dict[str, Listed] = {}
        reader = PageReader(self._sender, until, parameters={} if cursor is None else {"cursor": cursor})
        self.is_answered = True
        try:
            while missing and (page := (yield from reader.next())) is not None:
                listed |= {model.id: Listed(model, reader.cursor) for model in page.results if is_known(model.id)}
                missing -= listed.keys()
                # The account may hold a million other predictions.
                if reader.count > 2 * math.ceil(len(wanted) / max(len(page.results), 1)):
                    break
        except ZeroscopeError as error:
            # A permanent error would occur at every poll.
            is_permanent = not is_transient(error) or isinstance(error, MalformedResponseError)
            if is_permanent and cursor is not None:
                # The service may refuse an old cursor.
                return (yield from self.poll(wanted, is_known, until))
            self.is_usable = not is_permanent
            self.is_answered = not isinstance(error, TransportError)
            self._failures += 1
            if self.is_usable and self._failures == 1:
                missing.clear()
        else:
            self._failures = 0
        return PollResult(listed, missing, max(reader.count, 1))


def is_complete(model: PredictionModel) -> bool:
    """Whether a list's entry for an ended prediction has everything that a read would return."""
    if not isinstance(model.logs, str):
        return False
    return model.status != "succeeded" or not isinstance(model.output, Unset | None)
