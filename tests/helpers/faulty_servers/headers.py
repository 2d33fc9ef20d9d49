"""Creates that do not do what the request headers say."""

from __future__ import annotations

from typing import Any

from helpers.faulty_servers.mutants import Request, Response, on_prediction, on_request, on_response

CREATE = "createPrediction"


@on_request("does not hold what it is asked to hold", "prefer-waits")
def _(request: Request) -> Response:
    request.headers.pop("prefer", None)
    return request.forward()


@on_prediction("measures a run that has not ended", "prefer-waits", CREATE)
def _(prediction: dict[str, Any], request: Request) -> None:
    if prediction["output"]:
        prediction.pop("completed_at", None)
        prediction.update(status="processing", metrics={"predict_time": 1.0})


@on_response("does not say that it has waited", "prefer-confirmed", CREATE)
def _(response: Response, request: Request) -> None:
    response.headers.pop("preference-applied", None)


@on_response("confirms a wait without its limit", "prefer-confirmed", CREATE)
def _(response: Response, request: Request) -> None:
    if "preference-applied" in response.headers:
        response.headers["preference-applied"] = "wait"


@on_response("confirms another wait", "prefer-confirmed", CREATE)
def _(response: Response, request: Request) -> None:
    if response.status == 202:
        response.headers["preference-applied"] = "wait=5"


@on_request("makes one video of two while the client waits", "prefer-waits")
def _(request: Request) -> Response:
    response = request.forward()
    held = request.memory.setdefault("held", set())
    for prediction in response.predictions:
        if request.operation == "createPrediction" and "prefer" in request.headers:
            held.add(prediction["id"])
        if prediction["id"] in held and prediction["output"]:
            prediction["output"] = prediction["output"][:1]
    return response


@on_response("says 201 when outputs are missing", "prefer-runs-out", CREATE)
def _(response: Response, request: Request) -> None:
    response.status = 201 if response.status == 202 else response.status


@on_response("does not say where to poll", "prefer-runs-out", CREATE)
def _(response: Response, request: Request) -> None:
    response.headers.pop("location", None)


@on_response("says to poll where nothing is", "prefer-runs-out", CREATE)
def _(response: Response, request: Request) -> None:
    if "location" in response.headers:
        response.headers["location"] += "x"


@on_prediction("answers with half of the outputs", "prefer-agrees", CREATE)
def _(prediction: dict[str, Any], request: Request) -> None:
    if prediction["output"]:
        prediction["output"] = prediction["output"][:1]


@on_request("lets a prediction outlive its limit", "cancel-after-ends")
def _(request: Request) -> Response:
    request.headers.pop("cancel-after", None)
    return request.forward()
