"""Creates, reads and cancels that are sent at once."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from ..echo import is_echo
from ..exchange import Exchange, excerpt
from ..new_predictions import check_made
from ..parallel import run_at_once
from ..target import Target

_AT_ONCE = 3
_STARTUP_SECONDS, _SECONDS = 2, 3
_SLOW = "slow 1000"

Created = tuple[dict[str, Any], Exchange, dict[str, Any]]
"""A prediction as a create returned it, the exchange, and the input."""


def send_at_once(target: Target) -> None:
    """Create several predictions at once, read them at once until they have ended, and cancel one several times."""
    _create_at_once(target)
    _cancel_at_once(target)


def _create_at_once(target: Target) -> None:
    document, results = target.document, target.results
    before = target.call("listPredictions")
    # Different inputs, which the mock server runs equally long, so that it does not matter which one arrives first.
    scripts = [f"slow {_SECONDS:0{number}}" for number in range(1, _AT_ONCE + 1)]
    inputs = [{**document.scripted_input(script), **document.shape} for script in scripts]
    made = run_at_once(target.tracker, [partial(target.create, input) for input in inputs])
    created = [(*shown, input) for shown, input in zip(made, inputs, strict=True) if shown is not None]
    ids = [prediction["id"] for prediction, _, _ in created]
    for prediction, exchange, input in created:
        expected = f"an id that none of {len(ids)} creates at once shares, and the input {json.dumps(input)}"
        passed = ids.count(prediction["id"]) == 1 and is_echo(document, prediction.get("input", input), input)
        results.check("creates-separate", passed, expected, exchange.summary, exchange)
    check_made(target, before, ids)
    _read_at_once(target, created)
    # As long as each of them takes on the mock server, so that the number of polls depends on no order, either.
    target.clock.sleep(_STARTUP_SECONDS + _SECONDS)
    for id in dict.fromkeys(ids):
        target.wait(id)
    _check_files(target, _read_at_once(target, created))


def _read_at_once(target: Target, created: list[Created]) -> list[Exchange]:
    """Read predictions at once, check that each read got the one that it asked for, and return the responses."""
    calls = [partial(target.call, "getPrediction", id=prediction["id"]) for prediction, _, _ in created]
    responses = run_at_once(target.tracker, calls)
    for exchange, (prediction, _, input) in zip(responses, created, strict=True):
        if exchange is not None:
            _check_response(target, exchange, prediction["id"], input)
    return [exchange for exchange in responses if exchange is not None]


def _check_response(target: Target, exchange: Exchange, id: str, input: dict[str, Any]) -> None:
    """Check that a read, one of several at once, got the prediction that it asked for."""
    shown = exchange.prediction
    results, found = target.results, shown is not None
    results.check("created-readable", found, f"the prediction {id}", exchange.summary, exchange)
    if shown is not None:
        passed = shown["id"] == id and is_echo(target.document, shown.get("input", input), input)
        expected = f"the prediction {id} with the input {json.dumps(input)}"
        results.check("responses-matched", passed, expected, exchange.summary, exchange)


def _check_files(target: Target, responses: list[Exchange]) -> None:
    """Check that no file is the output of two predictions."""
    owners: dict[str, str] = {}
    for exchange in responses:
        prediction = exchange.prediction
        if prediction is None or prediction["status"] != "succeeded":
            continue
        files = target.document.output_files(prediction.get("output"))
        urls = [url for url in files if isinstance(url, str) and not url.startswith("data:")]
        shared = [url for url in urls if url in owners]
        seen = f"{excerpt(shared[0])}, as in {owners[shared[0]]}" if shared else f"{len(urls)} files"
        expected = f"files that are outputs of {prediction['id']} alone"
        target.results.check("creates-separate", not shared, expected, seen, exchange)
        owners.update({url: str(prediction["id"]) for url in urls})


def _cancel_at_once(target: Target) -> None:
    created, _ = target.create(target.document.scripted_input(_SLOW))
    made = run_at_once(target.tracker, [partial(target.cancel, created["id"]) for _ in range(_AT_ONCE)])
    canceled = [shown for shown in made if shown is not None]
    for prediction, exchange in canceled[1:]:
        expected = f"as another cancel at once got: {canceled[0][1].summary}"
        passed = prediction == canceled[0][0]
        target.results.check("cancels-agree", passed, expected, exchange.summary, exchange)
    target.get(created["id"])
