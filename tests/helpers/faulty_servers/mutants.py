"""Mutants: faults of a server, each with the rule that has to catch it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from zeroscope_mock import MockServer

TOKEN = "a-token-of-the-conformance-tests"
"""The token of the suite's account."""

OTHER_TOKEN = "a-token-of-another-account"
"""The only other token that the faulty servers accept."""

Kind = Literal["response", "order", "time", "concurrency"]
"""What is wrong with a faulty server: single responses, or only their order, their time, or what happens at once."""


@dataclass
class Response:
    """A response on its way to the client, which a mutant may change.

    Args:
        status: The status code.
        headers: The headers, names in lower case.
        body: A JSON value, or bytes.
    """

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def predictions(self) -> list[dict[str, Any]]:
        """The predictions in a 2xx response, on a page or alone."""
        if self.status >= 300 or not isinstance(self.body, dict | list):
            return []
        found = self.body.get("results", [self.body]) if isinstance(self.body, dict) else self.body
        return [one for one in found if isinstance(one, dict) and "status" in one]


class CutError(Exception):
    """The connection is cut in place of a response."""


@dataclass
class Request:
    """A request on its way to the mock server, which a mutant may change.

    Args:
        method: The method, in capitals.
        path: The path with the query.
        headers: The headers, names in lower case.
        body: A JSON value, or bytes.
        operation: The `operationId`; empty for an address that the document does not describe.
        memory: What the mutant remembers from request to request.
        server: The mock server.
        connection: The connection that it came over: without a socket, one for each thread of the client.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    operation: str
    memory: dict[str, Any]
    server: MockServer
    connection: int = 0

    @property
    def now(self) -> float:
        """The time on the server's clock, in seconds."""
        return self.server.clock.monotonic()

    @property
    def id(self) -> str:
        """The id of the prediction in the path; empty if there is none."""
        return self.path.partition("/predictions/")[2].partition("/")[0]

    @property
    def input(self) -> dict[str, Any]:
        """The input of a create; empty for other requests."""
        found = self.body.get("input") if isinstance(self.body, dict) else None
        return found if isinstance(found, dict) else {}

    def forward(self) -> Response:
        """Send the request to the mock server."""
        content = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        # Compression would take as long as the rest, and mutants change what is not compressed.
        dropped = {"content-length", "accept-encoding"}
        headers = {name: value for name, value in self.headers.items() if name not in dropped}
        # The mock server itself accepts any token, each for another account.
        if headers.get("authorization", "").rpartition(" ")[2] not in {TOKEN, OTHER_TOKEN}:
            headers.pop("authorization", None)
        url = f"http://{headers['host']}{self.path}"
        request = httpx.Request(self.method, url, headers=headers, content=content)
        response = self.server.transport.handle_request(request)
        body: Any = response.read()
        if response.headers.get("content-type", "").endswith("json"):
            body = json.loads(body)
        return Response(response.status_code, dict(response.headers), body)


Handler = Callable[[Request], Response]
Send = Callable[[httpx.Request], httpx.Response]
Deliver = Callable[[httpx.Request, Send, dict[str, Any]], "httpx.Response | None"]


@dataclass(frozen=True)
class Mutant:
    """A faulty server.

    Args:
        name: The fault, in words.
        rule: The rule that has to catch it.
        handle: Handles requests in place of the mock server.
        deliver: Sends webhooks in place of the mock server.
        fuzz: Whether only schemathesis finds the fault.
        kind: What is wrong with it.
    """

    name: str
    rule: str
    handle: Handler | None = None
    deliver: Deliver | None = None
    fuzz: bool = False
    kind: Kind = "response"


MUTANTS: list[Mutant] = []


def change_responses(change: Callable[[Response, Request], object], *operations: str) -> Handler:
    """Return a handler that changes the mock server's responses: those of some operations, or all."""

    def handle(request: Request) -> Response:
        response = request.forward()
        if not operations or request.operation in operations:
            change(response, request)
        return response

    return handle


def on_request(
    name: str, rule: str, *, fuzz: bool = False, kind: Kind = "response", deliver: Deliver | None = None
) -> Callable[[Handler], Handler]:
    """Register a mutant that handles requests, and perhaps sends webhooks."""

    def register(handle: Handler) -> Handler:
        MUTANTS.append(Mutant(name, rule, handle=handle, deliver=deliver, fuzz=fuzz, kind=kind))
        return handle

    return register


def on_response(
    name: str, rule: str, *operations: str, fuzz: bool = False, kind: Kind = "response"
) -> Callable[[Callable[[Response, Request], object]], object]:
    """Register a mutant that changes responses: those of some operations, or all if none is named."""

    def register(change: Callable[[Response, Request], object]) -> object:
        MUTANTS.append(Mutant(name, rule, handle=change_responses(change, *operations), fuzz=fuzz, kind=kind))
        return change

    return register


def on_prediction(
    name: str, rule: str, *operations: str, kind: Kind = "response"
) -> Callable[[Callable[[dict[str, Any], Request], object]], object]:
    """Register a mutant that changes every prediction in responses: those of some operations, or all."""

    def register(change: Callable[[dict[str, Any], Request], object]) -> object:
        def change_all(response: Response, request: Request) -> None:
            for prediction in response.predictions:
                change(prediction, request)

        on_response(name, rule, *operations, kind=kind)(change_all)
        return change

    return register


def on_delivery(name: str, rule: str, *, kind: Kind = "response") -> Callable[[Deliver], Deliver]:
    """Register a mutant that sends webhooks."""

    def register(deliver: Deliver) -> Deliver:
        MUTANTS.append(Mutant(name, rule, deliver=deliver, kind=kind))
        return deliver

    return register
