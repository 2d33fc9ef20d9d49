"""Tokens under the schemes of the `Authorization` header."""

from __future__ import annotations

from ..checks import check_refusal
from ..target import Target

_OTHER_SCHEME = "Basic"


def use_schemes(target: Target) -> None:
    """Read one prediction with the token under each scheme, and list with it under another scheme."""
    results = target.results
    if "auth-schemes" not in results:
        return
    prediction, _ = target.create(target.document.required_input)
    for scheme in target.document.auth_schemes:
        exchange = target.call("getPrediction", id=prediction["id"], scheme=scheme)
        passed = exchange.prediction is not None and exchange.prediction["id"] == prediction["id"]
        expected = f"the prediction {prediction['id']} of this account, for a token under {scheme}"
        results.check("auth-schemes", passed, expected, exchange.summary, exchange)
    target.cancel(prediction["id"])
    exchange = target.call("listPredictions", scheme=_OTHER_SCHEME)
    check_refusal(exchange, results, "auth-schemes", 401, f"a token under {_OTHER_SCHEME}")
