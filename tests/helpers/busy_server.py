"""A mock server with predictions of every kind and status, and many exchanges."""

from __future__ import annotations

import json
import time
from itertools import cycle, islice
from typing import Any

import httpx

from helpers.pages import ROOT
from zeroscope_mock import MockServer
from zeroscope_mock.messages import Head, Headers, Request, Response

VIDEO = "anotherjesse/zeroscope-v2-xl"
PICTURE = "studio/posters"
SOUND = "band/jingles"
TEXT = "parrot/talker"
MODELS = {name: str(ROOT / "tests" / "models" / f"{name.replace('/', '__')}.json") for name in (PICTURE, SOUND, TEXT)}
"""The models besides that of the document, one for each kind of output."""
TOKENS = ("token-of-the-first-tenant", "token-of-the-second-tenant", "token-of-the-third-tenant")
PREDICTIONS = 1_000
EXCHANGES = 10_000
ANIMALS = ("horse", "fox", "owl", "whale", "bear")
PLACES = ("on the moon", "in a storm", "by the sea", "in a forest at night", "on a frozen lake")
LATEST = ("A sailing boat", "A poster of a circus", "A slow waltz", "Tell me a story")
"""The prompts of the latest predictions, one for each kind of output."""
INPUTS: dict[str, dict[str, Any]] = {
    VIDEO: {"num_frames": 8, "width": 256, "height": 256, "fps": 8},
    PICTURE: {},
    SOUND: {"duration": 2},
    TEXT: {},
}


class Api:
    """Sends requests to a server's core, without a socket.

    Args:
        server: The server.
        token: The bearer token.
    """

    def __init__(self, server: MockServer, token: str = TOKENS[0]) -> None:
        self._server = server
        self._headers = (
            ("host", "127.0.0.1"),
            ("authorization", f"Bearer {token}"),
            ("content-type", "application/json"),
        )

    def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        """Send a request with JSON; returns the status and the JSON of the response."""
        path, _, query = path.partition("?")
        response = self.send(method, path, b"" if body is None else json.dumps(body).encode(), query)
        assert isinstance(response.body, bytes)
        return response.status, json.loads(response.body or b"{}")

    def send(self, method: str, path: str, body: bytes = b"", query: str = "", headers: Headers = ()) -> Response:
        """Send a request whose parts need not be valid HTTP."""
        return self._server.core.handle(Request(Head(method, path, query, (*self._headers, *headers)), body))

    def create(self, model: str, prompt: str, **fields: Any) -> dict[str, Any]:
        """Create a prediction; returns it."""
        status, body = self("POST", f"/v1/models/{model}/predictions", {"input": {"prompt": prompt, **fields}})
        assert status == 201, body
        return body


def fill(server: MockServer) -> MockServer:
    """Make predictions of every kind and status, and exchanges: reads, refusals and faults.

    Args:
        server: An empty server with the models in `MODELS` and a virtual clock.
    """
    server.clock.set(time.time() - 1000)
    apis = [Api(server, token) for token in TOKENS]
    created_by: list[tuple[Api, str]] = []
    turns = zip(
        cycle(INPUTS), cycle(apis), cycle(ANIMALS), cycle(PLACES + PLACES[:1]), range(PREDICTIONS - 5), strict=False
    )
    for model, api, animal, place, number in turns:
        prompt = f"A {animal} {place}, take {number}"
        if number % 10 == 7:
            prompt = f"mock:fail CUDA out of memory, take {number}"
        created = api.create(model, prompt, **INPUTS[model])
        created_by.append((api, f"/v1/predictions/{created['id']}"))
        if number % 10 == 3:
            api("POST", f"/v1/predictions/{created['id']}/cancel")
        if number % 50 == 49:
            server.clock.advance(20)
    server.clock.advance(600)
    api = apis[0]
    for number in range(20):
        status, _ = api(
            "POST", f"/v1/models/{VIDEO}/predictions", {"input": {"prompt": "A small horse", "width": number}}
        )
        assert status == 422
        api("GET", f"/v1/predictions/unknown{number}")
    fault = server.faults.add(operation="getPrediction", status=503, times=10)
    for api, path in created_by[-10:]:
        api("GET", path)
    fault.remove()
    # What runs at the end, and what has just ended: the newest come first on the page.
    server.scripts.add({"model": VIDEO, "startup": 1, "run": 4000, "logs": ["Loading the model", "Rendering"]})
    apis[0].create(VIDEO, "A lighthouse that takes its time", **INPUTS[VIDEO])
    server.clock.advance(60)
    for model, prompt in zip(INPUTS, LATEST, strict=True):
        apis[0].create(model, prompt, **INPUTS[model])
    server.clock.advance(60)
    for api, path in islice(cycle(created_by), EXCHANGES - len(server.journal)):
        api("GET", path)
    return server


def client(url: str, token: str = TOKENS[0]) -> httpx.Client:
    """A client of a server on a socket."""
    return httpx.Client(base_url=f"{url}/v1", headers={"Authorization": f"Bearer {token}"}, timeout=30)
