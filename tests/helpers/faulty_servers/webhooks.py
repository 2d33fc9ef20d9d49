"""Webhooks that are unsigned, doubled, missing, or of something else."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx

from helpers.faulty_servers.mutants import Answer, Call, Send, answers, calls, deliveries

FINAL = {"succeeded", "failed", "canceled", "aborted"}


def ends(request: httpx.Request) -> bool:
    """Whether a delivery tells of an end."""
    return json.loads(request.content)["status"] in FINAL


def changed(request: httpx.Request, body: bytes | None = None, **headers: str | None) -> httpx.Request:
    """A delivery with other headers or another body."""
    kept = {name: value for name, value in request.headers.items() if name != "content-length"}
    for name, value in headers.items():
        kept[name.replace("_", "-")] = value or ""
    kept = {name: value for name, value in kept.items() if value}
    return httpx.Request("POST", request.url, headers=kept, content=request.content if body is None else body)


@deliveries("signs nothing", "webhook-signed")
def _(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    return send(changed(request, webhook_signature=None))


@deliveries("signs with another key", "webhook-signed")
def _(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    return send(changed(request, webhook_signature="v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="))


@deliveries("signs for another day", "webhook-signed")
def _(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    return send(changed(request, webhook_timestamp="1700000000"))


@answers("keeps its key in hexadecimal", "webhook-signed", "getDefaultWebhookSecret")
def _(answer: Answer, call: Call) -> None:
    if answer.status == 200:
        answer.body["key"] = base64.b64decode(answer.body["key"].removeprefix("whsec_")).hex()


@deliveries("sends every end twice", "webhook-once")
def _(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    if ends(request):
        send(changed(request, webhook_id=f"{request.headers['webhook-id']}-again"))
    return send(request)


@deliveries("does not send the end", "webhook-arrives")
def _(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    return httpx.Response(200) if ends(request) else send(request)


@deliveries("sends another prediction than GET shows", "webhook-equals-get")
def _(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    body = {**json.loads(request.content), "logs": ""}
    return send(changed(request, json.dumps(body).encode()))


@deliveries("does not try again", "webhook-retried")
def _(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    send(request)
    return httpx.Response(200)


@deliveries("tries again as another delivery", "webhook-retried")
def _(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    memory["number"] = memory.get("number", 0) + 1
    return send(changed(request, webhook_id=f"msg_{memory['number']}", webhook_signature=None))


@calls("sends every event, whatever was asked for", "webhook-filtered")
def _(call: Call) -> Answer:
    if isinstance(call.body, dict):
        call.body.pop("webhook_events_filter", None)
    return call.forward()


@deliveries("sends the beginning twice", "webhook-filtered")
def _(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    answer = send(request)
    if json.loads(request.content)["status"] == "processing":
        send(changed(request, webhook_id=f"{request.headers['webhook-id']}-again"))
    return answer
