"""Creating: what the document just allows, and what is shown of it."""

from __future__ import annotations

import json

from ..exchange import excerpt
from ..target import AbandonedError, Target


def walk(target: Target) -> None:
    """Create a prediction at each edge of what the document allows, read it at once, and end it."""
    document, results = target.document, target.results
    for rule, says, input in document.edges_within():
        exchange = target.call("createPrediction", json=document.body(input))
        if results.check(rule, exchange.prediction is not None, f"accepted, as {says}", exchange.seen, exchange):
            _look_at(target, input, exchange.prediction or {})
    for input in (document.required_input, document.shaped_input):
        prediction, _ = target.create(input)
        _look_at(target, input, prediction)


def _look_at(target: Target, input: dict[str, object], prediction: dict[str, object]) -> None:
    try:
        shown, exchange = target.get(str(prediction["id"]))
    except AbandonedError:
        # Counted; the next prediction may do better.
        return
    for answer, echoed in (("create", prediction), ("get", shown)):
        seen = f"{excerpt(json.dumps(echoed.get('input')))} in the answer of {answer}"
        expected = f"the input {json.dumps(input)}"
        target.results.check("input-echoed", echoed.get("input") == input, expected, seen, exchange)
    target.call("cancelPrediction", id=str(prediction["id"]))
