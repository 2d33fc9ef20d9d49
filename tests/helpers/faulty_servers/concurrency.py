"""Servers that mix up requests that are sent at once, or accounts."""

from __future__ import annotations

import copy
import json
import threading
from typing import Any

from helpers.faulty_servers.lifecycle import not_found
from helpers.faulty_servers.mutants import OTHER_TOKEN, TOKEN, Request, Response, on_request
from helpers.faulty_servers.order import stream_events

CREATE, GET, CANCEL, LIST = "createPrediction", "getPrediction", "cancelPrediction", "listPredictions"

# Requests at once come in threads.
_LOCK = threading.Lock()
_CREATED = threading.Condition()
_LONGEST_WAIT = 60.0
"""How long a page waits for a create that is sent at once and may be stopped meanwhile, in seconds."""


def beside(request: Request, response: Response, *operations: str) -> tuple[Request, Response] | None:
    """Remember a request of some operations, and return the one before it if both overlap.

    They overlap if they come over two connections while the clock stands still: a client that sends one request after
    another has one connection.
    """
    if request.operation not in operations or response.status >= 300:
        return None
    with _LOCK:
        before = request.memory.get("before")
        request.memory["before"] = copy.copy(request), copy.deepcopy(response)
    if before is None or before[0].connection == request.connection or before[0].now != request.now:
        return None
    found: tuple[Request, Response] = before
    return found


@on_request("gives creates at once one id", "creates-separate", kind="concurrency")
def _(request: Request) -> Response:
    response = request.forward()
    if before := beside(request, response, CREATE):
        request.memory["before"] = before
        return copy.deepcopy(before[1])
    return response


@on_request("mixes up the inputs of creates at once", "creates-separate", kind="concurrency")
def _(request: Request) -> Response:
    response = request.forward()
    inputs = request.memory.setdefault("inputs", {})
    if before := beside(request, response, CREATE):
        inputs[response.body["id"]] = before[1].body["input"]
    for prediction in response.predictions:
        prediction["input"] = inputs.get(prediction["id"], prediction["input"])
    return response


@on_request("gives creates at once one output", "creates-separate", kind="concurrency")
def _(request: Request) -> Response:
    response = request.forward()
    twins = request.memory.setdefault("twins", {})
    if before := beside(request, response, CREATE):
        first = before[1].body["id"]
        twins[response.body["id"]] = twins.get(first, first)
    for prediction in response.predictions:
        id = prediction["id"]
        if prediction["output"] and id in twins:
            prediction["output"] = [url.replace(id, twins[id]) for url in prediction["output"]]
    return response


@on_request("runs creates at once twice", "created-once", kind="concurrency")
def _(request: Request) -> Response:
    response = request.forward()
    return request.forward() if beside(request, response, CREATE) else response


@on_request("loses one of two creates at once for the list", "list-complete", kind="concurrency")
def _(request: Request) -> Response:
    response = request.forward()
    lost = request.memory.setdefault("lost", set())
    if beside(request, response, CREATE):
        lost.add(response.body["id"])
    if request.operation == LIST and response.status == 200:
        response.body["results"] = [entry for entry in response.body["results"] if entry["id"] not in lost]
    return response


@on_request("dates creates at once back", "created-in-order", kind="concurrency")
def _(request: Request) -> Response:
    response = request.forward()
    early = request.memory.setdefault("early", set())
    if beside(request, response, CREATE):
        early.add(response.body["id"])
    for prediction in response.predictions:
        if prediction["id"] in early:
            prediction["created_at"] = "2025-12-31T23:59:59.000000Z"
    return response


@on_request("gives reads at once one response", "responses-matched", kind="concurrency")
def _(request: Request) -> Response:
    response = request.forward()
    before = beside(request, response, GET)
    return copy.deepcopy(before[1]) if before else response


@on_request("shows the input of one read in another at once", "responses-matched", kind="concurrency")
def _(request: Request) -> Response:
    response = request.forward()
    if before := beside(request, response, GET):
        response.body["input"] = before[1].body["input"]
    return response


@on_request("finds a prediction on the connection of its create only", "created-readable", kind="concurrency")
def _(request: Request) -> Response:
    response = request.forward()
    homes = request.memory.setdefault("homes", {})
    for prediction in response.predictions:
        if request.operation == CREATE:
            homes[prediction["id"]] = (request.connection, request.now)
    connection, moment = homes.get(request.id, (request.connection, request.now))
    is_early = request.operation == GET and connection != request.connection and moment == request.now
    return not_found() if is_early and response.status < 300 else response


@on_request("gives cancels at once ends of their own", "cancels-agree", kind="concurrency")
def _(request: Request) -> Response:
    response = request.forward()
    if before := beside(request, response, CANCEL):
        number = request.memory["number"] = request.memory.get("number", 0) + 1
        response.body["metrics"] = {"total_time": before[1].body["metrics"]["total_time"] + number}
    return response


