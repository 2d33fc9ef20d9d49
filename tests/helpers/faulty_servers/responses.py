"""Responses with the wrong format, and refusals that lack details."""

from __future__ import annotations

from typing import Any

from helpers.faulty_servers.mutants import CutError, Request, Response, on_prediction, on_request, on_response

PROBLEM = "application/problem+json"


@on_prediction("drops the status", "response-schema-conformance", "getPrediction")
def _(prediction: dict[str, Any], request: Request) -> None:
    del prediction["status"]


@on_prediction("renames the id", "response-schema-conformance", "cancelPrediction")
def _(prediction: dict[str, Any], request: Request) -> None:
    prediction["prediction_id"] = prediction.pop("id")


@on_prediction("makes a list of the logs", "response-schema-conformance")
def _(prediction: dict[str, Any], request: Request) -> None:
    prediction["logs"] = prediction["logs"].splitlines()


@on_prediction("writes the status as a number", "response-schema-conformance", "listPredictions")
def _(prediction: dict[str, Any], request: Request) -> None:
    prediction["status"] = 2


@on_response("calls the results data", "response-schema-conformance", "listPredictions")
def _(response: Response, request: Request) -> None:
    if response.status == 200:
        response.body["data"] = response.body.pop("results")


@on_response("answers half a body", "response-schema-conformance", "getDefaultWebhookSecret")
def _(response: Response, request: Request) -> None:
    response.body = b'{"key": "whsec_'


@on_response("answers a create with 203", "status-code-conformance", "createPrediction")
def _(response: Response, request: Request) -> None:
    response.status = 203 if response.status == 201 else response.status


@on_response("answers a cancel with 204", "status-code-conformance", "cancelPrediction")
def _(response: Response, request: Request) -> None:
    if response.status == 200:
        response.status, response.body = 204, b""


@on_response("calls JSON text", "content-type-conformance", "getPrediction")
def _(response: Response, request: Request) -> None:
    response.headers["content-type"] = "text/plain"


@on_response("says in HTML that there is no such prediction", "content-type-conformance", "getPrediction")
def _(response: Response, request: Request) -> None:
    if response.status == 404:
        response.headers["content-type"] = "text/html"
        response.body = b"<html><h1>Not Found</h1></html>"


@on_response("tells a limit in words", "response-headers-conformance", fuzz=True)
def _(response: Response, request: Request) -> None:
    response.headers["ratelimit-remaining"] = "plenty"


@on_response("refuses without a detail", "refusals-are-problems")
def _(response: Response, request: Request) -> None:
    if response.headers.get("content-type") == PROBLEM:
        response.body.pop("detail", None)


@on_response("bears another status in the body", "refusals-are-problems")
def _(response: Response, request: Request) -> None:
    if response.headers.get("content-type") == PROBLEM:
        response.body["status"] = 400


@on_response("does not say which field", "refusal-names-field", "createPrediction")
def _(response: Response, request: Request) -> None:
    if response.status == 422:
        response.body.pop("invalid_fields", None)


@on_response("blames another field", "refusal-names-field", "createPrediction")
def _(response: Response, request: Request) -> None:
    for invalid in response.body.get("invalid_fields", []):
        invalid["field"] = "input.something"


@on_response("breaks down over a bad value", "not-a-server-error", "createPrediction")
def _(response: Response, request: Request) -> None:
    if response.status == 422:
        response.status = 500


@on_request("breaks down at the very edge", "not-a-server-error")
def _(request: Request) -> Response:
    response = request.forward()
    if request.input.get("num_inference_steps") == 500:
        response.status, response.body = 500, {"detail": "boundary"}
        response.headers["content-type"] = PROBLEM
    return response


@on_request("cuts the connection of a cancel", "always-answered")
def _(request: Request) -> Response:
    if request.operation == "cancelPrediction":
        raise CutError
    return request.forward()


@on_response("refuses a method without saying which there are", "unsupported-method", fuzz=True)
def _(response: Response, request: Request) -> None:
    if response.status == 405:
        response.headers.pop("allow", None)


@on_request("takes any method for a read", "unsupported-method", fuzz=True)
def _(request: Request) -> Response:
    if request.method == "PATCH":
        request.method = "GET"
    return request.forward()
