"""How many predictions stand, from the account's list: a request per page instead of one per prediction."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from statistics import median
from typing import NamedTuple

from ..._service.api import PredictionModel, Unset
from ..._steps import Flow
from ...errors import MalformedResponseError, ZeroscopeError
from ...polling import Polling
from .. import create as _flows
from ..request import Sender, passing

# A look costs a request per page, so it may come a little later the more predictions there are, in seconds for each,
# but not so late that short ones would be kept waiting; and later the longer they have run, as shares of their age.
_PER_PREDICTION = 0.02
_MOST_OF_AGE = 0.2
_LEAST_OF_AGE = 0.1


class Sighting(NamedTuple):
    """What one look came to."""

    listed: Mapping[str, PredictionModel]
    """What the list says, by id."""
    missing: Collection[str]
    """The ids that are to be asked for one by one; none where the next look will tell."""


class Census:
    """Looks at many predictions at once.

    Args:
        sender: Sends the requests.
        polling: How often a single prediction is looked at; many are looked at no more often.
    """

    def __init__(self, sender: Sender, polling: Polling) -> None:
        self._sender = sender
        self._polling = polling
        self._pages = 1
        self._usable = True
        self._failures = 0

    def pause(self, ages: Collection[float]) -> float:
        """How long to wait before the next look, in seconds.

        Args:
            ages: How long each prediction has been waited for, in seconds.
        """
        # The median: neither the last one created nor a straggler says how long the others take.
        age = median(ages) if ages else 0.0
        pause = self._polling.pause(age, spread=self._sender.random())
        return max(pause, min(_PER_PREDICTION * len(ages), _MOST_OF_AGE * age), _LEAST_OF_AGE * age)

    def look(self, wanted: Collection[str]) -> Flow[Sighting]:
        """What the list says of some predictions.

        Args:
            wanted: Their ids.
        """
        if not self._usable or len(wanted) <= self._pages:
            # Asking for each by itself costs no more.
            return Sighting({}, set(wanted))
        missing: set[str] = set(wanted)
        listed: dict[str, PredictionModel] = {}
        cursor: str | None = None
        cursors: set[str | None] = set()
        try:
            while missing and cursor not in cursors:
                cursors.add(cursor)
                page = yield from _flows.page(self._sender, cursor)
                listed |= {model.id: model for model in page.results if model.id in missing}
                missing -= listed.keys()
                cursor = self._sender.answers.next_cursor(page)
                # The account may hold a million others.
                if cursor is None or len(cursors) > 2 * math.ceil(len(wanted) / max(len(page.results), 1)):
                    break
        except ZeroscopeError as error:
            # What will not pass by itself would be met with at every look.
            self._usable = passing(error) and not isinstance(error, MalformedResponseError)
            self._failures += 1
            if self._usable and self._failures == 1:
                missing.clear()
        else:
            self._failures = 0
        self._pages = len(cursors)
        return Sighting(listed, missing)


def tells_all(model: PredictionModel | None) -> bool:
    """Whether what a list says of a prediction that has ended is all that a read would tell; lists may be short."""
    if model is None or not isinstance(model.logs, str):
        return False
    return model.status != "succeeded" or not isinstance(model.output, Unset | None)
