"""Versions in each form that a create takes."""

from __future__ import annotations

from typing import Any

from ..checks import check_refusal
from ..detect import UNKNOWN_ID
from ..exchange import Exchange
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
            _check_version(target, form, created[-1], exchange)
    for form in document.version_forms:
        unknown = f"{form}-{UNKNOWN_ID}"
        exchange = target.call("createPrediction", json=document.body(document.required_input, version=unknown))
        check_refusal(exchange, results, "version-forms", 422, f"the version {unknown}, which does not exist")


def _check_version(target: Target, form: str, prediction: dict[str, Any], exchange: Exchange) -> None:
    """Check the version that a form started, unless the response hides it."""
    shown = prediction.get("version")
    if shown in {None, target.document.hidden_version}:
        return
    _, separator, id = form.rpartition(":")
    wanted = id if separator or "/" not in form else _read_latest_version(target, form)
    passed = wanted in {None, shown}
    target.results.check("version-forms", passed, f"the version {wanted} for {form}", f"the version {shown}", exchange)


def _read_latest_version(target: Target, model: str) -> str | None:
    """Return the id of a model's latest version; None if the server does not describe models."""
    body = target.follow(f"models/{model}").json
    version = body.get("latest_version") if isinstance(body, dict) else None
    id = version.get("id") if isinstance(version, dict) else None
    return id if isinstance(id, str) else None
