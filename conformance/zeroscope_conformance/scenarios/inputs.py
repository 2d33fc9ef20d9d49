"""Predictions with boundary inputs, and the input that the server returns."""

from __future__ import annotations

import json
from typing import Any

from ..boundaries import boundary_inputs
from ..echo import is_echo
from ..exchange import excerpt
from ..target import ScenarioAbandonedError, Target

# Letters of one to four bytes in UTF-8, of which the last has two code units in UTF-16.
_LETTERS = "A horse é 雨 🐎"


def create_at_boundaries(target: Target) -> None:
    """Create a prediction with each boundary input, and with a text beyond ASCII, read it at once, and cancel it."""
    document, results = target.document, target.results
    for boundary in boundary_inputs(document):
        exchange = target.call("createPrediction", json=document.body(boundary.input))
        passed = exchange.prediction is not None
        expected = f"accepted, as {boundary.reason}"
        if results.check(boundary.rule, passed, expected, exchange.summary, exchange):
            _check_input(target, boundary.input, exchange.prediction or {})
    for input in (document.required_input, document.shaped_input, document.text_input(_LETTERS)):
        prediction, _ = target.create(input)
        _check_input(target, input, prediction)


def _check_input(target: Target, input: dict[str, Any], created: dict[str, Any]) -> None:
    """Check the input in a create's response and in that of a read, then cancel the prediction."""
    try:
        read, exchange = target.get(str(created["id"]))
    except ScenarioAbandonedError:
        # The violation is counted, and the next prediction may pass.
        return
    for source, prediction in (("create", created), ("get", read)):
        seen = f"{excerpt(json.dumps(prediction.get('input')))} in the response of {source}"
        expected = f"the input {json.dumps(input)}"
        passed = is_echo(target.document, prediction.get("input"), input)
        target.results.check("input-echoed", passed, expected, seen, exchange)
    target.call("cancelPrediction", id=str(created["id"]))
