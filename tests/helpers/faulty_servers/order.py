"""Servers whose responses are good one by one, in an order that is not."""

from __future__ import annotations

import copy
from itertools import pairwise
from typing import Any

from helpers.faulty_servers.lifecycle import FINAL, not_found
from helpers.faulty_servers.mutants import TOKEN, Request, Response, on_prediction, on_request, on_response
from helpers.faulty_servers.proxy import DOCUMENT

CREATE, GET, CANCEL, LIST = "createPrediction", "getPrediction", "cancelPrediction", "listPredictions"


def older(prediction: dict[str, Any], request: Request) -> dict[str, Any]:
    """Return what every second read of a prediction shows on a machine that lags: its state two reads before."""
    states = request.memory.setdefault(prediction["id"], [])
    states.append(copy.deepcopy(prediction))
    found: dict[str, Any] = states[-3] if len(states) > 2 and len(states) % 2 else states[-1]
    return found


@on_prediction("reads every second time from a machine that lags", "status-forward", GET, kind="order")
def _(prediction: dict[str, Any], request: Request) -> None:
    before = older(prediction, request)
    prediction.clear()
    prediction.update(before)


@on_prediction("has shorter logs on another machine", "logs-grow", GET, kind="order")
def _(prediction: dict[str, Any], request: Request) -> None:
    before = older(prediction, request)
    if prediction["status"] not in FINAL:
        prediction["logs"] = before["logs"]


@on_prediction("takes an output back while it runs", "outputs-grow", GET, kind="order")
def _(prediction: dict[str, Any], request: Request) -> None:
    reads = request.memory[prediction["id"]] = request.memory.get(prediction["id"], 0) + 1
    if prediction["status"] == "processing" and reads % 2:
        prediction["output"] = [prediction["urls"]["get"]]


@on_prediction("succeeds with other outputs than it showed before", "outputs-grow", GET, kind="order")
def _(prediction: dict[str, Any], request: Request) -> None:
    if prediction["status"] == "processing":
        prediction["output"] = [prediction["urls"]["get"]]


@on_prediction("starts anew with each read", "start-stays", GET, kind="order")
def _(prediction: dict[str, Any], request: Request) -> None:
    reads = request.memory[prediction["id"]] = request.memory.get(prediction["id"], 0) + 1
    if prediction["status"] == "processing":
        prediction["started_at"] = f"{prediction['started_at'].rstrip('Z')[:19]}.{900 + reads % 100}Z"


@on_prediction("says of the past what it now knows better", "facts-stay", GET, kind="order")
def _(prediction: dict[str, Any], request: Request) -> None:
    if prediction["status"] in FINAL:
        prediction["created_at"] = f"{prediction['created_at'][:19]}Z"


@on_prediction("runs on after it said that it was canceled", "final-is-final", GET, kind="order")
def _(prediction: dict[str, Any], request: Request) -> None:
    reads = request.memory[prediction["id"]] = request.memory.get(prediction["id"], 0) + 1
    if prediction["status"] == "canceled" and reads < 2:
        prediction.update(status="processing", logs="")
        for name in ("completed_at", "metrics"):
            prediction.pop(name, None)


@on_request("answers a cancel with the state before it", "cancel-ends", kind="order")
def _(request: Request) -> Response:
    if request.operation != CANCEL:
        return request.forward()
    cancel, path = request.path, request.path.removesuffix("/cancel")
    request.method, request.path = "GET", path
    before = request.forward()
    request.method, request.path = "POST", cancel
    after = request.forward()
    return before if before.status == 200 else after


@on_request("lists each state at the second look only", "list-current", kind="order")
def _(request: Request) -> Response:
    response = request.forward()
    for number, entry in enumerate(response.predictions if request.operation == LIST else []):
        seen = request.memory.get(entry["id"])
        request.memory[entry["id"]] = copy.deepcopy(entry)
        if seen is not None:
            response.body["results"][number] = seen
    return response


