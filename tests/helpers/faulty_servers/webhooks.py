"""Webhook deliveries that are missing, repeated, wrong or not signed."""

from __future__ import annotations

import base64
import copy
import json
from datetime import UTC, datetime
from typing import Any

import httpx
from standardwebhooks import Webhook

from helpers.faulty_servers.mutants import Request, Response, Send, on_delivery, on_prediction, on_request, on_response

FINAL = {"succeeded", "failed", "canceled", "aborted"}


def is_final(request: httpx.Request) -> bool:
    """Return whether a delivery reports the end of a prediction."""
    return json.loads(request.content)["status"] in FINAL


def changed(request: httpx.Request, body: bytes | None = None, **headers: str | None) -> httpx.Request:
    """Return a delivery with another body, or with other headers; a header that is None is removed."""
    kept = {name: value for name, value in request.headers.items() if name != "content-length"}
    for name, value in headers.items():
        kept[name.replace("_", "-")] = value or ""
    kept = {name: value for name, value in kept.items() if value}
    return httpx.Request("POST", request.url, headers=kept, content=request.content if body is None else body)


def signed(request: httpx.Request, memory: dict[str, Any], id: str = "", **fields: Any) -> httpx.Request:
    """Return a delivery with some other fields in its body and perhaps another id, and with a valid signature."""
    body = json.dumps({**json.loads(request.content), **fields})
    id = id or request.headers["webhook-id"]
    moment = datetime.fromtimestamp(int(request.headers["webhook-timestamp"]), UTC)
    signature = Webhook(memory["secret"]).sign(id, moment, body)
    return changed(request, body.encode(), webhook_id=id, webhook_signature=signature)


@on_prediction("shows a webhook without its filter", "webhook-echoed", "createPrediction")
def _(prediction: dict[str, Any], request: Request) -> None:
    prediction.pop("webhook_events_filter", None)


@on_prediction("shows another webhook", "webhook-echoed", "createPrediction")
def _(prediction: dict[str, Any], request: Request) -> None:
    if "webhook" in prediction:
        prediction["webhook"] += "/"


