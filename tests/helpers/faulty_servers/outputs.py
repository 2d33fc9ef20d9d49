"""Addresses and videos that do not match the prediction."""

from __future__ import annotations

from typing import Any

from helpers.faulty_servers.mutants import Request, Response, on_prediction, on_request


@on_prediction("names an address that leads nowhere", "urls-answer")
def _(prediction: dict[str, Any], request: Request) -> None:
    prediction["urls"]["get"] += "x"


@on_prediction("names a path to cancel", "urls-absolute")
def _(prediction: dict[str, Any], request: Request) -> None:
    prediction["urls"]["cancel"] = f"/predictions/{prediction['id']}/cancel"


@on_prediction("names a page without a host", "urls-absolute")
def _(prediction: dict[str, Any], request: Request) -> None:
    prediction["urls"]["web"] = f"/p/{prediction['id']}"


@on_prediction("has no page for a new prediction", "urls-present", "createPrediction")
def _(prediction: dict[str, Any], request: Request) -> None:
    del prediction["urls"]["web"]


@on_prediction("has a page for a new prediction only", "urls-present", "getPrediction")
def _(prediction: dict[str, Any], request: Request) -> None:
    prediction["urls"]["web"] = None


@on_prediction("cancels the wrong prediction", "urls-answer", "createPrediction")
def _(prediction: dict[str, Any], request: Request) -> None:
    last = request.memory.get("cancel", prediction["urls"]["get"])
    request.memory["cancel"], prediction["urls"]["cancel"] = prediction["urls"]["cancel"], last


@on_prediction("names a stream that is none", "stream-answers")
def _(prediction: dict[str, Any], request: Request) -> None:
    prediction["urls"]["stream"] = prediction["urls"]["get"]


@on_request("calls its stream text", "stream-answers")
def _(request: Request) -> Response:
    response = request.forward()
    if response.headers.get("content-type") == "text/event-stream":
        response.headers["content-type"] = "text/plain"
    return response


@on_request("streams the last output only", "stream-adds-up")
def _(request: Request) -> Response:
    response = request.forward()
    if response.headers.get("content-type") == "text/event-stream":
        blocks = response.body.split(b"\n\n")
        outputs = [block for block in blocks if block.startswith(b"event: output")]
        response.body = b"\n\n".join(block for block in blocks if block not in outputs[:-1])
    return response


@on_request("ends a stream without saying so", "stream-adds-up")
def _(request: Request) -> Response:
    response = request.forward()
    if response.headers.get("content-type") == "text/event-stream":
        response.body = response.body.partition(b"event: done")[0]
    return response


@on_request("cuts videos in the middle", "outputs-decode")
def _(request: Request) -> Response:
    response = request.forward()
    if request.path.endswith(".mp4"):
        response.body = response.body[: len(response.body) // 2]
    return response


@on_request("has no videos", "outputs-fetchable")
def _(request: Request) -> Response:
    response = request.forward()
    if request.path.endswith(".mp4"):
        return Response(404, {"content-type": "text/plain"}, b"")
    return response


@on_request("wants a token for videos", "outputs-fetchable")
def _(request: Request) -> Response:
    if request.path.endswith(".mp4") and "authorization" not in request.headers:
        return Response(401, {"content-type": "text/plain"}, b"")
    return request.forward()


@on_request("makes videos of its own size", "outputs-as-asked")
def _(request: Request) -> Response:
    asked = request.input.get("width")
    if asked == 320:
        request.input["width"] = 576
    return request.forward()


@on_prediction("outputs one video alone", "response-schema-conformance")
def _(prediction: dict[str, Any], request: Request) -> None:
    if prediction["output"]:
        prediction["output"] = prediction["output"][0]


@on_prediction("makes one video of two", "outputs-as-asked")
def _(prediction: dict[str, Any], request: Request) -> None:
    if prediction["output"]:
        prediction["output"] = prediction["output"][:1]


@on_request("sends pages for videos", "outputs-as-asked")
def _(request: Request) -> Response:
    response = request.forward()
    if request.path.endswith(".mp4"):
        response.body = b"<html>your video is being prepared</html>"
    return response
