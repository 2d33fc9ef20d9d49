"""Calls of a client in process, with a canned response.

Usage: python -m benchmarks.workers.client httpx|replicate|zeroscope
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import httpx

from .canned import BASE_URL, BODY, ID, INPUT, PREDICTIONS, VERSION
from .protocol import serve, timer

TOKEN = "a-token"

Call = Callable[[], Any]


def respond(request: httpx.Request) -> httpx.Response:
    """Return the canned response."""
    status = 201 if request.method == "POST" else 200
    return httpx.Response(status, content=BODY, headers={"content-type": "application/json"})


def bare() -> tuple[Call, Call]:
    """Return the calls written with httpx alone."""
    headers = {"authorization": f"Bearer {TOKEN}"}
    client = httpx.Client(transport=httpx.MockTransport(respond), base_url=BASE_URL, headers=headers)

    def get() -> Any:
        response = client.get(f"{PREDICTIONS}/{ID}").raise_for_status()
        prediction = response.json()
        return prediction["status"], prediction["output"]

    def create() -> Any:
        response = client.post(PREDICTIONS, json={"version": VERSION, "input": INPUT}).raise_for_status()
        return response.json()["id"]

    return get, create


def official() -> tuple[Call, Call]:
    """Return the calls of Replicate's client."""
    from replicate.client import Client

    client = Client(api_token=TOKEN, transport=httpx.MockTransport(respond))

    def get() -> Any:
        prediction = client.predictions.get(ID)
        return prediction.status, prediction.output

    def create() -> Any:
        return client.predictions.create(version=VERSION, input=INPUT).id

    return get, create


def ours() -> tuple[Call, Call]:
    """Return the calls of this project's client, which validates the input."""
    from zeroscope import Zeroscope

    client = Zeroscope(TOKEN, http_client=httpx.Client(transport=httpx.MockTransport(respond)))

    def get() -> Any:
        prediction = client.predictions.get(ID)
        return prediction.status, prediction.output

    def create() -> Any:
        return client.predictions.create(INPUT).id

    return get, create


if __name__ == "__main__":
    get, create = {"httpx": bare, "replicate": official, "zeroscope": ours}[sys.argv[1]]()
    serve({"get": timer(get), "create": timer(create)})
