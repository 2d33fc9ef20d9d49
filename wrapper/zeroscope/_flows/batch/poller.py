"""The poller of a batch, which reads the account's list page by page."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from statistics import median
from typing import NamedTuple

from ..._service.api import PredictionModel, Unset
from ..._steps import Flow
from ...errors import MalformedResponseError, ZeroscopeError
from ...polling import Polling
from ...retry import is_transient
from ..read import PageReader
from ..request import Sender

# A poll costs a request per page, so it comes a little later the more predictions there are, in seconds for each, but
# not so late that short ones would wait long; and later the longer they have run, as shares of their age.
_PER_PREDICTION = 0.02
_MOST_OF_AGE = 0.2
_LEAST_OF_AGE = 0.1


class PollResult(NamedTuple):
    """The result of one poll."""

    listed: Mapping[str, PredictionModel]
    """The list's entries, by ID."""
    missing: Collection[str]
    """The IDs of predictions to read one by one; none if the next poll will show them."""


class ListPoller:
    """Polls many predictions at once, no more often than the policy polls a single one."""

    def __init__(self, sender: Sender, polling: Polling) -> None:
        self._sender = sender
        self._polling = polling
        self._pages = 1
        self._usable = True
        self._failures = 0

    def pause(self, ages: Collection[float]) -> float:
        """Return the pause before the next poll, from the ages of the predictions' waits; all of these in seconds."""
        # The median, because neither the latest prediction nor a straggler shows how long the others take.
        age = median(ages) if ages else 0.0
        pause = self._polling.pause(age, jitter=self._sender.random())
        return max(pause, min(_PER_PREDICTION * len(ages), _MOST_OF_AGE * age), _LEAST_OF_AGE * age)

    def poll(self, wanted: Collection[str], until: float) -> Flow[PollResult]:
        """Search the list for the predictions with some IDs, up to a moment on the monotonic clock."""
        if not self._usable or len(wanted) <= self._pages:
            # Reading each by itself costs no more.
            return PollResult({}, set(wanted))
        missing: set[str] = set(wanted)
        listed: dict[str, PredictionModel] = {}
        reader = PageReader(self._sender, until)
        try:
            while missing and (page := (yield from reader.next())) is not None:
                listed |= {model.id: model for model in page.results if model.id in missing}
                missing -= listed.keys()
                # The account may hold a million other predictions.
                if reader.count > 2 * math.ceil(len(wanted) / max(len(page.results), 1)):
                    break
        except ZeroscopeError as error:
            # A permanent error would occur at every poll.
            self._usable = is_transient(error) and not isinstance(error, MalformedResponseError)
            self._failures += 1
            if self._usable and self._failures == 1:
                missing.clear()
        else:
            self._failures = 0
        self._pages = max(reader.count, 1)
        return PollResult(listed, missing)


def is_complete(model: PredictionModel) -> bool:
    """Whether a list's entry for an ended prediction has everything that a read would return."""
    if not isinstance(model.logs, str):
        return False
    return model.status != "succeeded" or not isinstance(model.output, Unset | None)
