"""Creates that are controlled by request headers."""

from __future__ import annotations

import json
from typing import Any

from ..exchange import Exchange, excerpt
from ..target import ScenarioAbandonedError, Target
from ..timestamps import parse_timestamp

# In seconds; shorter than the run of the slow input, even if predictions of the mock server run a hundred times faster.
_CANCEL_AFTER = 6
_SHORT_WAIT = 1
_SLOW = "slow 1000"
# How much later the server may end the prediction, in seconds.
_CANCEL_TOLERANCE = 30
# How much longer the server may hold a create, in seconds; a rate limit may have to be waited for, too.
_HOLD_TOLERANCE = 30
# What a prediction shows before it has outputs; 0 and false are outputs of models.
_NO_OUTPUTS: tuple[Any, ...] = (None, [])


def hold_creates(target: Target) -> None:
    """Hold creates until they have outputs, and another one for less time than its run takes."""
    document, results = target.document, target.results
    if "prefer-waits" not in results:
        return
    for prefer in document.prefer_values:
        created, exchange = target.create(document.shaped_input, headers={"Prefer": prefer})
        if exchange.status != 202:
            _check_held(target, created, exchange, prefer)
        else:
            # A model may take longer to start than the longest wait, and has started then.
            target.wait(created["id"])
    if "prefer-runs-out" in results:
        headers = {"Prefer": f"wait={_SHORT_WAIT}"}
        start = target.clock.monotonic()
        created, exchange = target.create(document.scripted_input(_SLOW), headers=headers)
        held = target.clock.monotonic() - start
        expected, seen = f"a response within {_SHORT_WAIT + _HOLD_TOLERANCE} s", f"one after {held:.1f} s"
        results.check("prefer-limited", held <= _SHORT_WAIT + _HOLD_TOLERANCE, expected, seen, exchange)
        if not _has_outputs(target, created):
            _check_run_out(target, created, exchange, headers["Prefer"])
        target.cancel(created["id"])


def _check_held(target: Target, created: dict[str, Any], exchange: Exchange, prefer: str) -> None:
    """Check a create that was held, and that a read agrees with it."""
    document, results = target.document, target.results
    ended = created["status"] in document.final
    passed = _has_outputs(target, created) and (ended or not {"completed_at", "metrics"} & _known(created))
    expected = "a prediction that has ended, or one with outputs and neither completed_at nor metrics"
    results.check("prefer-waits", passed, expected, exchange.summary, exchange)
    shown, wanted = created.get("output"), document.shape.get("batch_size")
    if isinstance(shown, list) and shown and wanted is not None:
        seen = f"{len(shown)} outputs in {exchange.summary}"
        results.check("prefer-waits", len(shown) == wanted, f"all {wanted} outputs", seen, exchange)
    _check_confirmation(target, exchange, prefer)
    end, read = target.wait(created["id"])
    output = end.get("output")
    # An output may be in the response as a `data:` URI, and have a URL later.
    inline = "data:" in json.dumps([shown, output])
    agrees = _without_urls(shown) == _without_urls(output) if inline else shown == output
    expected = f"the outputs of the create, {excerpt(json.dumps(shown))}"
    seen = f"{end['status']} with {excerpt(json.dumps(output))}"
    passed = agrees and (not ended or end["status"] == created["status"])
    results.check("prefer-agrees", passed or shown in _NO_OUTPUTS, expected, seen, read)


def _check_confirmation(target: Target, exchange: Exchange, prefer: str) -> None:
    """Check that a response repeats the `Prefer` header."""
    applied = exchange.response_headers.get("preference-applied")
    expected, seen = f"Preference-Applied: {prefer}", f"Preference-Applied: {applied or '(none)'}"
    target.results.check("prefer-confirmed", applied == prefer, expected, seen, exchange)


def _check_run_out(target: Target, created: dict[str, Any], exchange: Exchange, prefer: str) -> None:
    """Check a create whose wait ran out."""
    if "preference-applied" in exchange.response_headers:
        # Whether the service sends it then is not known.
        _check_confirmation(target, exchange, prefer)
    location = exchange.response_headers.get("location", "")
    expected = f"202 with the URL of {created['id']} in Location"
    seen = f"Location: {location or '(none)'}, {exchange.summary}"
    passed = exchange.status == 202 and bool(location)
    if not target.results.check("prefer-runs-out", passed, expected, seen, exchange):
        return
    read = target.follow(location)
    passed = read.prediction is not None and read.prediction["id"] == created["id"]
    target.results.check("prefer-runs-out", passed, f"{location} reads {created['id']}", read.summary, read)


def _has_outputs(target: Target, prediction: dict[str, Any]) -> bool:
    return prediction["status"] in target.document.final or prediction.get("output") not in _NO_OUTPUTS


def _without_urls(output: Any) -> Any:
    """Return an output with nothing in place of its URLs."""
    if isinstance(output, list):
        return [_without_urls(item) for item in output]
    if isinstance(output, dict):
        return {name: _without_urls(value) for name, value in output.items()}
    is_url = isinstance(output, str) and output.startswith(("data:", "http:", "https:"))
    return None if is_url else output


def _known(prediction: dict[str, Any]) -> set[str]:
    return {name for name, value in prediction.items() if value is not None}


def limit_runs(target: Target) -> None:
    """Create a prediction with `Cancel-After`."""
    document, results = target.document, target.results
    if "cancel-after-ends" not in results:
        return
    headers = {"Cancel-After": f"{_CANCEL_AFTER}s"}
    prediction, _ = target.create(document.scripted_input(_SLOW), headers=headers)
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
