"""A scheduler of webhooks on a clock, and receivers, for the tests of webhooks."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest

from zeroscope_mock import RealClock, VirtualClock
from zeroscope_mock.faults.faults import Faults
from zeroscope_mock.faults.rules import DELIVERY
from zeroscope_mock.lifecycle.record import Hook, Record
from zeroscope_mock.lifecycle.script import Script
from zeroscope_mock.lifecycle.timeline import state_at
from zeroscope_mock.webhooks.scheduler import WebhookScheduler
from zeroscope_mock.webhooks.sender import DeliverySender

ALL = ("start", "output", "logs", "completed")
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"
# Prints something half a second and a whole second after its start.
SCRIPT = Script(1, 1.0, 2.0, 20, 10.0, output=["mock:file.mp4"], lines=((0.5, "a"), (1.0, "b")))
URL = "https://example.test/hook?to=me"


def body(record: Record, now: float) -> bytes:
    return json.dumps({"id": record.id, "status": state_at(record, now).status, "after": now - record.created}).encode()


class WebhookHarness:
    """A scheduler on a clock, with a receiver."""

    def __init__(
        self,
        receiver: Callable[..., Any] | None = None,
        clock: VirtualClock | RealClock | None = None,
        *,
        limit: int = 1000,
        allow_http: bool = False,
    ) -> None:
        self.clock = clock or VirtualClock()
        self.faults = Faults(Random(0), operations={DELIVERY})
        self.sender = DeliverySender(
            self.clock,
            body=body,
            secret=lambda tenant: SECRET,
            faults=self.faults,
            receiver=receiver,
            allow_http=allow_http,
        )
        self.scheduler = WebhookScheduler(self.clock, self.sender, limit)
        self.clock.attach(self.scheduler)
        self.start = self.clock.time()

    def create(
        self,
        id: str = "p",
        events: tuple[str, ...] = ALL,
        *,
        script: Script = SCRIPT,
        url: str = URL,
        tenant: str = "me",
        **fields: Any,
    ) -> Record:
        hook = Hook(url, frozenset(events), "https://api.example.test", "/v1")
        record = Record(id, tenant, 0, self.clock.time(), "v", {}, script, hook, **fields)
        self.scheduler.add(record)
        return record

    @property
    def attempts(self) -> list[tuple[str, float, int | None]]:
        """Event, seconds since the start and status of each attempt."""
        return [(one.event, round(one.time - self.start, 3), one.status) for one in self.scheduler.deliveries]

    @property
    def events(self) -> list[str]:
        return [one.event for one in self.scheduler.deliveries]

    @property
    def reasons(self) -> list[str | None]:
        return [one.reason for one in self.scheduler.deliveries]


class ScriptedReceiver:
    """A receiver that keeps its requests and gives the scripted responses in order, the last one again and again."""

    def __init__(self, *responses: Any) -> None:
        self.requests: list[httpx.Request] = []
        self._responses = list(responses) or [None]

    def __call__(self, request: httpx.Request) -> Any:
        self.requests.append(request)
        response = self._responses.pop(0) if len(self._responses) > 1 else self._responses[0]
        if isinstance(response, BaseException):
            raise response
        return response


class App:
    """An ASGI application that passes requests on to a receiver, as a framework's does."""

    def __init__(self, receiver: ScriptedReceiver) -> None:
        self.receiver = receiver

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        content = message["body"]
        while message.get("more_body"):
            message = await receive()
            content += message["body"]
        url = f"{scope['scheme']}://{scope['server'][0]}{scope['raw_path'].decode()}?{scope['query_string'].decode()}"
        status = self.receiver(httpx.Request(scope["method"], url, headers=scope["headers"], content=content)) or 200
        await anyio.lowlevel.checkpoint()
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"thanks"})


def as_function(receiver: ScriptedReceiver) -> Callable[..., Any]:
    return receiver


def as_coroutine_function(receiver: ScriptedReceiver) -> Callable[..., Any]:
    async def receive(request: httpx.Request) -> Any:
        await anyio.lowlevel.checkpoint()
        return receiver(request)

    return receive


def as_app_function(receiver: ScriptedReceiver) -> Callable[..., Any]:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await App(receiver)(scope, receive, send)

    return app


def advance(kind: str, harness: WebhookHarness, seconds: float) -> None:
    """Advance the clock, from a thread or from an event loop."""
    if kind == "sync":
        harness.clock.advance(seconds)
    else:
        anyio.run(harness.clock.advance_async, seconds, backend=kind)


KINDS = pytest.mark.parametrize("kind", ["sync", "asyncio", "trio"])
