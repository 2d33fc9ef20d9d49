"""Runs of a mutant: as a server, and with the suite against it."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import httpx

from helpers.faulty_servers.models import MODEL
from helpers.faulty_servers.mutants import OTHER_TOKEN, TOKEN, Mutant, Request, Response
from helpers.faulty_servers.proxy import DOCUMENT, Proxy, shared_listener
from zeroscope_conformance import Receiver, Report, run_suite
from zeroscope_conformance.lifecycle import LifecycleTracker
from zeroscope_conformance.results import Results
from zeroscope_conformance.rules import rules_for
from zeroscope_conformance.target import Target
from zeroscope_mock import MockServer, Rate, RateLimits

AMPLE = Rate(10**6)


def forward(request: Request) -> Response:
    """Handle a request without a fault."""
    return request.forward()


@contextmanager
def serve_mutant(
    mutant: Mutant, *, listening: bool = True, schema: Mapping[str, Any] | None = None
) -> Iterator[dict[str, Any]]:
    """Run a faulty server.

    Args:
        listening: Whether the server and the receiver of its webhooks use sockets.
        schema: The schema of another model that it runs.

    Yields:
        The arguments of `run_suite`.
    """
    memory: dict[str, Any] = {}

    def send(request: httpx.Request) -> httpx.Response:
        if listening:
            return post(request)
        headers = {name.lower(): value for name, value in request.headers.items()}
        return httpx.Response(receiver.receive(request.url.path, headers, request.content))

    def deliver(request: httpx.Request) -> httpx.Response | None:
        return mutant.deliver(request, send, memory) if mutant.deliver else send(request)

    server = MockServer(
        rate_limits=RateLimits(creates=AMPLE, reads=AMPLE, others=AMPLE),
        receiver=deliver,
        control=False,
        streams=True,
        models={} if schema is None else {MODEL: schema},
    )
    proxy = Proxy(server, mutant.handle or forward, memory)
    where: dict[str, Any] = {"url": "http://faulty.test", "transport": proxy}
    if listening:
        shared_listener().app = proxy
        where = {"url": shared_listener().url}
    with (
        # A few predictions then fill several pages.
        patch("zeroscope_mock.store.PAGE_SIZE", 10),
        server,
        Receiver("127.0.0.1", 0, DOCUMENT.final, server.clock.time) as receiver,
    ):
        patience = 2.0 * DOCUMENT.metadata["run-limit-seconds"]
        memory["secret"] = read_secret(server)
        tokens = {"token": TOKEN, "other_token": OTHER_TOKEN}
        yield {**where, **tokens, "clock": server.clock, "receiver": receiver, "patience": patience}


def read_secret(server: MockServer) -> str:
    """Return the webhook secret of the suite's account, with which a mutant can sign."""
    url = f"http://faulty.test/v1{DOCUMENT.operations['getDefaultWebhookSecret'].path}"
    request = httpx.Request("GET", url, headers={"authorization": f"Bearer {TOKEN}"})
    return str(json.loads(server.transport.handle_request(request).read())["key"])


def post(request: httpx.Request) -> httpx.Response:
    """Send a webhook to its URL."""
    headers = {name: value for name, value in request.headers.items() if name != "content-length"}
    return webhook_client().post(str(request.url), headers=headers, content=request.content)


@functools.cache
def webhook_client() -> httpx.Client:
    """Return one client for all webhooks, as making one takes long.

    It waits longer than any receiver of a busy machine takes: a delivery that is given up is repeated, which a rule
    holds against the server.
    """
    return httpx.Client(trust_env=False, timeout=60.0)


def check_mutant(mutant: Mutant, schema: Mapping[str, Any] | None = None) -> Report:
    """Run the suite against a faulty server, over a socket only if schemathesis takes part.

    Args:
        schema: The schema of the model to run; by default, the document's own model runs.
    """
    model = None if schema is None else MODEL
    with serve_mutant(mutant, listening=mutant.fuzz, schema=schema) as arguments:
        return run_suite(**arguments, quick=True, dialect="live", fuzz=mutant.fuzz, model=model)


@contextmanager
def mutant_target(mutant: Mutant, *, listening: bool = True) -> Iterator[Target]:
    """Run a faulty server, for one part of the suite.

    Args:
        listening: Whether the server uses a socket.

    Yields:
        The faulty server as the target of a run.
    """
    results = Results(rules_for(DOCUMENT, "live"), TOKEN)
    with (
        serve_mutant(mutant, listening=listening) as given,
        httpx.Client(trust_env=False, transport=given.get("transport")) as client,
    ):
        tracker = LifecycleTracker(DOCUMENT, results)
        url = f"{given['url']}/v1"
        yield Target(client, url, given["token"], DOCUMENT, results, tracker, given["clock"], given["patience"])


def failed_rules(target: Target) -> set[str]:
    """Return the names of the rules that failed so far."""
    return {result.rule.name for result in target.results.all() if result.verdict == "failed"}
