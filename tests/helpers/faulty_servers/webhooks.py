"""Webhook deliveries that are missing, repeated, wrong or not signed."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx

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
