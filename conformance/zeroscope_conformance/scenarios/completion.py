"""Predictions that end or are canceled, and what is left of them later."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ..target import Target
from ..timestamps import parse_timestamp

_READS = 3
# How many predictions of each status to read again.
_AGAIN = 2
# How much sooner than the document says data may go, in seconds.
_RETENTION_TOLERANCE = 60


def run_to_completion(target: Target) -> None:
    """Wait for a prediction to succeed and for another one to fail, then read and cancel both."""
    document, results = target.document, target.results
    created = [target.create(document.shaped_input)[0]]
    if document.failing_input is not None:
        created.append(target.create(document.failing_input)[0])
    for prediction in created:
        ended, exchange = target.wait(prediction["id"])
        for _ in range(_READS):
            # The tracker compares them.
            target.get(ended["id"])
        canceled, exchange = target.cancel(ended["id"])
        expected = f"{ended['id']} stays {ended['status']}"
        passed = canceled["status"] == ended["status"]
        results.check("cancel-repeatable", passed, expected, exchange.summary, exchange)


def cancel_predictions(target: Target) -> None:
    """Cancel a prediction before it has started and another one while it runs, twice each."""
    document, results = target.document, target.results
    for wait_for_start in (False, True):
        prediction, _ = target.create(document.scripted_input("slow"))
        if wait_for_start and not _wait_for_start(target, prediction["id"]):
            continue
        canceled, cancel = target.cancel(prediction["id"])
        if canceled["status"] == "succeeded":
            # It ended before the cancel arrived.
            continue
        read, get = target.get(prediction["id"])
        for shown, exchange in ((canceled, cancel), (read, get)):
            passed = shown["status"] == "canceled"
            results.check("cancel-ends", passed, "status canceled", exchange.summary, exchange)
        again, exchange = target.cancel(prediction["id"])
        expected = "the same response as to the first cancel"
        results.check("cancel-repeatable", again == canceled, expected, exchange.summary, exchange)
        target.get(prediction["id"])


def read_again(target: Target) -> None:
    """Read the predictions that ended first, as far as their data is still kept; the tracker compares them, too."""
    retention = target.document.metadata.get("retention-seconds")
    created, _ = target.create(target.document.required_input)
    canceled, _ = target.cancel(created["id"])
    now = parse_timestamp(created.get("created_at"))
    if retention is None or now is None:
        return
    since, chosen = now - timedelta(seconds=retention - _RETENTION_TOLERANCE), list[str]()
    for status in sorted(target.document.final):
        ended = [one for one in (*target.tracker.ended, canceled) if one["status"] == status]
        kept = [one["id"] for one in ended if not one.get("data_removed") and _ended_after(one, since)]
        chosen += kept[:_AGAIN]
    for id in chosen:
        shown, exchange = target.get(id)
        expected = f"{id} with its input, output and logs, for {retention} s after its end"
        target.results.check("data-kept", not shown.get("data_removed"), expected, exchange.summary, exchange)


def _ended_after(prediction: dict[str, Any], moment: datetime) -> bool:
    completed = parse_timestamp(prediction.get("completed_at"))
    return completed is not None and completed > moment


def _wait_for_start(target: Target, id: str) -> bool:
    first = target.document.statuses[0]
    return target.wait_until(lambda: target.get(id)[0]["status"] != first, target.patience)