@on_request("lets one of the cancels at once come too late", "cancels-agree", kind="concurrency")
def _(request: Request) -> Response:
    response = request.forward()
    before = beside(request, response, CANCEL)
    if before and before[0].path == request.path and response.body["status"] == "canceled":
        response.body.setdefault("started_at", response.body["created_at"])
        response.body.update(status="succeeded", output=[response.body["urls"]["get"]])
    return response


@on_request("tells one of the cancels at once that it runs on", "cancels-agree", kind="concurrency")
def _(request: Request) -> Response:
    response = request.forward()
    before = beside(request, response, CANCEL)
    if before and before[0].path == request.path and response.body["status"] == "canceled":
        response.body["status"] = "processing"
        for name in ("completed_at", "metrics"):
            response.body.pop(name, None)
    return response


@on_request("moves a page that is read during a create", "list-steady", kind="concurrency")
def _(request: Request) -> Response:
    memory = request.memory
    # A client that sends one request after another has the first connection only.
    is_first = request.connection == memory.setdefault("first", request.connection)
    if request.operation == LIST and "cursor=" in request.path and not is_first:
        # The create may come in a moment: without it, the page does not move.
        with _CREATED:
            is_moved = _CREATED.wait_for(lambda: memory.get("create") == request.now, _LONGEST_WAIT)
        response = request.forward()
        if is_moved:
            del response.body["results"][:1]
        return response
    response = request.forward()
    if request.operation == CREATE and not is_first:
        with _CREATED:
            memory["create"] = request.now
            _CREATED.notify_all()
    return response


def sent_to(request: Request, response: Response) -> set[int]:
    """Return the connections that read a stream or a file before, apart from that of a request, and add that one."""
    with _LOCK:
        readers: set[int] = request.memory.setdefault(request.path, set())
        before = readers - {request.connection}
        if response.status == 200:
            readers.add(request.connection)
    return before


@on_request("divides the outputs of a stream among its readers", "stream-shared")
def _(request: Request) -> Response:
    response = request.forward()
    events = stream_events(response)
    if events and sent_to(request, response):
        outputs = [event for event in events if event.startswith(b"event: output")]
        response.body = b"".join(event for event in events if event not in outputs[:1])
    return response


@on_request("streams to one reader only", "stream-shared", kind="concurrency")
def _(request: Request) -> Response:
    response = request.forward()
    events = stream_events(response)
    if events and sent_to(request, response):
        response.body = events[-1]
    return response


@on_request("mixes up downloads at once", "outputs-repeatable", kind="concurrency")
def _(request: Request) -> Response:
    response = request.forward()
    if "/outputs/" in request.path:
        videos = request.memory.setdefault("videos", {})
        others = [video for path, video in videos.items() if path != request.path]
        videos[request.path] = response.body
        if sent_to(request, response) and others:
            response.body = others[-1]
    return response


def has_token(request: Request, token: str) -> bool:
    """Return whether a request has a certain token."""
    return request.headers.get("authorization", "").endswith(f" {token}")


def cached(request: Request, operation: str) -> Response:
    """Forward a request, but take what the token of the suite read at that moment from a cache for all tokens."""
    key = f"{request.path} at {request.now}"
    if request.operation != operation:
        return request.forward()
    if has_token(request, TOKEN):
        request.memory[key] = request.forward()
    found = request.memory.get(key)
    return copy.deepcopy(found) if isinstance(found, Response) else request.forward()


@on_request("takes a read for any token from a cache", "accounts-separate")
def _(request: Request) -> Response:
    return cached(request, GET)


@on_request("takes the list for any token from a cache", "accounts-separate")
def _(request: Request) -> Response:
    return cached(request, LIST)


@on_request("takes the token of the request beside it", "accounts-separate")
def _(request: Request) -> Response:
    connection, moment = request.memory.get("trusted", (request.connection, request.now))
    if has_token(request, TOKEN):
        request.memory["trusted"] = (request.connection, request.now)
    elif connection != request.connection and moment == request.now:
        request.headers["authorization"] = f"Bearer {TOKEN}"
    return request.forward()


def mix_accounts(request: Request, *operations: str) -> Response:
    """Forward a request of the other account as if it were of the suite's, for some operations."""
    if request.operation in operations and has_token(request, OTHER_TOKEN):
        request.headers["authorization"] = f"Bearer {TOKEN}"
    return request.forward()


@on_request("reads the predictions of any account", "accounts-separate")
def _(request: Request) -> Response:
    return mix_accounts(request, GET)


@on_request("lists the predictions of all accounts", "accounts-separate")
def _(request: Request) -> Response:
    return mix_accounts(request, LIST)


@on_request("cancels the predictions of any account", "accounts-separate")
def _(request: Request) -> Response:
    return mix_accounts(request, CANCEL)


@on_request("lists the newest prediction of another account", "created-once")
def _(request: Request) -> Response:
    response = request.forward()
    if request.operation == LIST and response.status == 200 and "cursor" not in request.path:
        results: list[dict[str, Any]] = response.body["results"]
        if results:
            text = json.dumps(results[0]).replace(results[0]["id"], f"{results[0]['id'][:-4]}zzzz")
            results.insert(1, json.loads(text))
    return response
