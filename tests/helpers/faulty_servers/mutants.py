"""Faulty servers: the mock server behind a layer that spoils what goes in or comes out."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import anyio.to_thread
import httpx

from zeroscope_conformance import Document, Receiver, Report, check
from zeroscope_mock import MockServer, Rate, RateLimits
from zeroscope_mock.doors.asgi import CONNECTION
from zeroscope_mock.doors.listening import Listening

TOKEN = "a-token-of-the-conformance-tests"
DOCUMENT = Document.load()
AMPLE = Rate(10**6)
JSON = "application/json"


@dataclass
class Answer:
    """What is about to be answered; all of it may be changed.

    Args:
        status: the status code.
        headers: names in small letters.
        body: a JSON value, or bytes.
    """

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def predictions(self) -> list[dict[str, Any]]:
        """Every prediction in it, of a page or by itself."""
        if self.status >= 300 or not isinstance(self.body, dict | list):
            return []
        found = self.body.get("results", [self.body]) if isinstance(self.body, dict) else self.body
        return [one for one in found if isinstance(one, dict) and "status" in one]


class CutError(Exception):
    """A faulty server cuts the connection instead of answering."""


@dataclass
class Call:
    """One request on its way to the server; all of it may be changed before it is sent on.

    Args:
        method: in capitals.
        path: with the query.
        headers: names in small letters.
        body: a JSON value, or bytes.
        operation: the `operationId`; empty for other addresses.
        memory: what the faulty server keeps from call to call.
        server: the server behind it.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    operation: str
    memory: dict[str, Any]
    server: MockServer

    @property
    def input(self) -> dict[str, Any]:
        """The input that is sent, if there is one."""
        found = self.body.get("input") if isinstance(self.body, dict) else None
        return found if isinstance(found, dict) else {}

    def forward(self) -> Answer:
        """Let the server answer."""
        content = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        headers = {name: value for name, value in self.headers.items() if name != "content-length"}
        url = f"http://{headers['host']}{self.path}"
        request = httpx.Request(self.method, url, headers=headers, content=content)
        response = self.server.transport.handle_request(request)
        body: Any = response.read()
        if response.headers.get("content-type", "").endswith("json"):
            body = json.loads(body)
        return Answer(response.status_code, dict(response.headers), body)


Spoil = Callable[[Call], Answer]
Send = Callable[[httpx.Request], httpx.Response]
Deliver = Callable[[httpx.Request, Send, dict[str, Any]], "httpx.Response | None"]


@dataclass(frozen=True)
class Mutant:
    """A faulty server.

    Args:
        name: what is wrong with it.
        rule: the rule that must catch it.
        spoil: answers a call instead of the server.
        deliver: sends a webhook instead of the server.
        explored: whether it takes schemathesis to find it.
    """

    name: str
    rule: str
    spoil: Spoil | None = None
    deliver: Deliver | None = None
    explored: bool = False


MUTANTS: list[Mutant] = []


def calls(name: str, rule: str, *, explored: bool = False) -> Callable[[Spoil], Spoil]:
    """Register a faulty server that handles calls in its own way."""

    def register(spoil: Spoil) -> Spoil:
        MUTANTS.append(Mutant(name, rule, spoil=spoil, explored=explored))
        return spoil

    return register


def answers(
    name: str, rule: str, *operations: str, explored: bool = False
) -> Callable[[Callable[[Answer, Call], object]], object]:
    """Register a faulty server that changes answers, those of some operations only if any are named."""

    def register(change: Callable[[Answer, Call], object]) -> object:
        def spoil(call: Call) -> Answer:
            answer = call.forward()
            if not operations or call.operation in operations:
                change(answer, call)
            return answer

        MUTANTS.append(Mutant(name, rule, spoil=spoil, explored=explored))
        return change

    return register


def predictions(name: str, rule: str, *operations: str) -> Callable[[Callable[[dict[str, Any], Call], object]], object]:
    """Register a faulty server that changes each prediction that it answers."""

    def register(change: Callable[[dict[str, Any], Call], object]) -> object:
        def spoil(answer: Answer, call: Call) -> None:
            for prediction in answer.predictions:
                change(prediction, call)

        answers(name, rule, *operations)(spoil)
        return change

    return register


def deliveries(name: str, rule: str) -> Callable[[Deliver], Deliver]:
    """Register a faulty server that sends webhooks in its own way."""

    def register(deliver: Deliver) -> Deliver:
        MUTANTS.append(Mutant(name, rule, deliver=deliver))
        return deliver

    return register


