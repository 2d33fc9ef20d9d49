"""Predictions that are lost, contradict themselves, or cannot be controlled."""

from __future__ import annotations

from typing import Any

from helpers.faulty_servers.mutants import Request, Response, on_prediction, on_request, on_response

FINAL = {"succeeded", "failed", "canceled", "aborted"}
NOT_FOUND = {"detail": "The requested resource could not be found.", "status": 404}


def not_found() -> Response:
    """Return the response for a prediction that does not exist."""
    return Response(404, {"content-type": "application/problem+json"}, dict(NOT_FOUND))


@on_request("loses every fourth read", "created-readable")
def _(request: Request) -> Response:
    request.memory["reads"] = request.memory.get("reads", 0) + (request.operation == "getPrediction")
    if request.operation == "getPrediction" and request.memory["reads"] % 4 == 0:
        return not_found()
    return request.forward()


@on_request("finds a prediction only at the second read", "created-readable")
def _(request: Request) -> Response:
    seen = request.memory.setdefault("seen", set())
    if request.operation == "getPrediction" and request.path not in seen:
        seen.add(request.path)
        return not_found()
    return request.forward()


@on_prediction("answers a create with another id", "created-readable", "createPrediction")
def _(prediction: dict[str, Any], request: Request) -> None:
    prediction["id"] = prediction["id"][::-1]


@on_request("cannot cancel what was just created", "ensure-resource-availability", fuzz=True)
def _(request: Request) -> Response:
    return not_found() if request.operation == "cancelPrediction" else request.forward()


@on_prediction("fills the defaults in", "input-echoed")
def _(prediction: dict[str, Any], request: Request) -> None:
    prediction["input"] = {"guidance_scale": 7.5, **prediction["input"]}


@on_prediction("forgets the input after the create", "input-echoed", "getPrediction")
def _(prediction: dict[str, Any], request: Request) -> None:
    prediction["input"] = {}


@on_prediction("is always just created", "facts-stay", "getPrediction", "cancelPrediction")
def _(prediction: dict[str, Any], request: Request) -> None:
    request.memory["second"] = (request.memory.get("second", 0) + 1) % 60
    prediction["created_at"] = f"2026-01-01T00:00:{request.memory['second']:02}.000000Z"


@on_prediction("runs another version than it lists", "facts-stay", "listPredictions")
def _(prediction: dict[str, Any], request: Request) -> None:
    prediction["version"] = "0" * 64


@on_prediction("goes back to the start", "status-forward", "getPrediction")
def _(prediction: dict[str, Any], request: Request) -> None:
    request.memory["reads"] = request.memory.get("reads", 0) + 1
    if prediction["status"] == "processing" and request.memory["reads"] % 2:
        prediction["status"] = "starting"


@on_prediction("goes on after the end", "final-is-final", "getPrediction")
def _(prediction: dict[str, Any], request: Request) -> None:
    ended = request.memory.setdefault("ended", set())
    if prediction["id"] in ended:
        prediction["status"] = "processing"
    elif prediction["status"] in FINAL:
        ended.add(prediction["id"])


@on_prediction("turns success into failure", "final-is-final", "cancelPrediction")
def _(prediction: dict[str, Any], request: Request) -> None:
    if prediction["status"] == "succeeded":
        prediction.update(status="failed", error="canceled", output=None)


@on_prediction("counts on after the end", "final-is-stable", "getPrediction")
def _(prediction: dict[str, Any], request: Request) -> None:
    request.memory["reads"] = request.memory.get("reads", 0) + 1
    if "metrics" in prediction:
        prediction["metrics"]["total_time"] += request.memory["reads"]


@on_prediction("drops the output after a while", "final-is-stable", "getPrediction")
def _(prediction: dict[str, Any], request: Request) -> None:
    ended = request.memory.setdefault("ended", set())
    if prediction["id"] in ended:
        prediction["output"] = None
    elif prediction["status"] == "succeeded":
        ended.add(prediction["id"])


@on_prediction("succeeds with nothing", "succeeded-has-output")
def _(prediction: dict[str, Any], request: Request) -> None:
    if prediction["status"] == "succeeded":
        prediction["output"] = []


@on_prediction("succeeds with an error", "succeeded-has-output")
def _(prediction: dict[str, Any], request: Request) -> None:
    if prediction["status"] == "succeeded":
        prediction["error"] = "none"


@on_prediction("fails without a word", "failed-has-error")
def _(prediction: dict[str, Any], request: Request) -> None:
    prediction["error"] = None


@on_prediction("ends before it starts", "times-ordered")
def _(prediction: dict[str, Any], request: Request) -> None:
    if "completed_at" in prediction:
        prediction["completed_at"] = prediction["created_at"]


@on_prediction("does not say when it ended", "times-ordered")
def _(prediction: dict[str, Any], request: Request) -> None:
    prediction.pop("completed_at", None)


@on_prediction("knows the end beforehand", "times-ordered")
def _(prediction: dict[str, Any], request: Request) -> None:
    prediction.setdefault("completed_at", "2036-01-01T00:00:00Z")


@on_prediction("has seconds beyond 59", "times-ordered")
def _(prediction: dict[str, Any], request: Request) -> None:
    if "started_at" in prediction:
        prediction["started_at"] = prediction["started_at"][:17] + "84Z"


@on_prediction("shows the last line of the logs only", "logs-grow")
def _(prediction: dict[str, Any], request: Request) -> None:
    prediction["logs"] = "".join(prediction["logs"].splitlines()[-1:])


@on_prediction("never ends", "prediction-ends")
def _(prediction: dict[str, Any], request: Request) -> None:
    if prediction["status"] in FINAL:
        prediction["status"] = "processing"


@on_request("does nothing when told to cancel", "cancel-ends")
def _(request: Request) -> Response:
    if request.operation == "cancelPrediction":
        request.method, request.path = "GET", request.path.removesuffix("/cancel")
    return request.forward()


@on_request("only says that it cancels", "cancel-ends")
def _(request: Request) -> Response:
    if request.operation != "cancelPrediction":
        return request.forward()
    request.method, request.path = "GET", request.path.removesuffix("/cancel")
    response = request.forward()
    for prediction in response.predictions:
        prediction["status"] = "canceled" if prediction["status"] not in FINAL else prediction["status"]
    return response


@on_prediction("calls canceled what it fails", "cancel-ends", "cancelPrediction", "getPrediction")
def _(prediction: dict[str, Any], request: Request) -> None:
    if prediction["status"] == "canceled":
        prediction.update(status="failed", error="canceled")


@on_response("refuses to cancel twice", "cancel-repeatable", "cancelPrediction")
def _(response: Response, request: Request) -> None:
    canceled = request.memory.setdefault("canceled", set())
    if request.path in canceled:
        response.status, response.body = 409, {"detail": "This prediction has already ended.", "status": 409}
        response.headers["content-type"] = "application/problem+json"
    canceled.add(request.path)


@on_prediction("answers a second cancel with less", "cancel-repeatable", "cancelPrediction")
def _(prediction: dict[str, Any], request: Request) -> None:
    canceled = request.memory.setdefault("canceled", set())
    if prediction["id"] in canceled:
        del prediction["urls"]
    canceled.add(prediction["id"])
