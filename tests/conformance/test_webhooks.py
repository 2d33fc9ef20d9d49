"""Webhooks of a server whose predictions run faster than in real time."""

from __future__ import annotations

import time

import httpx

from helpers.faulty_servers import DOCUMENT, TOKEN
from zeroscope.clock import SystemClock
from zeroscope_conformance import Receiver
from zeroscope_conformance.lifecycle import LifecycleTracker
from zeroscope_conformance.results import Results
from zeroscope_conformance.rules import rules_for
from zeroscope_conformance.scenarios.webhooks import receive_webhooks
from zeroscope_conformance.target import Target
from zeroscope_mock import MockServer

SPEED = 1000.0


class FastClock(SystemClock):
    """A clock on which the suite waits as much faster as predictions run, and whose time is that of its waits.

    The limit of a run takes 2 seconds at this speed, and a busy machine may stop the suite for that long.
    """

    def __init__(self) -> None:
        self._slept = 0.0

    def monotonic(self) -> float:
        return self._slept

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / SPEED)
        self._slept += seconds


def test_webhooks__pass_at_any_speed() -> None:
    """Signatures carry the time of the machine, whatever the server's speed and its clock."""
    results = Results(rules_for(DOCUMENT, "live"), TOKEN)
    with (
        MockServer(token=TOKEN, clock="real", speed=SPEED) as server,
        server.listen() as listening,
        Receiver("127.0.0.1", 0, DOCUMENT.final) as receiver,
        httpx.Client(trust_env=False) as client,
    ):
        tracker = LifecycleTracker(DOCUMENT, results)
        url = f"{listening.url}/v1"
        target = Target(client, url, TOKEN, DOCUMENT, results, tracker, FastClock(), 60 * SPEED)
        server.clock.advance(3600)
        receive_webhooks(target, receiver)

    verdicts = {one.rule.name: one.verdict for one in results.all() if one.rule.name.startswith("webhook-")}
    assert verdicts == dict.fromkeys(verdicts, "passed")
