"""The recovery of lost creates when a batch resumes, by one search of the list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import TypeVar

from ..._disk.records import Claims
from ..._service.api import PredictionModel
from ..._service.versions import is_version
from ..._steps import Flow
from ...state import PredictionState
from ..read import LostCreate, search
from ..request import Sender

P = TypeVar("P", bound=PredictionState)

# The longest that the service takes to execute a create, in seconds; its edge gives up sooner. A prediction of the same
# input that was created later has been created again by the user.
_DURATION = 300.0
# Creates that were sent further apart cannot have started the same prediction, whatever the clocks show, in seconds.
_APART = 2 * _DURATION


def recover(
    sender: Sender,
    lost: Mapping[int, LostCreate],
    claims: Claims,
    new: Callable[[PredictionModel], P],
    until: float,
) -> Flow[dict[int, P | str]]:
    """Find the predictions of lost creates; the results are those that are certain, or the reasons why none is.

    A prediction is certain if it is the only one that a create may have started, and that create the only one that may
    have started it.

    Args:
        lost: The creates, by their rows in the journal.
        claims: What other rows of the journal say.
        until: The moment on the monotonic clock up to which the list is read.
    """
    results = yield from search(sender, list(lost.values()), new, until=until, duration=_DURATION)
    found = {
        row: None if some is None else [prediction for prediction in some if prediction.id not in claims.prediction_ids]
        for row, some in zip(lost, results, strict=True)
    }
    claimants = Counter(prediction.id for some in found.values() for prediction in some or ())
    return {row: _settle(lost[row], some, claimants, claims) for row, some in found.items()}


def _settle(create: LostCreate, found: list[P] | None, claimants: Counter[str], claims: Claims) -> P | str:
    if found is None:
        return "the account's list could not be searched back to then"
    if not found:
        return "a search of the account's list found no prediction that fits"
    (prediction, *others) = found
    if others:
        return f"a search of the account's list found {len(found)} predictions that fit"
    is_claimed = claimants[prediction.id] > 1 or any(
        abs(sent_at - create.sent_at) < _APART for sent_at in claims.sent_at
    )
    ran_it = is_version(create.body["version"], prediction.model, prediction.version)
    if is_claimed or prediction.created_at is None or not ran_it or prediction.data_removed:
        return f"prediction {prediction.id} fits, but it is not certain that this create started it"
    return prediction
