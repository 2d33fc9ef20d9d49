"""Answers of the wrong form, and refusals that say too little."""

from __future__ import annotations

from typing import Any

from helpers.faulty_servers.mutants import Answer, Call, CutError, answers, calls, predictions

PROBLEM = "application/problem+json"


@predictions("drops the status", "response-schema-conformance", "getPrediction")
def _(prediction: dict[str, Any], call: Call) -> None:
    del prediction["status"]


@predictions("renames the id", "response-schema-conformance", "cancelPrediction")
def _(prediction: dict[str, Any], call: Call) -> None:
    prediction["prediction_id"] = prediction.pop("id")


@predictions("makes a list of the logs", "response-schema-conformance")
def _(prediction: dict[str, Any], call: Call) -> None:
    prediction["logs"] = prediction["logs"].splitlines()


@predictions("writes the status as a number", "response-schema-conformance", "listPredictions")
def _(prediction: dict[str, Any], call: Call) -> None:
    prediction["status"] = 2


@answers("calls the results data", "response-schema-conformance", "listPredictions")
def _(answer: Answer, call: Call) -> None:
    if answer.status == 200:
        answer.body["data"] = answer.body.pop("results")


@answers("answers half a body", "response-schema-conformance", "getDefaultWebhookSecret")
def _(answer: Answer, call: Call) -> None:
    answer.body = b'{"key": "whsec_'


@answers("answers a create with 203", "status-code-conformance", "createPrediction")
def _(answer: Answer, call: Call) -> None:
    answer.status = 203 if answer.status == 201 else answer.status


@answers("answers a cancel with 204", "status-code-conformance", "cancelPrediction")
def _(answer: Answer, call: Call) -> None:
    if answer.status == 200:
        answer.status, answer.body = 204, b""


@answers("calls JSON text", "content-type-conformance", "getPrediction")
def _(answer: Answer, call: Call) -> None:
    answer.headers["content-type"] = "text/plain"


@answers("says in HTML that there is no such prediction", "content-type-conformance", "getPrediction")
def _(answer: Answer, call: Call) -> None:
    if answer.status == 404:
        answer.headers["content-type"] = "text/html"
        answer.body = b"<html><h1>Not Found</h1></html>"


@answers("tells a limit in words", "response-headers-conformance", explored=True)
def _(answer: Answer, call: Call) -> None:
    answer.headers["ratelimit-remaining"] = "plenty"


@answers("refuses without a detail", "refusals-are-problems")
def _(answer: Answer, call: Call) -> None:
    if answer.headers.get("content-type") == PROBLEM:
        answer.body.pop("detail", None)


@answers("bears another status in the body", "refusals-are-problems")
def _(answer: Answer, call: Call) -> None:
    if answer.headers.get("content-type") == PROBLEM:
        answer.body["status"] = 400


@answers("does not say which field", "refusal-names-field", "createPrediction")
def _(answer: Answer, call: Call) -> None:
    if answer.status == 422:
        del answer.body["invalid_fields"]


@answers("blames another field", "refusal-names-field", "createPrediction")
def _(answer: Answer, call: Call) -> None:
    for fault in answer.body.get("invalid_fields", []):
        fault["field"] = "input.something"


@answers("breaks down over a bad value", "not-a-server-error", "createPrediction")
def _(answer: Answer, call: Call) -> None:
    if answer.status == 422:
        answer.status = 500


@calls("breaks down at the very edge", "not-a-server-error")
def _(call: Call) -> Answer:
    answer = call.forward()
    if call.input.get("num_inference_steps") == 500:
        answer.status, answer.body = 500, {"detail": "boundary"}
        answer.headers["content-type"] = PROBLEM
    return answer


@calls("cuts the connection of a cancel", "always-answered")
def _(call: Call) -> Answer:
    if call.operation == "cancelPrediction":
        raise CutError
    return call.forward()


@answers("refuses a method without saying which there are", "unsupported-method", explored=True)
def _(answer: Answer, call: Call) -> None:
    if answer.status == 405:
        answer.headers.pop("allow", None)


@calls("takes any method for a read", "unsupported-method", explored=True)
def _(call: Call) -> Answer:
    if call.method == "PATCH":
        call.method = "GET"
    return call.forward()
