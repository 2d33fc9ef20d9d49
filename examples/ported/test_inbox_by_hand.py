"""The same tests with webhooks signed by hand."""

from __future__ import annotations

import base64
import hmac
import json
import time

import pytest

from inbox import Inbox

SECRETS = {"mine": "whsec_bWluZSBpcyBhIHNlY3JldA==", "forger": "whsec_YW5vdGhlciBzZWNyZXQgaGVyZQ=="}
PREDICTION = {
    "id": "gm3qorzdhgbfurvjtvhg6dckhu",
    "model": "acme/painter",
    "version": "hidden",
    "status": "succeeded",
    "input": {"prompt": "a fox"},
    "output": ["https://replicate.delivery/output-0.png"],
    "logs": "",
    "error": None,
    "created_at": "2026-01-01T00:00:00.000Z",
    "started_at": "2026-01-01T00:00:01.000Z",
    "completed_at": "2026-01-01T00:00:05.000Z",
    "metrics": {"predict_time": 4.0},
    "urls": {"get": "https://api.replicate.com/v1/predictions/gm3qorzdhgbfurvjtvhg6dckhu"},
}


def sign(body: bytes, secret: str, moment: float) -> dict[str, str]:
    message = f"msg_1.{int(moment)}.{body.decode()}".encode()
    digest = hmac.digest(base64.b64decode(secret.removeprefix("whsec_")), message, "sha256")
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(moment)),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


@pytest.mark.parametrize(
    ("signer", "age", "answer", "statuses"),
    [("mine", 0, 204, ["succeeded"]), ("forger", 0, 401, []), ("mine", 3600, 401, [])],
    ids=["good", "forged", "late"],
)
def test_webhook(signer: str, age: float, answer: int, statuses: list[str]) -> None:
    inbox = Inbox(SECRETS["mine"])
    body = json.dumps(PREDICTION).encode()

    status = inbox.receive(sign(body, SECRETS[signer], time.time() - age), body)

    assert status == answer
    assert list(inbox.statuses.values()) == statuses
