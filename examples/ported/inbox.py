"""Receives webhooks about predictions."""

from __future__ import annotations

import json
from collections.abc import Mapping

from standardwebhooks import Webhook, WebhookVerificationError


class Inbox:
    """The statuses of the predictions that webhooks told of.

    Args:
        secret: The account's webhook secret.
    """

    def __init__(self, secret: str) -> None:
        self._webhook = Webhook(secret)
        self.statuses: dict[str, str] = {}

    def receive(self, headers: Mapping[str, str], body: bytes) -> int:
        """Take in a webhook, and return the HTTP status to answer it with."""
        try:
            self._webhook.verify(body, dict(headers))
        except WebhookVerificationError:
            return 401
        prediction = json.loads(body)
        self.statuses[prediction["id"]] = prediction["status"]
        return 204
