"""Predictions that are lost, change their minds, or do not do as they are told."""

from __future__ import annotations

from typing import Any

from helpers.faulty_servers.mutants import Answer, Call, answers, calls, predictions

FINAL = {"succeeded", "failed", "canceled", "aborted"}
GONE = {"detail": "The requested resource could not be found.", "status": 404}


def lost() -> Answer:
    """The answer for a prediction that there is not."""
    return Answer(404, {"content-type": "application/problem+json"}, dict(GONE))


@calls("loses every fourth read", "created-readable")
def _(call: Call) -> Answer:
    call.memory["reads"] = call.memory.get("reads", 0) + (call.operation == "getPrediction")
    if call.operation == "getPrediction" and call.memory["reads"] % 4 == 0:
        return lost()
    return call.forward()


@calls("knows a prediction only at the second look", "created-readable")
def _(call: Call) -> Answer:
    seen = call.memory.setdefault("seen", set())
    if call.operation == "getPrediction" and call.path not in seen:
        seen.add(call.path)
        return lost()
    return call.forward()


@predictions("answers a create with another id", "created-readable", "createPrediction")
def _(prediction: dict[str, Any], call: Call) -> None:
    prediction["id"] = prediction["id"][::-1]


@calls("cannot cancel what was just created", "ensure-resource-availability", explored=True)
def _(call: Call) -> Answer:
    return lost() if call.operation == "cancelPrediction" else call.forward()


@predictions("fills the defaults in", "input-echoed")
def _(prediction: dict[str, Any], call: Call) -> None:
    prediction["input"] = {"guidance_scale": 7.5, **prediction["input"]}


@predictions("forgets the input after the create", "input-echoed", "getPrediction")
def _(prediction: dict[str, Any], call: Call) -> None:
    prediction["input"] = {}


@predictions("is always just created", "facts-stay", "getPrediction", "cancelPrediction")
def _(prediction: dict[str, Any], call: Call) -> None:
    call.memory["second"] = (call.memory.get("second", 0) + 1) % 60
    prediction["created_at"] = f"2026-01-01T00:00:{call.memory['second']:02}.000000Z"


@predictions("runs another version than it lists", "facts-stay", "listPredictions")
def _(prediction: dict[str, Any], call: Call) -> None:
    prediction["version"] = "0" * 64


@predictions("goes back to the start", "status-forward", "getPrediction")
def _(prediction: dict[str, Any], call: Call) -> None:
    call.memory["reads"] = call.memory.get("reads", 0) + 1
    if prediction["status"] == "processing" and call.memory["reads"] % 2:
        prediction["status"] = "starting"


@predictions("goes on after the end", "final-is-final", "getPrediction")
def _(prediction: dict[str, Any], call: Call) -> None:
    ended = call.memory.setdefault("ended", set())
    if prediction["id"] in ended:
        prediction["status"] = "processing"
    elif prediction["status"] in FINAL:
        ended.add(prediction["id"])


@predictions("turns success into failure", "final-is-final", "cancelPrediction")
def _(prediction: dict[str, Any], call: Call) -> None:
    if prediction["status"] == "succeeded":
        prediction.update(status="failed", error="canceled", output=None)


@predictions("counts on after the end", "final-is-stable", "getPrediction")
def _(prediction: dict[str, Any], call: Call) -> None:
    call.memory["reads"] = call.memory.get("reads", 0) + 1
    if "metrics" in prediction:
        prediction["metrics"]["total_time"] += call.memory["reads"]


@predictions("drops the output after a while", "final-is-stable", "getPrediction")
def _(prediction: dict[str, Any], call: Call) -> None:
    ended = call.memory.setdefault("ended", set())
    if prediction["id"] in ended:
        prediction["output"] = None
    elif prediction["status"] == "succeeded":
        ended.add(prediction["id"])


@predictions("succeeds with nothing", "succeeded-has-output")
def _(prediction: dict[str, Any], call: Call) -> None:
    if prediction["status"] == "succeeded":
        prediction["output"] = []


@predictions("succeeds with an error", "succeeded-has-output")
def _(prediction: dict[str, Any], call: Call) -> None:
    if prediction["status"] == "succeeded":
        prediction["error"] = "none"


@predictions("fails without a word", "failed-has-error")
def _(prediction: dict[str, Any], call: Call) -> None:
    prediction["error"] = None


@predictions("ends before it starts", "times-ordered")
def _(prediction: dict[str, Any], call: Call) -> None:
    if "completed_at" in prediction:
        prediction["completed_at"] = prediction["created_at"]


@predictions("does not say when it ended", "times-ordered")
def _(prediction: dict[str, Any], call: Call) -> None:
    prediction.pop("completed_at", None)


@predictions("knows the end beforehand", "times-ordered")
def _(prediction: dict[str, Any], call: Call) -> None:
    prediction.setdefault("completed_at", "2036-01-01T00:00:00Z")


@predictions("has seconds beyond 59", "times-ordered")
def _(prediction: dict[str, Any], call: Call) -> None:
    if "started_at" in prediction:
        prediction["started_at"] = prediction["started_at"][:17] + "84Z"


@predictions("shows the last line of the logs only", "logs-grow")
def _(prediction: dict[str, Any], call: Call) -> None:
    prediction["logs"] = "".join(prediction["logs"].splitlines()[-1:])


@predictions("never ends", "prediction-ends")
def _(prediction: dict[str, Any], call: Call) -> None:
    if prediction["status"] in FINAL:
        prediction["status"] = "processing"


@calls("does nothing when told to cancel", "cancel-ends")
def _(call: Call) -> Answer:
    if call.operation == "cancelPrediction":
        call.method, call.path = "GET", call.path.removesuffix("/cancel")
    return call.forward()


@calls("only says that it cancels", "cancel-ends")
def _(call: Call) -> Answer:
    if call.operation != "cancelPrediction":
        return call.forward()
    call.method, call.path = "GET", call.path.removesuffix("/cancel")
    answer = call.forward()
    for prediction in answer.predictions:
        prediction["status"] = "canceled" if prediction["status"] not in FINAL else prediction["status"]
    return answer


@predictions("calls canceled what it fails", "cancel-ends", "cancelPrediction", "getPrediction")
def _(prediction: dict[str, Any], call: Call) -> None:
    if prediction["status"] == "canceled":
        prediction.update(status="failed", error="canceled")


@answers("refuses to cancel twice", "cancel-repeatable", "cancelPrediction")
def _(answer: Answer, call: Call) -> None:
    canceled = call.memory.setdefault("canceled", set())
    if call.path in canceled:
        answer.status, answer.body = 409, {"detail": "This prediction has already ended.", "status": 409}
        answer.headers["content-type"] = "application/problem+json"
    canceled.add(call.path)


@predictions("answers a second cancel with less", "cancel-repeatable", "cancelPrediction")
def _(prediction: dict[str, Any], call: Call) -> None:
    canceled = call.memory.setdefault("canceled", set())
    if prediction["id"] in canceled:
        del prediction["urls"]
    canceled.add(prediction["id"])


@calls("does not hold what it is asked to hold", "prefer-waits")
def _(call: Call) -> Answer:
    call.headers.pop("prefer", None)
    return call.forward()


@calls("lets a prediction outlive its limit", "cancel-after-ends")
def _(call: Call) -> Answer:
    call.headers.pop("cancel-after", None)
    return call.forward()