@on_delivery("signs nothing", "webhook-signed")
def _(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    return send(changed(request, webhook_signature=None))


@on_delivery("signs with another key", "webhook-signed")
def _(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    return send(changed(request, webhook_signature="v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="))


@on_delivery("signs for another day", "webhook-signed")
def _(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    return send(changed(request, webhook_timestamp="1700000000"))


@on_response("keeps its key in hexadecimal", "webhook-signed", "getDefaultWebhookSecret")
def _(response: Response, request: Request) -> None:
    if response.status == 200:
        response.body["key"] = base64.b64decode(response.body["key"].removeprefix("whsec_")).hex()


@on_delivery("sends every end twice", "webhook-once")
def _(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    if is_final(request):
        send(changed(request, webhook_id=f"{request.headers['webhook-id']}-again"))
    return send(request)


@on_delivery("does not send the end", "webhook-arrives")
def _(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    return httpx.Response(200) if is_final(request) else send(request)


@on_delivery("sends another prediction than GET shows", "webhook-equals-get")
def _(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    body = {**json.loads(request.content), "logs": ""}
    return send(changed(request, json.dumps(body).encode()))


@on_delivery("does not try again", "webhook-retried")
def _(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    send(request)
    return httpx.Response(200)


@on_delivery("tries again as another delivery", "webhook-retried")
def _(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    memory["number"] = memory.get("number", 0) + 1
    return send(changed(request, webhook_id=f"msg_{memory['number']}", webhook_signature=None))


@on_request("sends every event, whatever was asked for", "webhook-filtered")
def _(request: Request) -> Response:
    if isinstance(request.body, dict):
        request.body.pop("webhook_events_filter", None)
    return request.forward()


@on_delivery("sends the beginning twice", "webhook-filtered")
def _(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    response = send(request)
    if json.loads(request.content)["status"] == "processing":
        send(changed(request, webhook_id=f"{request.headers['webhook-id']}-again"))
    return response


def hold(request: httpx.Request, send: Send, memory: dict[str, Any], *, until_end: bool) -> httpx.Response:
    """Send a delivery that is not the last one after the next one, or after the end."""
    held = memory.setdefault(str(request.url), [])
    if not is_final(request) and (until_end or not held):
        held.append(request)
        return httpx.Response(200)
    response = send(request)
    while held:
        send(held.pop(0))
    return response


@on_delivery("sends the beginning after the end", "webhook-forward", kind="order")
def _(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    return hold(request, send, memory, until_end=True)


@on_delivery("sends every second delivery after the next one", "webhook-forward", kind="order")
def _(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    return hold(request, send, memory, until_end=False)


@on_delivery("sends the beginning again after the end", "webhook-forward", kind="order")
def _(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    first = memory.setdefault(str(request.url), request)
    response = send(request)
    if is_final(request) and not is_final(first):
        send(first)
    return response


def hide_end(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    """Send a delivery, and note its prediction."""
    if is_final(request):
        memory.setdefault("hidden", {})[json.loads(request.content)["id"]] = 2
    return send(request)


@on_request("sends an end that reads do not show yet", "webhook-visible", kind="order", deliver=hide_end)
def _(request: Request) -> Response:
    response = request.forward()
    hidden = request.memory.setdefault("hidden", {})
    if request.operation == "getPrediction" and response.status == 200:
        before = request.memory.get(request.path)
        if before is not None and hidden.get(request.id, 0):
            hidden[request.id] -= 1
            return Response(200, response.headers, copy.deepcopy(before))
        if response.body["status"] not in FINAL:
            request.memory[request.path] = copy.deepcopy(response.body)
    return response


@on_delivery("sends the end before it has come", "webhook-visible", kind="time")
def _(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    if is_final(request):
        return httpx.Response(200) if memory.get(str(request.url)) else send(request)
    memory[str(request.url)] = True
    return send(signed(request, memory, status="succeeded", output=["https://a.test/a.mp4"], completed_at=later()))


def later() -> str:
    """Return a moment that is after all others."""
    return "2036-01-01T00:00:00Z"


@on_delivery("sends the end twice, with different bodies", "webhook-once", kind="order")
def _(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    response = send(request)
    if is_final(request):
        send(signed(request, memory, logs=json.loads(request.content)["logs"] + "cleaned up\n"))
    return response


@on_delivery("sends the end of a canceled prediction twice", "webhook-once", kind="order")
def _(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    if json.loads(request.content)["status"] == "canceled":
        send(signed(request, memory, f"{request.headers['webhook-id']}-again"))
    return send(request)


@on_delivery("tries again under another id", "webhook-retried", kind="order")
def _(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    number = memory["number"] = memory.get("number", 0) + 1
    return send(signed(request, memory, f"msg_{number}"))


@on_delivery("tries again with the state of that moment", "webhook-retried", kind="time")
def _(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    number = memory[str(request.url)] = memory.get(str(request.url), 0) + 1
    return send(signed(request, memory, logs=f"attempt {number}\n") if is_final(request) else request)


@on_delivery("reports a success of what was canceled", "webhook-equals-get", kind="order")
def _(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    if json.loads(request.content)["status"] == "canceled":
        return send(signed(request, memory, status="succeeded", output=["https://a.test/a.mp4"]))
    return send(request)


@on_delivery("reports the outputs of the prediction before", "webhook-equals-get", kind="order")
def _(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    own = json.loads(request.content)["output"]
    before, memory["output"] = memory.get("output"), own or memory.get("output")
    return send(signed(request, memory, output=before) if own and before else request)


@on_delivery("does not report what was canceled", "webhook-arrives", kind="order")
def _(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    return httpx.Response(200) if json.loads(request.content)["status"] == "canceled" else send(request)


@on_delivery("sends every end to the receiver before as well", "webhook-filtered", kind="order")
def _(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    before = memory.get("url", request.url)
    memory["url"] = request.url
    if is_final(request) and before != request.url:
        kept = {name: value for name, value in request.headers.items() if name not in {"content-length", "host"}}
        send(httpx.Request("POST", before, headers=kept, content=request.content))
    return send(request)
