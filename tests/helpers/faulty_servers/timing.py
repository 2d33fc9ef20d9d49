"""Servers that respond well at first, or in the end, but not at the right time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from helpers.faulty_servers.lifecycle import FINAL, not_found
from helpers.faulty_servers.mutants import Request, Response, on_prediction, on_request
from zeroscope_conformance.timestamps import parse_timestamp

CREATE, GET, CANCEL, LIST = "createPrediction", "getPrediction", "cancelPrediction", "listPredictions"
A_WHILE = 20.0
"""How long after the end of a prediction it changes, in seconds."""


def since_end(prediction: dict[str, Any], request: Request) -> float:
    """Return how long ago a prediction ended, in seconds; negative if it has not."""
    end = parse_timestamp(prediction.get("completed_at"))
    return -1.0 if end is None else request.server.clock.time() - end.timestamp()


def age(prediction: dict[str, Any], request: Request) -> float:
    """Return how long ago a prediction was created, in seconds."""
    created = parse_timestamp(prediction["created_at"])
    return 0.0 if created is None else request.server.clock.time() - created.timestamp()


@on_prediction("lets a canceled prediction succeed in the end", "final-is-final", GET, kind="time")
def _(prediction: dict[str, Any], request: Request) -> None:
    if prediction["status"] == "canceled" and since_end(prediction, request) > A_WHILE:
        prediction.setdefault("started_at", prediction["created_at"])
        prediction.update(status="succeeded", output=[prediction["urls"]["get"]])


@on_prediction("fails what has succeeded, after a while", "final-is-final", GET, kind="time")
def _(prediction: dict[str, Any], request: Request) -> None:
    if prediction["status"] == "succeeded" and since_end(prediction, request) > A_WHILE:
        prediction.update(status="failed", output=None, error="the files could not be kept")


@on_prediction("runs a prediction again after a while", "final-is-final", GET, kind="time")
def _(prediction: dict[str, Any], request: Request) -> None:
    if since_end(prediction, request) > A_WHILE:
        prediction.update(status="starting", output=None, logs="", error=None)
        for name in ("started_at", "completed_at", "metrics"):
            prediction.pop(name, None)


@on_prediction("runs on for a second after a cancel", "final-is-final", GET, kind="time")
def _(prediction: dict[str, Any], request: Request) -> None:
    if prediction["status"] == "canceled" and since_end(prediction, request) < 1.0:
        prediction["status"] = "processing"
        for name in ("completed_at", "metrics"):
            prediction.pop(name, None)


@on_prediction("removes the data after a while", "data-kept", GET, kind="time")
def _(prediction: dict[str, Any], request: Request) -> None:
    if since_end(prediction, request) > A_WHILE:
        prediction.update(data_removed=True, input={}, output=None, logs="")


@on_prediction("removes the data of canceled predictions too early", "data-kept", GET, kind="time")
def _(prediction: dict[str, Any], request: Request) -> None:
    if prediction["status"] == "canceled" and since_end(prediction, request) > A_WHILE:
        prediction.update(data_removed=True, input={}, output=None, logs="")


@on_prediction("moves the outputs after a while", "final-is-stable", GET, kind="time")
def _(prediction: dict[str, Any], request: Request) -> None:
    if prediction["output"] and since_end(prediction, request) > A_WHILE:
        prediction["output"] = [f"{url}?moved" for url in prediction["output"]]


@on_prediction("writes to the logs after the end", "final-is-stable", GET, kind="time")
def _(prediction: dict[str, Any], request: Request) -> None:
    if since_end(prediction, request) > A_WHILE:
        prediction["logs"] += "cleaned up\n"


@on_prediction("forgets the input after a while", "facts-stay", GET, kind="time")
def _(prediction: dict[str, Any], request: Request) -> None:
    if since_end(prediction, request) > A_WHILE:
        prediction["input"] = {}


@on_request("forgets a prediction a while after its end", "created-readable", kind="time")
def _(request: Request) -> Response:
    response = request.forward()
    late = [one for one in response.predictions if since_end(one, request) > A_WHILE]
    return not_found() if late and request.operation == GET else response


@on_request("finds a prediction a moment after its create", "created-readable", kind="time")
def _(request: Request) -> Response:
    response = request.forward()
    early = [one for one in response.predictions if age(one, request) < 0.1]
    return not_found() if early and request.operation == GET else response


@on_request("lists a prediction a second after its create", "list-current", kind="time")
def _(request: Request) -> Response:
    response = request.forward()
    if request.operation == LIST and response.status == 200:
        entries = response.body["results"]
        response.body["results"] = [entry for entry in entries if age(entry, request) > 1.0]
    return response


@on_request("lists the predictions of the last seconds", "list-complete", kind="time")
def _(request: Request) -> Response:
    response = request.forward()
    if request.operation == LIST and response.status == 200:
        entries = response.body["results"]
        response.body["results"] = [entry for entry in entries if age(entry, request) < A_WHILE]
    return response


@on_prediction("lists an end a second late", "list-current", LIST, kind="time")
def _(prediction: dict[str, Any], request: Request) -> None:
    if prediction["status"] in FINAL and since_end(prediction, request) < 1.0:
        prediction["status"] = "processing"
        for name in ("completed_at", "metrics"):
            prediction.pop(name, None)


@on_request("holds a create for as long as it can", "prefer-limited", kind="time")
def _(request: Request) -> Response:
    asked = request.headers.get("prefer")
    if asked:
        request.headers["prefer"] = "wait=60"
    response = request.forward()
    if "preference-applied" in response.headers:
        response.headers["preference-applied"] = str(asked)
    return response


@on_request("dates every second create by another clock", "created-in-order", kind="time")
def _(request: Request) -> Response:
    response = request.forward()
    late = request.memory.setdefault("late", {})
    for prediction in response.predictions:
        if request.operation == CREATE:
            late[prediction["id"]] = len(late) % 2
        if late.get(prediction["id"]):
            stamp = request.server.clock.time() - age(prediction, request) - 10
            prediction["created_at"] = format_time(stamp)
    return response


def format_time(seconds: float) -> str:
    """Return a moment, in seconds since 1970, as a timestamp."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
