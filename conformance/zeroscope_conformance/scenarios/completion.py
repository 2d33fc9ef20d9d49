"""Predictions that end, are canceled, or are controlled by request headers."""

from __future__ import annotations

from ..target import ScenarioAbandonedError, Target
from ..timestamps import parse_timestamp

# In seconds; shorter than the run of the input `slow`.
_CANCEL_AFTER = 6
# How much later the server may end the prediction, in seconds.
_CANCEL_TOLERANCE = 30
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


def create_with_headers(target: Target) -> None:
    """Create a prediction with `Prefer: wait` and another one with `Cancel-After`."""
    document, results = target.document, target.results
    if "prefer-waits" in results:
        prediction, exchange = target.create(document.required_input, headers={"Prefer": "wait"})
        applied = exchange.response_headers.get("preference-applied", "")
        # After the longest wait, the response is that of a create without the header.
        passed = applied.startswith("wait") and (prediction["status"] in document.final or exchange.status == 202)
        expected = "a prediction that has ended, and Preference-Applied: wait"
        seen = f"Preference-Applied: {applied or '(none)'}, {exchange.summary}"
        results.check("prefer-waits", passed, expected, seen, exchange)
    if "cancel-after-ends" in results:
        headers = {"Cancel-After": f"{_CANCEL_AFTER}s"}
        prediction, _ = target.create(document.scripted_input("slow"), headers=headers)
        ended, exchange = target.wait(prediction["id"])
        created, completed = parse_timestamp(ended.get("created_at")), parse_timestamp(ended.get("completed_at"))
        duration = (completed - created).total_seconds() if created and completed else 0.0
        canceled = ended["status"] in document.final - {"succeeded", "failed"}
        if not canceled and duration < _CANCEL_AFTER:
            raise ScenarioAbandonedError
        expected = f"ended without success about {_CANCEL_AFTER} s after its creation"
        seen = f"{ended['status']} after {duration:.1f} s"
        passed = canceled and duration <= _CANCEL_AFTER + _CANCEL_TOLERANCE
        results.check("cancel-after-ends", passed, expected, seen, exchange)


def _wait_for_start(target: Target, id: str) -> bool:
    first = target.document.statuses[0]
    return target.wait_until(lambda: target.get(id)[0]["status"] != first, target.patience)