@on_request("lists a prediction at the second look only", "list-current", kind="order")
def _(request: Request) -> Response:
    response = request.forward()
    known = request.memory.setdefault("known", set())
    if request.operation == LIST and response.status == 200:
        results = response.body["results"]
        response.body["results"] = [entry for entry in results if entry["id"] in known]
        known |= {entry["id"] for entry in results}
    return response


@on_response("lists the facts of the prediction beside it", "list-agrees", LIST, kind="order")
def _(response: Response, request: Request) -> None:
    ended = [entry for entry in response.predictions if entry["status"] == "canceled"]
    for entry, other in pairwise(ended):
        entry["completed_at"], entry["metrics"] = other["completed_at"], other.get("metrics", {})


@on_response("lists failures with the errors of others", "list-agrees", LIST, kind="order")
def _(response: Response, request: Request) -> None:
    for entry in response.predictions:
        if entry["status"] == "failed":
            entry["error"] = "another prediction's error"


def note_link(response: Response, request: Request) -> None:
    """Remember where a page of the list ends, and how many predictions there were by then."""
    if response.body.get("next"):
        path = "/" + response.body["next"].split("/", 3)[3]
        request.memory[path] = (request.memory.get("creates", 0), response.body["results"])


def shift(request: Request) -> tuple[Response, list[Any], int]:
    """Return a response, the page that led to it, and how many predictions were created since that was read."""
    response = request.forward()
    if request.operation == CREATE and response.status < 300:
        request.memory["creates"] = request.memory.get("creates", 0) + 1
    if request.operation != LIST or response.status != 200:
        return response, [], 0
    creates, page = request.memory.get(request.path, (request.memory.get("creates", 0), []))
    note_link(response, request)
    return response, page, request.memory.get("creates", 0) - creates


@on_request("moves entries to the next page while others are created", "list-steady", kind="order")
def _(request: Request) -> Response:
    response, page, number = shift(request)
    if page and number:
        response.body["results"] = [*page[-number:], *response.body["results"]][: len(page)]
    return response


@on_request("loses entries between pages while others are created", "list-steady", kind="order")
def _(request: Request) -> Response:
    response, page, number = shift(request)
    if page and number:
        del response.body["results"][:number]
    return response


@on_request("runs every create twice", "created-once", kind="order")
def _(request: Request) -> Response:
    if request.operation == CREATE:
        request.forward()
    return request.forward()


@on_request("refuses a bad input, and runs another", "created-once", kind="order")
def _(request: Request) -> Response:
    response = request.forward()
    if request.operation == CREATE and response.status == 422:
        request.body = DOCUMENT.body(DOCUMENT.required_input)
        request.forward()
    return response


@on_request("refuses an unknown token, and runs the prediction", "created-once", kind="order")
def _(request: Request) -> Response:
    response = request.forward()
    if request.operation == CREATE and response.status == 401:
        request.headers["authorization"] = f"Bearer {TOKEN}"
        request.forward()
    return response


@on_request("refuses an unknown token, and cancels nevertheless", "accounts-separate")
def _(request: Request) -> Response:
    response = request.forward()
    if request.operation == CANCEL and response.status == 401:
        request.headers["authorization"] = f"Bearer {TOKEN}"
        request.forward()
    return response


@on_request("takes equal creates in a row for one", "creates-separate", kind="order")
def _(request: Request) -> Response:
    if request.operation == CANCEL:
        # The next create is not in the same row.
        request.memory.pop("last", None)
    if request.operation != CREATE:
        return request.forward()
    sent = (request.body, request.headers.get("prefer"))
    before, response = request.memory.get("last", (None, None))
    if not isinstance(response, Response) or before != sent:
        response = request.forward()
        request.memory["last"] = (sent, response)
    return copy.deepcopy(response)


