"""Tokens under the schemes of the `Authorization` header."""

from __future__ import annotations

from ..checks import check_refusal
from ..target import Target

_OTHER_SCHEME = "Basic"


def use_schemes(target: Target) -> None:
    """Create a prediction under each scheme, read it under all of them, and list under another scheme."""
    document, results = target.document, target.results
    if "auth-schemes" not in results:
        return
    for scheme in document.auth_schemes:
        created = target.call("createPrediction", json=document.body(document.required_input), scheme=scheme)
        prediction = created.prediction
        expected = f"a new prediction, for a token under {scheme}"
        results.check("auth-schemes", prediction is not None, expected, created.summary, created)
        if prediction is None:
            continue
        for other in document.auth_schemes:
            exchange = target.call("getPrediction", id=prediction["id"], scheme=other)
            passed = exchange.prediction is not None and exchange.prediction["id"] == prediction["id"]
            expected = f"the prediction {prediction['id']}, created under {scheme}, for the same token under {other}"
            results.check("auth-schemes", passed, expected, exchange.summary, exchange)
        target.cancel(prediction["id"])
    exchange = target.call("listPredictions", scheme=_OTHER_SCHEME)
    check_refusal(exchange, results, "auth-schemes", 401, f"a token under {_OTHER_SCHEME}")
