"""Predictions that end or are canceled."""

from __future__ import annotations

from ..target import Target

_READS = 3


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


def _wait_for_start(target: Target, id: str) -> bool:
    first = target.document.statuses[0]
    return target.wait_until(lambda: target.get(id)[0]["status"] != first, target.patience)
