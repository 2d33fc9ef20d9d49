"""Creates, accepted and refused, and what the headers of responses say of them."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from itertools import pairwise

from ..detect import WRONG_TOKEN
from ..exchange import Exchange
from ..new_predictions import check_made
from ..target import Target

_READS = 3
_REMAINING = "ratelimit-remaining"
# How far the clocks of a service's machines may differ, in seconds.
_DATE_TOLERANCE = 5


def count_creates(target: Target) -> None:
    """Create two predictions, with reads and refused creates between them, and compare list, limits and dates."""
    document = target.document
    before = target.call("listPredictions")
    first, created = target.create(document.required_input)
    exchanges = [before, created, *(target.get(first["id"])[1] for _ in range(_READS))]
    body = document.body(document.required_input)
    exchanges += [target.call("createPrediction", json=body, token=token) for token in (WRONG_TOKEN, None)]
    _, again = target.create(document.required_input)
    exchanges.append(again)
    made = [one.prediction["id"] for one in exchanges if one.operation == "createPrediction" and one.prediction]
    check_made(target, before, made)
    _check_limits(target, created, again)
    _check_dates(target, exchanges)
    for id in made:
        target.call("cancelPrediction", id=id)


def _check_limits(target: Target, created: Exchange, again: Exchange) -> None:
    """Check that only the second of two creates counted as one."""
    before, after = (_number(exchange.response_headers.get(_REMAINING)) for exchange in (created, again))
    if before is None or after is None:
        target.results.exempt("limits-separate", f"the responses to creates have no {_REMAINING}")
        return
    expected = f"{_REMAINING}: {before - 1:g} or more after one more create, {_READS} reads and two refused requests"
    seen = f"{_REMAINING}: {after:g}, and {before:g} before"
    target.results.check("limits-separate", after >= before - 1, expected, seen, again)


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


def _check_dates(target: Target, exchanges: list[Exchange]) -> None:
    """Check that the dates of responses, in the order of their requests, do not go back."""
    dated = [one for one in exchanges if "date" in one.response_headers]
    if len(dated) < 2:
        target.results.exempt("date-forward", "the responses have no Date")
    for earlier, later in pairwise(dated):
        before, after = (one.response_headers["date"] for one in (earlier, later))
        try:
            seconds = (parsedate_to_datetime(after) - parsedate_to_datetime(before)).total_seconds()
        except (TypeError, ValueError):
            seconds = float("nan")
        passed = seconds >= -_DATE_TOLERANCE
        target.results.check("date-forward", passed, f"Date: {before}, or later", f"Date: {after}", later)