@on_request("answers a wait with the state before it", "prefer-waits", kind="order")
def _(request: Request) -> Response:
    response = request.forward()
    for prediction in response.predictions:
        if request.operation == CREATE and "prefer" in request.headers and response.status == 201:
            prediction.update(status="starting", output=None, logs="")
            for name in ("started_at", "completed_at", "metrics"):
                prediction.pop(name, None)
    return response


@on_request("reads other outputs than it answered a wait with", "prefer-agrees", kind="order")
def _(request: Request) -> Response:
    response = request.forward()
    held = request.memory.setdefault("held", set())
    for prediction in response.predictions:
        if request.operation == CREATE and "prefer" in request.headers:
            held.add(prediction["id"])
        elif prediction["id"] in held and prediction["output"]:
            prediction["output"].reverse()
    return response


@on_response("has the dates of two machines", "date-forward", kind="order")
def _(response: Response, request: Request) -> None:
    number = request.memory["number"] = request.memory.get("number", 0) + 1
    response.headers["date"] = f"Thu, 01 Jan 2026 {12 - number % 2}:00:00 GMT"


@on_response("counts reads as creates", "limits-separate", kind="order")
def _(response: Response, request: Request) -> None:
    reads = request.memory["reads"] = request.memory.get("reads", 0) + (request.operation == GET)
    if request.operation == CREATE and "ratelimit-remaining" in response.headers:
        response.headers["ratelimit-remaining"] = str(int(response.headers["ratelimit-remaining"]) - reads)


@on_response("counts what strangers send", "limits-separate", kind="order")
def _(response: Response, request: Request) -> None:
    others = request.memory["others"] = request.memory.get("others", 0) + (response.status == 401)
    if request.operation == CREATE and "ratelimit-remaining" in response.headers:
        response.headers["ratelimit-remaining"] = str(int(response.headers["ratelimit-remaining"]) - others)


@on_response("changes its secret when it is read", "secret-stays", "getDefaultWebhookSecret", kind="order")
def _(response: Response, request: Request) -> None:
    number = request.memory["number"] = request.memory.get("number", 0) + 1
    if response.status == 200 and number == 3:
        response.body["key"] = "whsec_" + "AAAA" * 8


@on_request("gives a file away once", "outputs-repeatable", kind="order")
def _(request: Request) -> Response:
    taken = request.memory.setdefault("taken", set())
    if "/outputs/" in request.path and request.path in taken:
        return not_found()
    taken.add(request.path)
    return request.forward()


@on_request("has another video at the same address later", "outputs-repeatable", kind="order")
def _(request: Request) -> Response:
    response = request.forward()
    if "/outputs/" in request.path:
        videos = request.memory.setdefault("videos", {})
        if request.path in videos:
            response.body = next(video for video in videos.values() if video != response.body)
        videos[request.path] = response.body
    return response


def stream_events(response: Response) -> list[bytes]:
    """Return the events of a stream; none for another response."""
    is_stream = response.headers.get("content-type") == "text/event-stream"
    return [block + b"\n\n" for block in response.body.split(b"\n\n") if block] if is_stream else []


@on_response("repeats an event of a stream", "stream-ordered")
def _(response: Response, request: Request) -> None:
    if events := stream_events(response):
        response.body = b"".join([events[0], *events])


@on_response("goes on after the end of a stream", "stream-ordered")
def _(response: Response, request: Request) -> None:
    if stream_events(response):
        response.body += b"event: logs\nid: 999-0\ndata: one more line\n\n"


@on_response("ends a stream twice", "stream-ordered")
def _(response: Response, request: Request) -> None:
    if stream_events(response):
        response.body += b"event: done\nid: 999-1\ndata: {}\n\n"


@on_response("streams the outputs in another order", "stream-adds-up")
def _(response: Response, request: Request) -> None:
    if events := stream_events(response):
        outputs = [event for event in events if event.startswith(b"event: output")]
        others = [event for event in events if event not in outputs]
        response.body = b"".join([*others[:-1], *reversed(outputs), others[-1]])