@dataclass
class Layer(httpx.BaseTransport):
    """What stands between a client and the server: a transport, and an ASGI application for whoever needs a socket."""

    server: MockServer
    spoil: Spoil
    memory: dict[str, Any] = field(default_factory=dict)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of `httpx.Client`."""
        try:
            answer, content = self._answer(
                request.method, request.url.raw_path.decode("latin-1"), dict(request.headers), request.read()
            )
        except CutError as error:
            raise httpx.ReadError("the connection was cut", request=request) from error
        return httpx.Response(answer.status, headers=answer.headers, stream=httpx.ByteStream(content))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request of a socket."""
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
        target = f"{path}?{query}" if query else path
        try:
            answer, content = await anyio.to_thread.run_sync(self._answer, scope["method"], target, headers, body)
        except CutError:
            scope["extensions"][CONNECTION].abort()
            return
        answered = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": answered})
        await send({"type": "http.response.body", "body": content})

    def _answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[Answer, bytes]:
        sent: Any = body
        if headers.get("content-type") == JSON:
            try:
                sent = json.loads(body)
            except ValueError:
                sent = body
        operation = DOCUMENT.operation_at(method, path.partition("?")[0])
        call = Call(
            method=method,
            path=path,
            headers=headers,
            body=sent,
            operation=operation.id if operation else "",
            memory=self.memory,
            server=self.server,
        )
        answer = self.spoil(call)
        for name in ("content-length", "transfer-encoding"):
            answer.headers.pop(name, None)
        return answer, answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()


class Front:
    """The application that listens for all faulty servers, one after another, as opening and closing takes long.

    Attributes:
        app: the faulty server that answers now.
        url: where all of them are.
    """

    def __init__(self) -> None:
        self.app: Any = None
        front: Any = self
        self.url = Listening(front, "127.0.0.1", 0).url

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


@functools.cache
def front() -> Front:
    """What all faulty servers of this process stand behind; it listens as long as the process lives."""
    return Front()


def untouched(call: Call) -> Answer:
    """What a layer does that spoils nothing."""
    return call.forward()


@contextmanager
def running(mutant: Mutant, *, listening: bool = True) -> Iterator[dict[str, Any]]:
    """Run a faulty server; what is given is what `check` takes.

    Args:
        mutant: what is wrong with it.
        listening: whether it is on a socket and sends webhooks to one, or else all goes from hand to hand.
    """
    memory: dict[str, Any] = {}

    def send(request: httpx.Request) -> httpx.Response:
        if listening:
            return post(request)
        headers = {name.lower(): value for name, value in request.headers.items()}
        return httpx.Response(receiver.take(request.url.path, headers, request.content))

    def receive(request: httpx.Request) -> httpx.Response | None:
        return mutant.deliver(request, send, memory) if mutant.deliver else send(request)

    server = MockServer(
        token=TOKEN,
        rate_limits=RateLimits(creates=AMPLE, reads=AMPLE, others=AMPLE),
        receiver=receive,
        control=False,
        streams=True,
    )
    layer = Layer(server, mutant.spoil or untouched)
    where: dict[str, Any] = {"url": "http://faulty.test", "transport": layer}
    if listening:
        front().app = layer
        where = {"url": front().url}
    with (
        # So that few predictions make several pages.
        patch("zeroscope_mock.store.PAGE_SIZE", 10),
        server,
        Receiver("127.0.0.1", 0, DOCUMENT.final, server.clock.time) as receiver,
    ):
        patience = 2.0 * DOCUMENT.facts["run-limit-seconds"]
        yield {**where, "token": TOKEN, "clock": server.clock, "receiver": receiver, "patience": patience}


def post(request: httpx.Request) -> httpx.Response:
    """Send a webhook to its URL."""
    headers = {name: value for name, value in request.headers.items() if name != "content-length"}
    return sender().post(str(request.url), headers=headers, content=request.content)


@functools.cache
def sender() -> httpx.Client:
    """What webhooks are sent with; one for all of them, as it takes long to make."""
    return httpx.Client(trust_env=False)


def judged(mutant: Mutant) -> Report:
    """What the suite says of a faulty server, over a socket if schemathesis looks at it as well."""
    with running(mutant, listening=mutant.explored) as arguments:
        return check(**arguments, quick=True, dialect="live", explored=mutant.explored)
