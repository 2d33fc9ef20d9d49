"""The recovery of lost creates when a batch resumes, by searches of the list.

A create whose response was lost may have been executed. If exactly one prediction fits, the batch continues with that.
If none does, the batch searches again once the service would have listed it, and then sends the create again. Every
other create is reported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from ..._disk.records import Claims, JournalEntry
from ..._service.api import PredictionModel
from ..._service.versions import is_version
from ..._steps import Flow, RunBlocking
from ..._text import log
from ...errors import TransportError, ZeroscopeError
from ...state import PredictionState
from ..read import LostCreate, Matches, search
from ..request import FIND_ADVICE, MIN_TIMEOUT, Sender
from .item import Item
from .poller import is_complete
from .running import RunningPredictions
from .throttle import Throttle

if TYPE_CHECKING:
    # Loaded only if a journal is kept, because SQLite takes long to load.
    from ..._disk.journal import BatchJournal

P = TypeVar("P", bound=PredictionState)

# The longest that the service takes to execute a create, in seconds; its edge gives up sooner. A prediction of the same
# input that was created later has been created again by the user.
_DURATION = 300.0
# How long after a create was sent the list shows its prediction, in seconds: longer than an edge waits for an answer.
_LISTED_AFTER = 180.0
# Creates that were sent further apart cannot have started the same prediction, whatever the clocks show, in seconds.
_APART = 2 * _DURATION
ADVICE = f"{FIND_ADVICE}, and run its input without this journal if there is none"


class _Lost(NamedTuple, Generic[P]):
    item: Item[P]
    entry: JournalEntry
    create: LostCreate


@dataclass(eq=False)
class LostCreates(Generic[P]):
    """The creates of earlier runs whose outcomes are unknown; during a run the service might not list a prediction yet.

    Args:
        limit: The longest that they wait for another search, in seconds.
        given_ids: The predictions among the inputs.
    """

    sender: Sender
    running: RunningPredictions[P]
    throttle: Throttle
    new: Callable[[PredictionModel], P]
    limit: float
    given_ids: Collection[str]
    search_at: float = inf
    """When the list is searched next, on the monotonic clock."""
    _lost: dict[int, _Lost[P]] = field(default_factory=dict)
    # When the wait for another search must end, on the monotonic clock.
    _until: float = inf

    def __bool__(self) -> bool:
        return bool(self._lost)

    def add(self, item: Item[P], entry: JournalEntry, body: Mapping[str, object]) -> None:
        """Search for the prediction of an item's create, from the body that identifies it."""
        self._lost[entry.row] = _Lost(item, entry, LostCreate(body, entry.sent_at or 0.0))
        self.search_at = self.sender.clock.monotonic()
        self._until = self.search_at + self.limit

    def settle(self, journal: BatchJournal) -> Flow[list[Item[P]]]:
        """Search for the predictions of all creates; the result is the items whose creates are to be sent again."""
        began = self.sender.clock.monotonic()
        searched, self._lost, self.search_at = self._lost, {}, inf
        claims = yield RunBlocking(partial(journal.claims, searched))
        claims = claims._replace(predictions={**dict.fromkeys(self.given_ids), **claims.predictions})
        again: list[Item[P]] = []
        results: Mapping[int, P | str | None]
        try:
            results = yield from self._search(searched, claims, began + max(self.limit, MIN_TIMEOUT))
        except ZeroscopeError as error:
            results = dict.fromkeys(searched, f"the search for it failed: {error}{ADVICE}")
            if isinstance(error, TransportError):
                self.throttle.record_silence(began)
        for row, result in results.items():
            lost = searched[row]
            if isinstance(result, PredictionState):
                yield from self._continue(lost.item, result)
            elif result is not None:
                self._report(lost, result)
            elif self._is_settled(row, lost):
                yield from self.running.record(lost.item, lambda journal: journal.record_absent)
                again.append(lost.item)
        if self._lost:
            log.warning(
                "an earlier run sent %d creates without a response, and the account's list does not show their "
                "predictions; if it still does not after %.0f s, these creates are sent again",
                len(self._lost),
                self.search_at - self.sender.clock.monotonic(),
            )
        return again

    def _search(
        self, searched: Mapping[int, _Lost[P]], claims: Claims, until: float
    ) -> Flow[dict[int, P | str | None]]:
        """Find the prediction of each create; the result is None if the whole list shows none that fits.

        A prediction is certain if it is the only one that a create may have started, and that create the only one that
        may have started it.
        """
        creates = [lost.create for lost in searched.values()]
        found = yield from search(
            self.sender, creates, self.new, until=until, duration=_DURATION, known=claims.predictions
        )
        claimants = Counter(prediction.id for matches in found if matches for prediction in matches.in_time)
        return {
            row: _judge(create, matches, claimants, claims)
            for row, create, matches in zip(searched, creates, found, strict=True)
        }

    def _continue(self, item: Item[P], prediction: P) -> Flow[None]:
        item.recovered = True
        self.running.add(item, prediction)
        item.to_read |= prediction.done and not is_complete(prediction._model)
        yield from self.running.record(item, lambda journal: journal.record_found, prediction.id)
        yield from self.running.finish_ended([item])

    def _is_settled(self, row: int, lost: _Lost[P]) -> bool:
        """Whether a create whose prediction the list lacks was not executed; if that is too early to say, search later.

        The list of another token may be that of another account.
        """
        if not lost.entry.is_same_token:
            self._report(lost, f"a search with another token than it was sent with found no prediction{ADVICE}")
            return False
        now = self.sender.clock.monotonic()
        wait = lost.create.sent_at + _LISTED_AFTER - self.sender.clock.time()
        if wait > 0 and now + wait > self._until:
            self._report(
                lost,
                "the account's list does not show its prediction yet; run the same inputs with the same journal after "
                f"{wait:.0f} s, and it is created if the list still does not",
            )
        elif wait > 0:
            self._lost[row] = lost
            last = -inf if self.search_at == inf else self.search_at
            self.search_at = max(last, now + wait)
        return wait <= 0

    def _report(self, lost: _Lost[P], reason: str) -> None:
        _, entry, create = lost
        message = (
            f"{entry.message}. The prediction may have been created and billed, so it is not created again: {reason}"
        )
        self.running.finish(lost.item, self.sender.lost_create(message, create.body, create.sent_at))


def _judge(create: LostCreate, matches: Matches[P] | None, claimants: Counter[str], claims: Claims) -> P | str | None:
    if matches is None:
        return f"the account's list could not be searched back to then{ADVICE}"
    if len(matches.in_time) > 1:
        return f"a search of the account's list found {len(matches.in_time)} predictions that fit{ADVICE}"
    if not matches.in_time:
        if not matches.later and matches.is_timed:
            return None
        if not matches.later:
            reason = "a search of the account's list found no prediction that fits, but no response had a date"
            return f"{reason}, by which its times are known{ADVICE}"
        return f"prediction {matches.later[0].id} fits, but it was created long after this create was sent{ADVICE}"
    (prediction,) = matches.in_time
    is_claimed = claimants[prediction.id] > 1 or any(
        abs(sent_at - create.sent_at) < _APART for sent_at in claims.sent_at
    )
    ran_it = is_version(create.body["version"], prediction.model, prediction.version)
    if is_claimed or prediction.created_at is None or not ran_it or prediction.data_removed:
        return f"prediction {prediction.id} fits, but it is not certain that this create started it{ADVICE}"
    return prediction
