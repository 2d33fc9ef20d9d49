"""Versions in each form that a create takes."""

from __future__ import annotations

from typing import Any

from ..checks import check_refusal
from ..detect import UNKNOWN_ID
from ..target import Target


def name_versions(target: Target) -> None:
    """Create a prediction with each form of the version, and with an unknown version of each form."""
    document, results = target.document, target.results
    if "version-forms" not in results:
        return
    created: list[dict[str, Any]] = []
    for form in document.version_forms:
        exchange = target.call("createPrediction", json=document.body(document.required_input, version=form))
        prediction = exchange.prediction
        expected = f"a prediction of the version {form}"
        if results.check("version-forms", prediction is not None, expected, exchange.summary, exchange):
            created.append(prediction or {})
            target.cancel(created[-1]["id"])
            # A response need not have the model.
            models = {one["model"] for one in created if one.get("model") is not None}
            seen = f"{' and '.join(map(str, models))} for {form}"
            results.check("version-forms", len(models) < 2, "the same model for each form", seen, exchange)
    for form in document.version_forms:
        unknown = f"{form}-{UNKNOWN_ID}"
        exchange = target.call("createPrediction", json=document.body(document.required_input, version=unknown))
        check_refusal(exchange, results, "version-forms", 422, f"the version {unknown}, which does not exist")
