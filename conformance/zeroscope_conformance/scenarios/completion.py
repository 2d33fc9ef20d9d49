"""The course of a prediction, from its creation to its end and after."""

from __future__ import annotations

from ..lifecycle import moment
from ..target import AbandonedError, Target

# Shorter than a run that is asked to be slow, in seconds.
_LIFETIME = 6
# How much later than asked for a prediction may be ended, in seconds.
_SLACK = 30
_LOOKS = 3


def walk(target: Target) -> None:
    """Follow one prediction to its success, and one that is meant to fail to its failure."""
    document, results = target.document, target.results
    created = [target.create(document.shaped_input)[0]]
    if document.failing_input is not None:
        created.append(target.create(document.failing_input)[0])
    for prediction in created:
        ended, exchange = target.ended(prediction["id"])
        for _ in range(_LOOKS):
            # The ledger compares.
            target.get(ended["id"])
        again, exchange = target.cancel(ended["id"])
        expected = f"{ended['id']} stays {ended['status']}"
        kept = again["status"] == ended["status"]
        results.check("cancel-repeatable", kept, expected, exchange.seen, exchange)


def walk_ends(target: Target) -> None:
    """Cancel a prediction before it has begun and one that runs, twice each."""
    document, results = target.document, target.results
    for begun in (False, True):
        prediction, _ = target.create(document.steered_input("slow"))
        if begun and not _has_begun(target, prediction["id"]):
            continue
        ended, exchange = target.cancel(prediction["id"])
        if ended["status"] == "succeeded":
            # It was faster.
            continue
        read, looked = target.get(prediction["id"])
        for shown, seen in ((ended, exchange), (read, looked)):
            results.check("cancel-ends", shown["status"] == "canceled", "status canceled", seen.seen, seen)
        again, exchange = target.cancel(prediction["id"])
        expected = "the same answer as to the first cancel"
        results.check("cancel-repeatable", again == ended, expected, exchange.seen, exchange)
        target.get(prediction["id"])


def walk_limits(target: Target) -> None:
    """Let the service hold a create, and end a prediction at its time."""
    document, results = target.document, target.results
    if "prefer-waits" in results:
        prefer = {"Prefer": "wait"}
        prediction, exchange = target.create(document.required_input, headers=prefer)
        applied = exchange.answered.get("preference-applied", "")
        # Once its time is up, a held create is answered as if nothing had happened.
        kept = applied.startswith("wait") and (prediction["status"] in document.final or exchange.status == 202)
        expected = "a prediction that has ended, and Preference-Applied: wait"
        seen = f"Preference-Applied: {applied or '(none)'}, {exchange.seen}"
        results.check("prefer-waits", kept, expected, seen, exchange)
    if "cancel-after-ends" in results:
        lifetime = {"Cancel-After": f"{_LIFETIME}s"}
        prediction, _ = target.create(document.steered_input("slow"), headers=lifetime)
        ended, exchange = target.ended(prediction["id"])
        created, completed = moment(ended.get("created_at")), moment(ended.get("completed_at"))
        lasted = (completed - created).total_seconds() if created and completed else 0.0
        cut = ended["status"] in document.final - {"succeeded", "failed"}
        if not cut and lasted < _LIFETIME:
            raise AbandonedError
        expected = f"ended, not having succeeded, about {_LIFETIME} s after its creation"
        seen = f"{ended['status']} after {lasted:.1f} s"
        results.check("cancel-after-ends", cut and lasted <= _LIFETIME + _SLACK, expected, seen, exchange)


def _has_begun(target: Target, id: str) -> bool:
    first = target.document.statuses[0]
    return target.until(lambda: target.get(id)[0]["status"] != first, target.patience)
