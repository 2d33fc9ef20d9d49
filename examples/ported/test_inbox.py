"""Tests a receiver of webhooks with good, forged and late signatures."""

from __future__ import annotations

import time

import pytest
from replicate.client import Client

from inbox import Inbox
from zeroscope_mock import MockServer


@pytest.mark.parametrize(
    ("signer", "age", "answer", "statuses"),
    [("mine", 0, 204, ["succeeded"]), ("forger", 0, 401, []), ("mine", 3600, 401, [])],
    ids=["good", "forged", "late"],
)
def test_webhook(signer: str, age: float, answer: int, statuses: list[str]) -> None:
    # Each token has a webhook secret of its own.
    server = MockServer(any_model=True, receiver=lambda request: inbox.receive(request.headers, request.content))
    clients = {token: Client(token, transport=server.transport) for token in ("mine", "forger")}
    inbox = Inbox(clients["mine"].webhooks.default.secret().key)
    server.clock.set(time.time() - age)

    clients[signer].models.predictions.create(
        "acme/painter", {"prompt": "a fox"}, webhook="https://my.app/hook", webhook_events_filter=["completed"]
    )
    server.clock.advance(60)

    assert server.deliveries[0].status == answer
    assert list(inbox.statuses.values()) == statuses
