"""Webhook libraries, given deliveries of `zeroscope mock --speed 10`."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from compatibility.clients import WEBHOOKS_NPM, WEBHOOKS_PYTHON, ClientError, Process
from compatibility.common import INPUT, TOKEN, VERSION, Receiver, clients
from helpers.command import mock_process

libraries = pytest.mark.parametrize("library", ["standardwebhooks", "svix"])


@pytest.fixture(scope="module")
def command() -> Iterator[httpx.Client]:
    """A client of a server that the command started, ten times as fast as the service."""
    with mock_process("--speed", "10", "--token", TOKEN) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip().rpartition(" ")[2]
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}) as client:
            yield client


@pytest.fixture
def deliveries(command: httpx.Client, receiver: Receiver) -> list[tuple[dict[str, str], str]]:
    """The webhooks of a prediction, then those of one that was created an hour of the server's clock later."""
    received = []
    for _ in range(2):
        script = {"script": {"startup": 1, "run": 1}}
        command.post("/_mock/scripts", json=script).raise_for_status()
        body = {"version": VERSION, "input": INPUT, "webhook": receiver.url}
        created = command.post("/v1/predictions", json={**body, "webhook_events_filter": ["start", "completed"]})
        prediction = created.raise_for_status().json()
        for status in ("processing", "succeeded"):
            headers, content = receiver.receive()
            assert (json.loads(content)["id"], json.loads(content)["status"]) == (prediction["id"], status)
            received.append((headers, content))
        command.post("/_mock/clock/advance", json={"seconds": 3600}).raise_for_status()
    return received


@pytest.fixture
def secret(command: httpx.Client) -> str:
    """What the webhooks are signed with."""
    return str(command.get("/v1/webhooks/default/secret").raise_for_status().json()["key"])


@clients([WEBHOOKS_PYTHON])
@libraries
def test_python(client: Process, library: str, secret: str, deliveries: list[tuple[dict[str, str], str]]) -> None:
    """Every delivery is genuine, and none is once a byte is changed."""
    client.keep("webhook", f"{library}.Webhook", secret)
    for headers, body in deliveries:
        assert client.call("webhook.verify", body, headers) in (json.loads(body), None)
        with pytest.raises(ClientError, match="WebhookVerificationError"):
            client.call("webhook.verify", body + " ", headers)


@clients([WEBHOOKS_NPM])
@libraries
def test_javascript(client: Process, library: str, secret: str, deliveries: list[tuple[dict[str, str], str]]) -> None:
    """Every delivery is genuine, and none is once a byte is changed."""
    for headers, body in deliveries:
        assert client.call(f"{library}.verify", secret, body, headers) == json.loads(body)
        with pytest.raises(ClientError, match="WebhookVerificationError"):
            client.call(f"{library}.verify", secret, body + " ", headers)
